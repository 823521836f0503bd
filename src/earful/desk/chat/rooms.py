"""Live answers for visitors: one reader of the log wakes the open pages of the chats in which something was said."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import partial

import msgspec
import structlog

from earful.channels.chat.limits import BEAT
from earful.desk.channels import service as channels
from earful.desk.chat import service, store
from earful.desk.chat.service import Visitor
from earful.log.contract import Position
from earful.model.time import SECOND
from earful.parts import Parts
from earful.store.tx import Tx

logger = structlog.get_logger()
LOOK_SECONDS = 0.25
AT_ONCE = 2_000
TOLD = frozenset({"message.received"})
PAGES_OF_ONE = 8
"""Pages of one visitor that are told at once; with one more the oldest ends, and asks instead."""

WRITING_FRAME = b"event: writing\ndata: {}\n\n"
_encode = msgspec.json.Encoder().encode


class Rooms:
    """The open pages of a process. Nothing is kept here: a page that comes back asks from its last place."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._place = Position()
        self._pages: dict[str, list[asyncio.Event]] = defaultdict(list)
        self._writing: dict[str, int] = {}
        self._ended: set[asyncio.Event] = set()
        self._stop = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the log until `stop` is set."""
        self._place = await self._parts.store.read(self._parts.log.end)
        while not stop.is_set():
            try:
                await self._look()
            except Exception:
                logger.exception("chat.live_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        self._stop.set()
        for thread in list(self._pages):
            self._wake(thread)

    def writes(self, thread: str) -> None:
        """A colleague writes to the visitor of a thread: open pages are told, and nothing is kept of it."""
        if self._pages.get(thread):
            self._writing[thread] = self._parts.clock()
            self._wake(thread)

    def _is_written(self, threads: Sequence[str], since: int) -> int:
        """When somebody last told that they write in one of the threads; 0 for not since then."""
        return max((at for one in threads if (at := self._writing.get(one, 0)) > since), default=0)

    async def _look(self) -> None:
        place = self._place
        if not self._pages:
            end = await self._parts.store.read(self._parts.log.end)
            # Somebody may have come meanwhile who has read less.
            if not self._pages:
                self._place = end
            return

        def read(tx: Tx) -> tuple[Position, list[str]]:
            end = self._parts.log.end(tx)
            events = self._parts.log.after(tx, place, AT_ONCE, TOLD, end)
            full = len(events) == AT_ONCE
            chats = [one.id for one in channels.listed(tx) if service.settings_of(one) is not None]
            threads = store.threads_of(tx, [one.subject for one in events], chats)
            return (Position(events[-1].tx, events[-1].seq) if full else end), threads

        self._place, threads = await self._parts.store.read(read)
        for thread in threads:
            self._wake(thread)

    def _wake(self, thread: str) -> None:
        for page in self._pages.get(thread, ()):
            page.set()

    async def follow(self, visitor: Visitor, after: int) -> AsyncIterator[bytes]:
        """Messages for one page as server-sent events, from a place on; the id of each is the place to go on from."""
        woken = asyncio.Event()
        threads = await self._parts.store.read(lambda tx: service.threads(tx, visitor))
        for thread in threads:
            self._enter(thread, woken)
        told: set[str] = set()
        writing: int = self._parts.clock()
        try:
            yield b"retry: 2000\n\n"
            while not self._stop.is_set() and woken not in self._ended:
                woken.clear()
                found = await self._parts.store.read(partial(service.shown, visitor=visitor, after=after))
                fresh = [line for line in found.lines if line.id not in told]
                told |= {line.id for line in fresh}
                after = found.place
                frames = b"".join(_frame(line, after) for line in fresh) or b": still here\n\n"
                if at := self._is_written(threads, writing):
                    writing = at
                    frames += WRITING_FRAME
                yield frames
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), BEAT / SECOND)
                now = self._parts.clock()
                await self._parts.store.write(partial(service.here, visitor=visitor, now=now))
        finally:
            self._ended.discard(woken)
            for thread in threads:
                self._leave(thread, woken)
                if thread not in self._pages:
                    self._writing.pop(thread, None)

    def _enter(self, thread: str, page: asyncio.Event) -> None:
        pages = self._pages[thread]
        pages.append(page)
        if len(pages) > PAGES_OF_ONE:
            self._ended.add(pages[0])
            pages[0].set()

    def _leave(self, thread: str, page: asyncio.Event) -> None:
        pages = self._pages[thread]
        if page in pages:
            pages.remove(page)
        if not pages:
            del self._pages[thread]


def _frame(line: service.Line, place: int) -> bytes:
    return f"id: {place}\nevent: line\ndata: {_encode(line).decode()}\n\n".encode()
