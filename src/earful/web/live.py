"""Live updates over server-sent events: the log, replayed from where a page was made, then followed.

One reader of the log serves every open page, and what it finds in one look is written once for all of them. A
page that comes back with Last-Event-ID gets what it missed; one that was away for too long is told to load
again, because only a new page is honest then.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import structlog
from litestar import get, post
from litestar.params import FromPath
from litestar.response import Stream

from earful.desk.users.rules import Permission
from earful.log.contract import Position
from earful.log.embedded import FOR_PEOPLE, Told
from earful.parts import Parts
from earful.web.access import needs
from earful.web.presence import Presence
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of, session_of

logger = structlog.get_logger()
LOOK_SECONDS = 0.25
BEAT_SECONDS = 15.0
REPLAY = 2_000
"""Events that are replayed at most; a page further behind loads again."""
WAITING = 120
"""Looks whose messages may wait for one slow browser before it is told to load again: half a minute."""
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

_encode = msgspec.json.Encoder().encode
_REASONS = {"case.messages": "message", "case.opened": "message", "case.reply": "reply", "case.noted": "note"}


class Hub:
    """Reads the log once for everybody who listens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.presence = Presence()
        self._place = Position()
        self._stands = asyncio.Event()
        self._listeners: set[asyncio.Queue[bytes]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the log until `stop` is set."""
        self._place = await self._parts.store.read(self._parts.log.end)
        self._stands.set()
        while not stop.is_set():
            try:
                await (self._look() if self._listeners else self._move_on())
            except Exception:
                logger.exception("live.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    async def _move_on(self) -> None:
        """Nobody listens: stand at the end, unless somebody came meanwhile who has read less."""
        end = await self._parts.store.read(self._parts.log.end)
        if not self._listeners:
            self._place = end

    async def _look(self) -> None:
        place = self._place
        self._place, found = await self._parts.store.read(
            lambda tx: self._parts.log.told_after(tx, place, REPLAY)
        )
        if found:
            self.tell(b"".join(map(_frame_of, found)))

    def tell(self, frames: bytes) -> None:
        """Give messages to every open page."""
        for queue in list(self._listeners):
            if queue.qsize() >= WAITING:
                self._listeners.discard(queue)
                queue.put_nowait(RELOAD)
            else:
                queue.put_nowait(frames)

    async def follow(self, after: Position | None) -> AsyncIterator[bytes]:
        """Messages for one page: what it missed since `after`, then what comes."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        yield b": hello\nretry: 2000\n\n"
        # Before the hub stands somewhere, it could start behind what this page is about to miss.
        await self._stands.wait()
        self._listeners.add(queue)
        try:
            if after is not None:
                _, missed = await self._parts.store.read(
                    lambda tx: self._parts.log.told_after(tx, after, REPLAY + 1)
                )
                if len(missed) > REPLAY:
                    yield RELOAD
                    return
                # What arrives twice, here and from the queue, does no harm: a page reads the row again.
                if missed:
                    yield b"".join(map(_frame_of, missed))
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), BEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._listeners.discard(queue)


def frame(event: str, data: str, place: str = "") -> bytes:
    """One server-sent event; `data` is JSON, which has no line breaks."""
    name = f"id: {place}\n" if place else ""
    return f"{name}event: {event}\ndata: {data}\n\n".encode()


RELOAD = frame("reload", "{}")


def _frame_of(told: Told) -> bytes:
    place = f"{told.tx}-{told.seq}"
    if told.type in FOR_PEOPLE:
        return frame("notice", _encode({"user": told.subject}).decode(), place)
    data = {"case_id": told.case_id, "seq": place, "reason": _REASONS.get(told.type, "change")}
    return frame("case", _encode(data).decode(), place)


@get("/live", guards=[needs(Permission.CASES_READ)], include_in_schema=False)
async def live(request: Ask, after: str = "") -> Stream:
    """`text/event-stream` of `case`, `notice`, `presence`, `visitor` (one of the chat writes) and `reload`."""
    named = request.headers.get("last-event-id") or after
    try:
        place = Position.parse(named) if named else None
    except ValueError as error:
        raise ProblemError(400, "This is not a place in the log; load the page again.") from error
    hub: Hub = request.app.state.hub
    return Stream(hub.follow(place), media_type="text/event-stream", headers=STREAM_HEADERS)


class _State(msgspec.Struct):
    state: str = "reading"


@post(
    "/inbox/case/{case_id:str}/presence",
    guards=[needs(Permission.CASES_READ)],
    status_code=204,
    include_in_schema=False,
)
async def presence(request: Ask, case_id: FromPath[str], data: _State) -> None:
    """A colleague looks at a case, or writes in it."""
    hub: Hub = request.app.state.hub
    user, now = session_of(request).user, parts_of(request).clock()
    if hub.presence.note(case_id, user.id, user.name, data.state, now):
        users = [
            {"id": one.user_id, "name": one.name, "state": one.state} for one in hub.presence.at(case_id, now)
        ]
        body = _encode({"case_id": case_id, "users": users}).decode()
        hub.tell(frame("presence", body))


HANDLERS: list[Any] = [live, presence]
