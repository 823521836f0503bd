"""Follows the log: whatever happens in a case, its outcome is derived again. It may die anywhere and run again."""

import msgspec
from msgspec.structs import replace

from earful.desk.outcomes import counting, service
from earful.desk.outcomes.counting import RECOUNT
from earful.desk.outcomes.history import ARRIVED, CASE_CHANGED
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

HEARD = frozenset({"case.opened", "case.messages", "case.rated", CASE_CHANGED, ARRIVED, "case.returned"})


def _led_on(told: list[NewEvent], events: list[Event]) -> list[NewEvent]:
    """What is told, with the automation rule that led to it where one did: so rules know how deep they are."""
    led = {
        one.case_id: msgspec.json.decode(one.data)
        for one in events
        if one.case_id and one.type == CASE_CHANGED and '"depth"' in one.data
    }
    found = []
    for one in told:
        cause = {name: led.get(one.case_id or "", {}).get(name) for name in ("rule", "depth")}
        data = msgspec.json.encode(msgspec.json.decode(one.data) | cause).decode()
        found.append(replace(one, data=data) if cause["depth"] else one)
    return found


class OutcomeConsumer:
    """Derives cases whose history grew, and goes on with a recount."""

    name = "outcomes"
    types = HEARD | {RECOUNT}

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: a history is read in the transaction that keeps what follows from it."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """One event for each case whose outcome changed, and one that goes on with a recount."""
        touched = dict.fromkeys(one.case_id for one in events if one.type in HEARD and one.case_id)
        told = service.derive(tx, [case_id for case_id in touched if case_id], now)
        told = _led_on(told, events)
        # Only the newest recount goes on: its settings are those in force.
        recounts = [one for one in events if one.type == RECOUNT]
        newest = max(recounts, key=lambda one: (one.subject, one.seq), default=None)
        return told + (counting.step(tx, newest.data, now) if newest is not None else [])
