"""Says in a new case that its customer came with a link that was not valid."""

import msgspec
from msgspec import Struct

from earful.desk.handoff import arriving, store
from earful.desk.handoff.service import CHANNEL
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class _Opened(Struct):
    messages: list[str] = []


_opened = msgspec.json.Decoder(_Opened)


class ArrivalConsumer:
    """Reads what cases were opened by."""

    name = "arrivals"
    types = frozenset({"case.opened"})

    def prepare(self, tx: Tx, events: list[Event]) -> dict[str, str]:
        """case -> the fault of the link that its customer came with."""
        case_of = {
            message_id: event.subject
            for event in events
            for message_id in _opened.decode(event.data).messages
        }
        found = store.faults(tx, list(case_of), CHANNEL, arriving.FAULT)
        return {case_of[message_id]: fault for message_id, fault in found.items()}

    def apply(self, tx: Tx, events: list[Event], prepared: dict[str, str], now: Instant) -> list[NewEvent]:
        """One line for each such case."""
        return [
            event
            for case_id, fault in prepared.items()
            for event in arriving.tell_invalid(case_id, fault, now)
        ]
