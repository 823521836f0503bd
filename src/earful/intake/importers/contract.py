"""What an importer gives: items with their place in the file, good or bad."""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from earful.model.message import IncomingMessage


class Item(Struct, frozen=True, kw_only=True):
    """One item of a file; exactly one of `message` and `fault` is set."""

    line: int
    """Line of a text file (from 1), or the number of the mail in a mailbox."""
    end: int
    """Bytes of the file read so far, for progress."""
    message: IncomingMessage | None = None
    fault: str = ""


class Importer(Protocol):
    """Reads a file from its path."""

    def __call__(self, path: str) -> Iterator[Item]: ...
