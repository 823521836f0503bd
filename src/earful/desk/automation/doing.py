"""Does one act of a rule to a case, through the verbs that people use too."""

from enum import StrEnum

import msgspec

from earful.desk.automation.rules import ASSIGNEE, LEADS, NOBODY, Act, Do
from earful.desk.cases import service as cases
from earful.desk.conditions.reading import milliseconds
from earful.desk.playbooks import runs
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.running import State
from earful.desk.routing import rules as routing
from earful.desk.routing import settings as teams
from earful.desk.users import service as users
from earful.log.contract import Log, NewEvent
from earful.model.desk import Role, Status, UserRef
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who
from earful.store.tx import Tx

NOTIFY = "automation.notify"
"""Somebody is to be told something of a case."""
ACTED = "automation.acted"
"""A rule did something that tells of itself in no other way."""
REFUSALS = (
    cases.NotFoundError,
    cases.RefusedError,
    runs.RefusedError,
    playbooks.NotFoundError,
)

_encode = msgspec.json.Encoder().encode


class Result(StrEnum):
    """What came of an act."""

    CHANGED = "changed"
    SAME = "same"
    """It was so already."""


class RefusedError(ValueError):
    """The act cannot be done; the message says why."""


class Desk:
    """What acts need of the desk, read once for many cases."""

    def __init__(self, tx: Tx, log: Log, now: Instant) -> None:
        self._tx, self._log, self._now = tx, log, now
        self._people: dict[str, UserRef] | None = None
        self._plan: routing.Plan | None = None

    @property
    def people(self) -> dict[str, UserRef]:
        """The colleagues by id."""
        if self._people is None:
            self._people = {user.id: user for user in users.colleagues(self._tx)}
        return self._people

    def do(self, who: Who, case_id: str, act: Act) -> Result:
        """Do an act. Raises RefusedError, or one of REFUSALS, when it cannot be done; then nothing was changed."""
        tx, log, now = self._tx, self._log, self._now
        before = cases.version_of(tx, case_id)
        match act.act:
            case Do.TAG:
                cases.tag(tx, log, who, case_id, act.value, now)
            case Do.UNTAG:
                cases.untag(tx, log, who, case_id, act.value, now)
            case Do.ASSIGN:
                self._assign(who, case_id, act.value)
            case Do.QUEUE:
                queue, name = self._queue(act.value)
                cases.hand_to_queue(tx, log, who, case_id, queue, name, now)
            case Do.PRIORITY:
                cases.raise_priority(tx, log, who, case_id, int(act.value), now)
            case Do.STATUS:
                cases.set_status(tx, log, who, case_id, Status(act.value), now)
            case Do.SNOOZE:
                self._snooze(who, case_id, milliseconds(act.value))
            case Do.NOTE:
                by = who.because.words.partition(":")[0] if who.because is not None else who.name
                text = f"{act.text.strip()}\n\n({by})"
                cases.note(tx, log, who, case_id, new_id(now), text, now)
            case Do.PLAYBOOK:
                return self._playbook(who, case_id, act.value)
            case Do.NOTIFY:
                return self._notify(who, case_id, act)
            case Do.STOP:
                return Result.SAME
        return Result.CHANGED if cases.version_of(tx, case_id) != before else Result.SAME

    def _assign(self, who: Who, case_id: str, user_id: str) -> None:
        tx, now = self._tx, self._now
        if user_id == NOBODY:
            cases.assign(tx, self._log, who, case_id, None, "", now)
            return
        user = self.people.get(user_id)
        if user is None:
            raise RefusedError(f"{user_id} is no colleague any more")
        if teams.is_away(tx, user_id, now):
            raise RefusedError(f"{user.name} is away")
        cases.assign(tx, self._log, who, case_id, user_id, user.name, now)

    def _queue(self, value: str) -> tuple[str, str]:
        self._plan = self._plan or teams.in_force(self._tx)
        named = {one.name.casefold(): one.id for one in self._plan.teams}
        queue = value if value in self._plan.queues else named.get(value.casefold(), "")
        if not queue:
            raise RefusedError(f"there is no queue {value} any more")
        return queue, self._plan.name_of(queue)

    def _snooze(self, who: Who, case_id: str, length: int) -> None:
        standing = cases.standing_of(self._tx, case_id)
        if standing.status is Status.CLOSED:
            raise RefusedError("the case is closed; a snooze would open it again")
        cases.snooze(self._tx, self._log, who, case_id, self._now + length, self._now)

    def _playbook(self, who: Who, case_id: str, playbook_id: str) -> Result:
        run = runs.of_case(self._tx, case_id)
        if run is not None and run.playbook.id == playbook_id and run.state is State.RUNNING:
            return Result.SAME
        name = playbooks.find(self._tx, playbook_id).playbook.name
        runs.move(self._tx, self._log, who, case_id, playbook_id, "", self._now)
        self._tell(ACTED, who, case_id, {"what": "rule_playbook", "detail": name})
        return Result.CHANGED

    def _notify(self, who: Who, case_id: str, act: Act) -> Result:
        to: list[str]
        match act.value:
            case value if value == LEADS:
                to, named = self.leads(), "the leads"
            case value if value == ASSIGNEE:
                assignee = cases.place_of(self._tx, case_id)[0]
                if assignee is None:
                    raise RefusedError("nobody has the case, so there is nobody to notify")
                to = [assignee]
                named = self.people[assignee].name if assignee in self.people else ""
            case value:
                if value not in self.people:
                    raise RefusedError(f"{value} is no colleague any more")
                to, named = [value], self.people[value].name
        self._tell(NOTIFY, who, case_id, {"what": "notified", "detail": named, "to": to, "text": act.text})
        return Result.CHANGED

    def leads(self) -> list[str]:
        """Ids of leads; of admins where there is no lead."""
        found = [one.id for one in self.people.values() if one.role is Role.LEAD]
        return found or [one.id for one in self.people.values() if one.role is Role.ADMIN]

    def _tell(self, kind: str, who: Who, case_id: str, data: dict[str, object]) -> None:
        told = _encode(data | cases.caused_by(who)).decode()
        event = NewEvent(type=kind, subject=case_id, case_id=case_id, at=self._now, data=told)
        self._log.append(self._tx, [event])
