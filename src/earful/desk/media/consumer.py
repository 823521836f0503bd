"""Notes the files of messages that come, and lets those of messages go that were deleted."""

from earful.desk.media import service
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

RECEIVED, EDITED, DELETED = "message.received", "message.edited", "message.deleted"


class MediaConsumer:
    """Reads what came. Fetching is not its work: a slow server must not hold up the log."""

    name = "media"
    types = frozenset({RECEIVED, EDITED, DELETED})

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: the messages are read in the transaction that notes their files."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """What is to be fetched, and what is to be removed."""
        gone = [event.subject for event in events if event.type == DELETED]
        service.note(tx, [event.subject for event in events if event.type != DELETED], now)
        if gone:
            service.drop(tx, gone, now)
        return []
