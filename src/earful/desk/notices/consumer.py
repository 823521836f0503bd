"""Reads the log for the colleagues: what happened becomes notices, in the transaction of the cursor."""

from earful.desk.notices import service
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class NoticeConsumer:
    """Tells people what concerns them; mails and browsers carry it further."""

    name = "notices"
    types = service.TYPES

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: who has a case now is read where it is told."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Notices, and one event for each colleague who has a new one."""
        return service.tell(tx, events, now)
