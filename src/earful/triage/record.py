"""Ratings as they are stored, and where they are made: in this process, or in one of their own.

Rating is the only part of a message's walk that computes much and touches nothing, so that it can use a second
processor while the desk's own process answers networks and people.
"""

import contextlib
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Protocol

import msgspec
import structlog
from msgspec import Struct

from earful.model.rating import Rating
from earful.triage.rate import Triage, load
from earful.triage.subject import Brand, Subject

logger = structlog.get_logger()
FEW = 32
"""Messages up to which rating here is quicker than asking another process."""
ANSWER_SECONDS = 60.0
"""A process that says nothing for so long is given up."""
LENGTH = 4
"""Bytes of a frame's length, big endian."""

_encode = msgspec.json.Encoder().encode


class Record(Struct, frozen=True, array_like=True):
    """A rating as its row has it; `data` is the whole rating as JSON."""

    model: str
    kind: str
    sentiment: str
    topic: str
    severity: int
    urgency: str
    priority: int
    relevance: float
    data: str


def record_of(rating: Rating) -> Record:
    """A rating's row."""
    return Record(
        rating.model,
        rating.kind,
        rating.sentiment,
        rating.topic,
        rating.severity,
        rating.urgency,
        rating.priority,
        rating.relevance,
        _encode(rating).decode(),
    )


class Recorder(Protocol):
    """Whatever rates messages and gives rows."""

    def record(self, batch: Sequence[Subject]) -> list[Record]:
        """One record for each subject, in order."""
        ...


class Here:
    """Rates in this process."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage

    def record(self, batch: Sequence[Subject]) -> list[Record]:
        """See `Recorder`."""
        return [record_of(rating) for rating in self._triage.rate(batch)]


class Apart:
    """Rates many messages in a process of its own, which starts when needed and ends when idle; few here.

    Whatever happens to that process, the messages are rated: then in this one.
    """

    def __init__(self, brand: Brand) -> None:
        self._brand = brand
        self._here = Here(load(brand))
        self.child: subprocess.Popen[bytes] | None = None
        self._one = threading.Lock()

    def record(self, batch: Sequence[Subject]) -> list[Record]:
        """See `Recorder`."""
        if len(batch) > FEW:
            with self._one:
                try:
                    return self._ask(batch)
                except (OSError, EOFError, msgspec.MsgspecError) as error:
                    logger.warning("triage.here", why=f"the rating process failed: {error!r}")
                    self._end()
        return self._here.record(batch)

    def _ask(self, batch: Sequence[Subject]) -> list[Record]:
        child = self._running()
        if child.stdin is None or child.stdout is None:
            raise EOFError("no pipes")
        write_frame(child.stdin, msgspec.msgpack.encode(batch))
        if not select.select([child.stdout], [], [], ANSWER_SECONDS)[0]:
            raise EOFError("no answer")
        return msgspec.msgpack.decode(read_frame(child.stdout), type=list[Record])

    def _running(self) -> "subprocess.Popen[bytes]":
        if self.child is None or self.child.poll() is not None:
            self._end()
            self.child = subprocess.Popen(
                [sys.executable, "-m", "earful.triage.apart"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            if self.child.stdin is not None:
                write_frame(self.child.stdin, msgspec.msgpack.encode(self._brand))
        return self.child

    def _end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            for pipe in (self.child.stdin, self.child.stdout):
                if pipe is not None:
                    # What was buffered for a dead process cannot be flushed.
                    with contextlib.suppress(OSError):
                        pipe.close()
            self.child = None


def write_frame(pipe: IO[bytes], data: bytes) -> None:
    """Write a length and so many bytes."""
    pipe.write(len(data).to_bytes(LENGTH, "big") + data)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes:
    """Read what `write_frame` wrote. Raises EOFError when the other side has gone."""
    head = pipe.read(LENGTH)
    data = pipe.read(int.from_bytes(head, "big"))
    if len(head) < LENGTH or len(data) < int.from_bytes(head, "big"):
        raise EOFError("the other side has gone")
    return data
