"""Brings the clocks of cases to what their history says, and tells the desk what was not kept. May run any number of
times: the history decides, and each thing is told once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from earful.desk.calendars import service as calendars
from earful.desk.cases import service as cases
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.conditions.facts import Facts
from earful.desk.sla import clocks as decisions
from earful.desk.sla import rules, settings, store
from earful.desk.sla.clocks import Act, Clock, Heard
from earful.log.contract import NewEvent
from earful.model.desk import Deadline, Status
from earful.model.message import Direction
from earful.model.time import Instant
from earful.store.tx import Tx

MOVED = "sla.moved"
"""A case has another nearest deadline, or none any more."""
WARNING = "sla.warning"
BREACHED = "sla.breached"
WITHDRAWN = "sla.withdrawn"
"""A breach was none: an answer came to light that was in time."""

_encode = msgspec.json.Encoder().encode


class _Changed(Struct):
    what: str = ""
    detail: str = ""


_changed = msgspec.json.Decoder(_Changed)


def move(tx: Tx, case_ids: Iterable[str], now: Instant) -> list[NewEvent]:
    """Bring the clocks of cases up to date. Returns what is to be appended to the log."""
    ids = sorted(set(case_ids))
    book = settings.in_force(tx)
    if not ids or not book.seq:
        return []
    desk = _Desk(tx, book, now)
    rows = store.standing(tx, ids)
    said, acts, known = store.said(tx, ids), store.acts(tx, ids), store.clocks(tx, ids)
    breaches = store.breaches_of(tx, ids)
    about = facts_of(tx, [row["id"] for row in rows], book.policies)
    for row in rows:
        course = decisions.course(
            [heard_of(one) for one in said.get(row["id"], [])],
            [act for one in acts.get(row["id"], []) if (act := act_of(one)) is not None],
            Status(row["status"]),
            row["closed_at"],
        )
        desk.settle(row, course, about[row["id"]], known.get(row["id"], []), breaches)
    desk.keep()
    return desk.told


def heard_of(row: Mapping[str, Any]) -> Heard:
    """A message as clocks read it."""
    late = row["received_at"] - row["occurred_at"] > rules.IMPORTED
    return Heard(
        id=row["id"],
        at=row["occurred_at"],
        ours=row["direction"] == Direction.OUTBOUND,
        severity=row["severity"] or 0,
        praise=row["rated"] == "praise",
        promises=not (row["backfill"] and late),
    )


def act_of(row: Mapping[str, Any]) -> Act | None:
    """What somebody did, as clocks read it; None for what moves no clock."""
    found = _changed.decode(row["data"])
    if found.what in ("closed", "snoozed"):
        return Act(at=row["at"], status=Status(found.what))
    if found.what == "woke":
        return Act(at=row["at"], status=Status.OPEN)
    if found.what in ("status", "reopened", "restored"):
        return Act(at=row["at"], status=Status(found.detail), undoes=found.what == "restored")
    return None


def facts_of(tx: Tx, case_ids: Iterable[str], policies: Sequence[rules.Policy]) -> dict[str, Facts]:
    """case -> what decides which policy it has."""
    groups = conditions.groups([rules.condition_of(one) for one in policies])
    return facts.of_cases(tx, case_ids, groups)


def name_of(case_id: str, clock: Clock) -> str:
    """The name that a breach keeps."""
    return f"{case_id}/{clock.kind.value}/{clock.round}"


class _Desk:
    """What one transaction found, to be written at once."""

    def __init__(self, tx: Tx, book: settings.Book, now: Instant) -> None:
        self.tx, self.book, self.now = tx, book, now
        self.told: list[NewEvent] = []
        self._put: list[tuple[str, Clock, int]] = []
        self._drop: list[tuple[str, str, int]] = []
        self._deadlines: dict[str, Deadline | None] = {}

    def settle(
        self,
        case: Mapping[str, Any],
        course: decisions.Course,
        about: Facts,
        known: list[Clock],
        breaches: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Compare what a case should have with what it has."""
        case_id = case["id"]
        before = {clock.key: clock for clock in known}
        policy = rules.policy_for(self.book.policies, about)
        after: dict[tuple[str, int], Clock] = {}
        for run in course.runs:
            old = before.get((run.kind, run.round))
            ended_so = old is not None and old.done_at is not None
            if (
                old is not None
                and ended_so
                and (old.started_at, old.done_at) == (run.started_at, run.ended_at)
            ):
                after[old.key] = old
            elif policy is not None and (made := self._clock(run, course, policy, old)) is not None:
                after[made.key] = made
        for key, clock in after.items():
            promised_at = self._promised_at(clock, before.get(key))
            told = self._tell_ended(case_id, clock, promised_at, breaches.get(name_of(case_id, clock)))
            if told != before.get(key):
                self._put.append((case_id, told, promised_at))
            after[key] = told
        for key in before.keys() - after.keys():
            self._drop.append((case_id, key[0], key[1]))
            self._withdraw(case_id, breaches.get(name_of(case_id, before[key])), None)
        self._nearest(case, after.values())

    def _clock(
        self, run: decisions.Run, course: decisions.Course, policy: rules.Policy, old: Clock | None
    ) -> Clock | None:
        kept = self.book.calendar(policy)
        versions = self.book.seq, kept.seq if kept is not None else 0
        made = decisions.times(
            run, course.stands, policy, versions, kept.calendar if kept is not None else None
        )
        if made is None or old is None:
            return made
        same = replace(made, warned_at=old.warned_at, breached_at=old.breached_at)
        # A later version of something else changes nothing of this clock.
        plain = replace(same, policy_seq=old.policy_seq, calendar_seq=old.calendar_seq)
        return old if plain == old else same

    def _promised_at(self, clock: Clock, old: Clock | None) -> int:
        found = next((one for one in self.book.policies if one.id == clock.policy_id), None)
        return self.book.promised_at(found) if found is not None else 0

    def _tell_ended(
        self, case_id: str, clock: Clock, promised_at: int, breach: Mapping[str, Any] | None
    ) -> Clock:
        """A clock that ended: late before the timer saw it, in time after all, or as was told."""
        if clock.done_at is None:
            if breach is not None and breach["ended_at"] is not None and breach["withdrawn_at"] is None:
                store.end_breach(self.tx, breach["clock"], None, None, None)
            return clock
        if breach is None:
            if (
                not clock.late
                or clock.due_at is None
                or clock.due_at <= promised_at
                or clock.breached_at is not None
            ):
                return clock
            self.breach(case_id, clock)
            return replace(clock, breached_at=self.now)
        if clock.done_at <= breach["due_at"]:
            self._withdraw(case_id, breach, clock.done_at)
            return replace(clock, breached_at=None)
        if breach["ended_at"] != clock.done_at:
            late = self._late(clock, breach["due_at"], clock.done_at)
            store.end_breach(self.tx, breach["clock"], clock.done_at, late, None)
        return clock

    def _late(self, clock: Clock, due_at: int, ended_at: int) -> int:
        return decisions.lateness(calendars.at_version(self.tx, clock.calendar_seq), due_at, ended_at)

    def _withdraw(self, case_id: str, breach: Mapping[str, Any] | None, ended_at: int | None) -> None:
        if breach is None or breach["withdrawn_at"] is not None:
            return
        store.end_breach(self.tx, breach["clock"], ended_at, 0 if ended_at is not None else None, self.now)
        self._say(WITHDRAWN, case_id, "withdrawn", breach["kind"], breach["due_at"])

    def breach(self, case_id: str, clock: Clock) -> None:
        """Keep what was not kept, and tell the log; once."""
        if clock.due_at is None:
            return
        policy = next((one for one in self.book.policies if one.id == clock.policy_id), None)
        row = {
            "clock": name_of(case_id, clock),
            "case_id": case_id,
            "kind": clock.kind.value,
            "policy_id": clock.policy_id,
            "policy_name": policy.name if policy is not None else clock.policy_id,
            "policy_seq": clock.policy_seq,
            "target": clock.target,
            "started_at": clock.started_at,
            "due_at": clock.due_at,
            "breached_at": self.now,
            "ended_at": clock.done_at,
            "late": self._late(clock, clock.due_at, clock.done_at) if clock.done_at is not None else None,
            "withdrawn_at": None,
        }
        if store.insert_breach(self.tx, row):
            self._say(BREACHED, case_id, "breached", clock.kind.value, clock.due_at)

    def warn(self, case_id: str, clock: Clock) -> None:
        """Tell the log that something is nearly due."""
        if clock.due_at is not None:
            self._say(WARNING, case_id, "nearly_due", clock.kind.value, clock.due_at)

    def _say(self, kind: str, case_id: str, what: str, detail: str, due_at: int) -> None:
        data = _encode({"what": what, "detail": detail, "due_at": due_at}).decode()
        self.told.append(NewEvent(type=kind, subject=case_id, case_id=case_id, at=self.now, data=data))

    def _nearest(self, case: Mapping[str, Any], clocks: Iterable[Clock]) -> None:
        running = [one for one in clocks if one.done_at is None and one.due_at is not None]
        nearest = min(running, key=lambda one: (one.due_at or 0, one.kind), default=None)
        due = None
        if nearest is not None and nearest.due_at is not None:
            warn_at = nearest.warn_at if nearest.warn_at is not None else nearest.due_at
            due = Deadline(kind=nearest.kind.value, warn_at=warn_at, due_at=nearest.due_at)
        held = (case["due_kind"], case["due_warn_at"], case["due_at"])
        if held != ((due.kind, due.warn_at, due.due_at) if due is not None else (None, None, None)):
            self._deadlines[case["id"]] = due
            self.told.append(NewEvent(type=MOVED, subject=case["id"], case_id=case["id"], at=self.now))

    def keep(self) -> None:
        """Write it."""
        store.put_clocks(self.tx, self._put)
        store.drop_clocks(self.tx, self._drop)
        if self._deadlines:
            cases.set_deadlines(self.tx, self._deadlines)


def tell_due(tx: Tx, case_ids: Iterable[str], now: Instant) -> list[NewEvent]:
    """Warn of what is nearly due in cases, and keep what is over. Their clocks must be up to date."""
    ids = sorted(set(case_ids))
    desk = _Desk(tx, settings.in_force(tx), now)
    for case_id, many in store.clocks(tx, ids).items() if ids else ():
        for clock in many:
            policy = next((one for one in desk.book.policies if one.id == clock.policy_id), None)
            promised_at = desk.book.promised_at(policy) if policy is not None else 0
            at = decisions.watch(clock, promised_at)
            if at is None or at > now or clock.due_at is None:
                # What is written down may be older than a promise that was made since.
                store.tell(tx, case_id, clock, at)
                continue
            if clock.due_at <= now:
                desk.breach(case_id, clock)
                told = replace(clock, breached_at=now)
            else:
                desk.warn(case_id, clock)
                told = replace(clock, warned_at=now)
            store.tell(tx, case_id, told, decisions.watch(told, promised_at))
    return desk.told
