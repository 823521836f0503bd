"""Reads the log for what may tell who is the same person, once the desk knows who wrote."""

import msgspec
from msgspec import Struct

from earful.desk.people import linking, suggesting
from earful.desk.people.suggesting import Found
from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.tx import Tx


class _Heard(Struct):
    messages: list[str] = []


_heard = msgspec.json.Decoder(_Heard)


class PeopleConsumer:
    """Keeps marks and suggests. It may die anywhere and run again: marks that are there suggest nothing anew."""

    name = "people"
    types = frozenset({"case.opened", "case.messages"})

    def __init__(self, log: Log, key: str) -> None:
        """`key`: the secret under which marks are digested."""
        self._log = log
        self._key = key

    def prepare(self, tx: Tx, events: list[Event]) -> list[Found]:
        """The marks of what was said."""
        ids = dict.fromkeys(one for event in events for one in _heard.decode(event.data).messages)
        return suggesting.marks(tx, list(ids))

    def apply(self, tx: Tx, events: list[Event], prepared: list[Found], now: Instant) -> list[NewEvent]:
        """Keep them, and give cases that opened while somebody linked to who their account now is."""
        linking.settle_cases(tx, self._log, EARFUL, [one.case_id for one in events if one.case_id], now)
        suggesting.note(tx, self._key, prepared, now)
        return []
