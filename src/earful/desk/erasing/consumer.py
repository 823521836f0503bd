"""Reads the log for what is to be erased, and does some of it at a time."""

import msgspec
from msgspec import Struct

from earful.desk.erasing import service
from earful.intake.service import ERASE_ASKED
from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class _Asked(Struct):
    channel_id: str = ""
    native_id: str = ""
    told: str = ""


_asked = msgspec.json.Decoder(_Asked)


class ErasingConsumer:
    """Goes on where it was: what was erased and how far it is are one transaction."""

    name = "erasing"
    types = frozenset({service.STEP, ERASE_ASKED})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: the rows of the erasure say how far it is."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Begin what networks asked for, and do the next slice of the first that is under way."""
        for event in events:
            if event.type == ERASE_ASKED:
                told = _asked.decode(event.data)
                if told.native_id:
                    service.ask_for_account(
                        tx, self._log, told.channel_id, told.native_id, event.subject, told.told, now
                    )
        steps = list(dict.fromkeys(event.subject for event in events if event.type == service.STEP))
        if not steps:
            return []
        more = [steps[0]] if service.step(tx, self._log, steps[0], now) else []
        return [NewEvent(type=service.STEP, subject=one, at=now) for one in (*steps[1:], *more)]
