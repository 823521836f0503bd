"""The event log: append in the caller's transaction, read in order, move the cursor with the effects."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from earful.store.tx import Tx


class NewEvent(Struct, frozen=True, kw_only=True):
    """Something that happened, about to be appended. `data` is JSON text."""

    type: str
    subject: str
    """Id of what it happened to."""
    at: int
    case_id: str | None = None
    actor: str = ""
    """Id of the user who did it; empty when Earful did."""
    data: str = "{}"


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened, at its place in the log."""

    tx: int
    seq: int
    type: str
    subject: str
    at: int
    case_id: str | None
    actor: str
    data: str


class Position(Struct, frozen=True, order=True):
    """A place in the log: everything at or before it has been taken."""

    tx: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.tx}-{self.seq}"

    @staticmethod
    def parse(text: str) -> "Position":
        """The inverse of str(). Raises ValueError on anything else."""
        tx, _, seq = text.partition("-")
        return Position(int(tx), int(seq))


class Batch(Struct, frozen=True, kw_only=True):
    """What a consumer takes at once, and between which places."""

    consumer: str
    before: Position
    after: Position
    events: list[Event]


class Log(Protocol):
    """Three verbs; one conformance suite (tests/conformance/test_log.py) holds for every implementation."""

    def append(self, tx: Tx, events: Sequence[NewEvent]) -> None:
        """Append in the caller's transaction, so that an event exists exactly when its cause does."""
        ...

    def read(self, tx: Tx, consumer: str, limit: int, types: frozenset[str] | None = None) -> Batch | None:
        """The next events of a consumer, oldest first; None when there is nothing new.

        With `types` only those: the batch then also covers the others between them, and may have no events.
        """
        ...

    def done(self, tx: Tx, batch: Batch, now: int) -> None:
        """Move the cursor in the transaction of the effects.

        Raises ConflictError when somebody else took the batch meanwhile; the effects must then be dropped.
        """
        ...
