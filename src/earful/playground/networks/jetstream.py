"""A double of Jetstream, of our own making: there is no package of the real server. Its frames are those of the lexicon
`network.bsky.jetstream.subscribeEvents`, its cursors are times."""

import asyncio
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from earful.model.message import Network
from earful.model.time import Instant, rfc3339

LOOK_SECONDS = 0.05
SUBPROTOCOL = "xrpc.v1.json"


class Jetstream:
    """What it has told so far."""

    def __init__(self) -> None:
        self.frames: list[tuple[Instant, bytes]] = []

    def tell(self, at: Instant, commit: dict[str, Any]) -> None:
        """Add a change of a record."""
        payload = {
            "$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": len(self.frames) + 1,
            "time": rfc3339(at), "rev": "3kabc",
        }  # fmt: skip
        told = {"$type": "message", "payload": payload | commit}
        self.frames.append((at, msgspec.json.encode(told)))


@websocket("/bluesky/xrpc/network.bsky.jetstream.subscribeEvents")
async def subscribe(socket: WebSocket[Any, Any, Any]) -> None:
    """Everything from the cursor on, then what comes."""
    stream: Jetstream = socket.app.state.networks.simulators[Network.BLUESKY].jetstream
    await socket.accept(subprotocols=SUBPROTOCOL)
    cursor = socket.query_params.get("cursor", "")
    since = int(cursor) // 1_000 if cursor else None
    place = len(stream.frames) if since is None else sum(at < since for at, _ in stream.frames)
    gone = asyncio.create_task(_gone(socket))
    while not gone.done():
        for _, frame in stream.frames[place:]:
            await socket.send_text(frame.decode())
            place += 1
        await asyncio.wait({gone}, timeout=LOOK_SECONDS)


async def _gone(socket: WebSocket[Any, Any, Any]) -> None:
    """Until the other side has left; what it says meanwhile is not heard."""
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        return
