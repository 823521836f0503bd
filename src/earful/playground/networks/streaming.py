"""The streaming API of a simulated Mastodon: server-sent events, as its documentation has them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

import msgspec

HEARTBEAT_SECONDS = 1.0
"""Real ones say every 15 seconds that they are there. So often is looked whether the token is still good."""
STREAMS = frozenset({"user", "user/notification", "direct"})


class Streaming:
    """Who listens, and what they have not heard yet. `is_good`: whether a token may listen any longer."""

    def __init__(self, is_good: Callable[[], bool]) -> None:
        self._is_good = is_good
        self._listeners: dict[asyncio.Queue[bytes], tuple[str, asyncio.AbstractEventLoop]] = {}

    def listen(self, name: str) -> AsyncIterator[bytes]:
        """A stream. It hears what is told from now on, before anybody begins to read it."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._listeners[queue] = (name, asyncio.get_running_loop())
        return self._frames(queue)

    async def _frames(self, queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
        try:
            yield b":)\n\n"
            while self._is_good():
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b":thump\n\n"
        finally:
            del self._listeners[queue]

    def tell(self, names: Collection[str], event: str, payload: object) -> None:
        """An event for all who listen to one of these streams; from any thread."""
        data = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
        frame = f"event: {event}\ndata: {data}\n\n".encode()
        for queue, (name, loop) in list(self._listeners.items()):
            if name in names:
                loop.call_soon_threadsafe(queue.put_nowait, frame)
