"""Server-sent events (WHATWG HTML, "Server-sent events"): a stream that notices when it has died."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

EVENTS = "text/event-stream"
MAX_EVENT_BYTES = 2_000_000


class StreamRefused(Exception):
    """The server refuses the stream; asking again as it stands cannot help."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@asynccontextmanager
async def open_stream(
    http: httpx2.AsyncClient,
    url: str,
    *,
    heartbeat_seconds: float,
    last_event_id: str = "",
    params: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[AsyncIterator[httpx2.ServerSentEvent]]:
    """An open stream; what it yields is read with `async for`.

    The caller fills its gap *after* this opened and *before* it reads, so that nothing falls in between.
    `heartbeat_seconds` is the longest silence: servers send comments to keep a stream warm, and when even
    those stop httpx2.ReadTimeout is raised. With `last_event_id` a server that numbers its events resumes.

    Raises StreamRefused for a 4xx other than 408, 425 and 429 and for an answer that is no stream (the page of a
    proxy), httpx2.HTTPError otherwise.
    """
    extra = dict(headers or {})
    if last_event_id:
        extra["last-event-id"] = last_event_id
    timeout = httpx2.Timeout(heartbeat_seconds, connect=10.0, read=heartbeat_seconds)
    async with http.sse(
        url, params=params, headers=extra, timeout=timeout, max_event_size=MAX_EVENT_BYTES
    ) as source:
        status = source.response.status_code
        host = source.response.request.url.host
        if 400 <= status < 500 and status not in (408, 425, 429):
            raise StreamRefused(status, f"{host} refused the stream with {status}.")
        source.response.raise_for_status()
        if not source.response.headers.get("content-type", "").startswith(EVENTS):
            raise StreamRefused(status, f"{host} answered with something that is no stream.")
        yield aiter(source)
