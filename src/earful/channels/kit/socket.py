"""WebSockets (RFC 6455) as a client, through the same guard as every other request."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from earful.channels.kit.addresses import resolve
from earful.channels.kit.http import USER_AGENT
from earful.channels.kit.stream import StreamRefused

MAX_FRAME_BYTES = 2_000_000
PORTS = {"ws": 80, "wss": 443}


@asynccontextmanager
async def open_socket(
    url: str,
    *,
    allow_private: bool,
    heartbeat_seconds: float,
    headers: Mapping[str, str] | None = None,
    subprotocol: str = "",
) -> AsyncIterator[AsyncIterator[bytes]]:
    """An open socket; what it yields is read with `async for`, frame by frame, as bytes.

    It is asked for a sign of life every half of `heartbeat_seconds` and given up when none comes. Redirects to another
    host are not followed, for only this host's address was checked.

    Raises StreamRefused for a 4xx other than 408, 425 and 429, AddressRefused, and httpx2.HTTPError for everything that
    may pass.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443)
    try:
        addresses = await resolve(host, port, allow_private=allow_private)
        async with connect(
            url,
            host=addresses[0],
            port=port,
            subprotocols=[subprotocol] if subprotocol else None,  # type: ignore[list-item]  # a NewType of str
            additional_headers=dict(headers or {}),
            user_agent_header=USER_AGENT,
            ping_interval=heartbeat_seconds / 2,
            ping_timeout=heartbeat_seconds / 2,
            max_size=MAX_FRAME_BYTES,
            proxy=None,
        ) as socket:

            async def frames() -> AsyncIterator[bytes]:
                while True:
                    yield await socket.recv(decode=False)

            yield frames()
    except InvalidStatus as refused:
        status = refused.response.status_code
        words = bytes(refused.response.body or b"")[:300].decode(errors="replace")
        if 400 <= status < 500 and status not in (408, 425, 429):
            raise StreamRefused(status, f"{host} refused the stream with {status}. {words}".strip()) from None
        raise httpx2.ConnectError(f"{host} answered {status}.") from None
    except (ConnectionClosed, InvalidHandshake, InvalidURI, OSError, TimeoutError, EOFError) as broken:
        raise httpx2.NetworkError(f"The stream of {host} broke: {broken}") from None
