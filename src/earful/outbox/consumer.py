"""Watches what customers say while replies wait for their time."""

from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.outbox import waiting
from earful.store.tx import Tx


class WaitingConsumer:
    """Holds scheduled replies as soon as something is said that their writers have not seen."""

    name = "waiting"
    types = frozenset({"case.messages"})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: what waits is read in the transaction that holds it."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Hold what waits in the cases that were spoken in."""
        touched = list(dict.fromkeys(one.case_id for one in events if one.case_id))
        waiting.hold_for_news(tx, self._log, touched, now)
        return []
