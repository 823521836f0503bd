"""X's stream of events: lines of JSON with empty ones between, resumed where it broke."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2

from earful.channels.contract import Inlet, RawDelivery
from earful.channels.hooks import Unreadable
from earful.channels.kit.api import Api, ApiRefused
from earful.channels.kit.backoff import Backoff
from earful.channels.x.limits import BACKFILL_MINUTES, HEARTBEAT_SECONDS
from earful.channels.x.parse import parse_event
from earful.channels.x.settings import XSettings
from earful.model.message import IncomingMessage
from earful.model.time import MINUTE, SECOND, Instant

CURSOR = "x:stream"
LONGEST_LINE = 2_000_000
NOTE_SECONDS = 60
"""How often the cursor moves while only heartbeats come."""

Fetch = Callable[[str], Awaitable[tuple[bytes, list[IncomingMessage]]]]


class Stream:
    """One connection at a time. The cursor is the time up to which nothing is missing."""

    def __init__(
        self, http: httpx2.AsyncClient, app: Api, settings: XSettings, fetch: Fetch, now: Callable[[], Instant]
    ) -> None:  # fmt: skip
        self._http = http
        self._app = app
        self._settings = settings
        self._fetch = fetch
        self._now = now
        self._noted_at = 0

    async def run(self, inlet: Inlet, backoff: Backoff) -> None:
        """Read until it breaks. Raises ApiRefused, or httpx2.HTTPError when it breaks or falls silent."""
        params = await self._resume(inlet)
        timeout = httpx2.Timeout(HEARTBEAT_SECONDS, connect=10.0)
        url = f"{self._settings.api.rstrip('/')}/2/activity/stream"
        headers = await self._app.bearer()
        async with self._http.stream("GET", url, params=params, headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                raise ApiRefused(answer.status_code, f"X refused the stream with {answer.status_code}")
            await inlet.alive()
            backoff.reset()
            async for line in _lines(answer):
                await self._take(inlet, line)

    async def _resume(self, inlet: Inlet) -> dict[str, str]:
        """How much of the past to ask for; a gap is noted where it is more than X makes good."""
        cursor = await inlet.cursor(CURSOR)
        if cursor is None:
            return {}
        behind = self._now() - int(cursor)
        if behind > BACKFILL_MINUTES * MINUTE:
            await inlet.gap(
                Instant(int(cursor)),
                f"The stream was down for longer than the {BACKFILL_MINUTES} minutes that X makes good: replies and "
                "quotes that do not mention the account may be missing.",
            )
        return {"backfill_minutes": str(min(behind // MINUTE + 1, BACKFILL_MINUTES))}

    async def _take(self, inlet: Inlet, line: bytes) -> None:
        now = self._now()
        if not line.strip():
            if now - self._noted_at >= NOTE_SECONDS * SECOND:
                await self._keep(inlet, b"", [], now)
            return
        try:
            parts = parse_event(line, now)
        except Unreadable as fault:
            await inlet.trouble(f"The stream of X brought something that cannot be read: {fault}")
            await self._keep(inlet, line, [], now)
            return
        messages: list[IncomingMessage] = []
        for part in parts:
            if part.account not in ("", self._settings.user_id):
                continue
            messages += part.messages
            for what in part.wanted:
                messages += (await self._fetch(what))[1]
            if part.revoked:
                await inlet.trouble(part.revoked)
        await self._keep(inlet, line, messages, now)

    async def _keep(self, inlet: Inlet, raw: bytes, messages: list[IncomingMessage], now: Instant) -> None:
        delivery = RawDelivery(transport="stream", body=raw, verified_by="token")
        await inlet.accept(delivery, messages, cursors={CURSOR: str(now)})
        self._noted_at = now


async def _lines(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """Lines as they come. Raises httpx2.DecodingError for one that never ends."""
    rest = b""
    async for chunk in answer.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
        if len(rest) > LONGEST_LINE:
            raise httpx2.DecodingError(f"A line of the stream is longer than {LONGEST_LINE} bytes.")
