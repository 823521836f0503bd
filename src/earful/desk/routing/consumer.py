"""Reads the log for cases that nobody has, and for people who can take one now."""

import msgspec
from msgspec import Struct

from earful.desk.cases.service import CHANGED
from earful.desk.consumer import CASE_RATED, MESSAGES, OPENED
from earful.desk.playbooks.following import MOVED, STARTED
from earful.desk.routing import service, settings
from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

COMES = frozenset({OPENED, MESSAGES, CASE_RATED})
"""After these a case may wait for somebody, or another route may fit it."""
OPENS = frozenset({"reopened", "restored", "status", "woke"})
"""What somebody, or time, did that may make a case wait again."""
STEPS = frozenset({STARTED, MOVED})
"""A playbook has come to a step, which may be somebody's own."""
STEP = 200
"""Waiting cases that are looked at in one transaction after teams or routes changed."""


class _Changed(Struct):
    what: str = ""
    after: int = 0
    """Cases up to this number have been looked at."""
    owner: str = ""
    """Whose step it is that a playbook came to."""
    detail: str = ""


_changed = msgspec.json.Decoder(_Changed)


class RoutingConsumer:
    """Gives away cases in the transaction that moves its cursor: dying anywhere, it gives none twice."""

    name = "routing"
    types = COMES | STEPS | {CHANGED, settings.CHANGED, settings.AGENT_CHANGED}

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> bool:
        """Whether there is anything to route: without a route there is not, unless the last one just went."""
        return bool(settings.in_force(tx).routes) or any(one.type == settings.CHANGED for one in events)

    def apply(self, tx: Tx, events: list[Event], prepared: bool, now: Instant) -> list[NewEvent]:
        """Give steps to their owners, place what came, then fill whoever has room, whatever the events were."""
        steps = {
            one.case_id: _changed.decode(one.data) for one in events if one.type in STEPS and one.case_id
        }
        owners = {case_id: (step.owner, step.detail) for case_id, step in steps.items()}
        service.give_to_owners(tx, self._log, owners, now)
        if not prepared:
            return []
        ids = [one.case_id for one in events if one.case_id and _may_wait(one)]
        told = []
        for event in [one for one in events if one.type == settings.CHANGED][-1:]:
            found = service.waiting_after(tx, _changed.decode(event.data).after, STEP)
            ids += [case_id for case_id, _ in found]
            if len(found) == STEP:
                data = f'{{"after":{found[-1][1]}}}'
                told.append(NewEvent(type=settings.CHANGED, subject=event.subject, at=now, data=data))
        service.route(tx, self._log, ids, now)
        return told


def _may_wait(event: Event) -> bool:
    return event.type in COMES or (event.type == CHANGED and _changed.decode(event.data).what in OPENS)
