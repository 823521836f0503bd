"""Reads the log for promises: cases that changed, and policies that did, some open cases at a time."""

from earful.desk.cases.service import CHANGED
from earful.desk.consumer import CASE_RATED, MESSAGES, OPENED
from earful.desk.sla import moving, settings, store
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

STEP = 200
"""Open cases in one transaction of a recomputation: the writer is busy for some tens of milliseconds."""


class ClockConsumer:
    """Moves the clocks of the cases that something happened to."""

    name = "clocks"
    types = frozenset({OPENED, MESSAGES, CASE_RATED, CHANGED})

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: clocks are made from what is there when they are written."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """The clocks of each case once, whatever the events were."""
        return moving.move(tx, [event.case_id for event in events if event.case_id is not None], now)


class RecomputeConsumer:
    """Follows the newest policies over the open cases; what asks for older ones is dropped."""

    name = "recompute"
    types = frozenset({settings.RECOMPUTE})

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: the row of the run says how far it is."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """The next cases, and the event that asks for those after them."""
        row = store.progress(tx)
        asked = {event.subject for event in events}
        if row is None or row["run"] not in asked or row["finished_at"] is not None:
            return []
        found = store.open_cases(tx, row["after"], STEP)
        told = moving.move(tx, [case_id for case_id, _ in found], now)
        done = row["done"] + len(found)
        finished = len(found) < STEP
        values = {
            "run": row["run"],
            "after": found[-1][1] if found else row["after"],
            "done": done,
            # They were counted at the save; some have come since.
            "total": done if finished else max(row["total"], done),
            "finished_at": now if finished else None,
        }
        store.put_progress(tx, values)
        again = [] if finished else [NewEvent(type=settings.RECOMPUTE, subject=row["run"], at=now)]
        return [*told, *again]
