"""Reads the log for acts on many cases, and does some of each at a time."""

from earful.desk.bulk import service
from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class BulkConsumer:
    """Goes on where it was: what was done and how far it is are one transaction."""

    name = "bulk"
    types = frozenset({service.STEP})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: the rows of the act say how far it is."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """The next cases of the first act, and the events that ask for the rest."""
        asked = list(dict.fromkeys(event.subject for event in events))
        more = [asked[0]] if service.step(tx, self._log, asked[0], now) else []
        # The others come first next time, so that a small act need not wait for a large one.
        return [NewEvent(type=service.STEP, subject=one, at=now) for one in (*asked[1:], *more)]
