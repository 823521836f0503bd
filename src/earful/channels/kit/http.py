"""One way to speak HTTP: time-outs, size limits, a name, and no way into the private network."""

import logging
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore2
import httpx2

from earful import __version__
from earful.channels.contract import SendPostponed
from earful.channels.kit.addresses import resolve
from earful.model.time import Instant

MEGABYTE = 1_000_000
USER_AGENT = f"Earful/{__version__} (customer service desk)"
# It would write every address into the log, and some networks have the token in the address.
logging.getLogger("httpx2").setLevel(logging.WARNING)
_LONGEST_WAIT_SECONDS = 24 * 3600.0


class ResponseTooLarge(Exception):
    """The answer was longer than the limit; it was dropped unread."""


class _GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to the very address that was checked, so that a second look-up cannot change it."""

    def __init__(self) -> None:
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await resolve(host, port, allow_private=False)
        except OSError as fault:
            raise httpcore2.ConnectError(str(fault)) from fault
        return await self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    """The ordinary transport over `_GuardedNetwork`."""

    def __init__(self, limits: httpx2.Limits) -> None:
        super().__init__(trust_env=False, limits=limits)
        # httpx2 offers no parameter for the network backend of its pool, which httpcore2 does.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_GuardedNetwork(),
        )


def client(
    *,
    allow_private: bool,
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 20.0,
    connections: int = 10,
) -> httpx2.AsyncClient:
    """A client with sane limits; close it with `aclose`.

    Without `allow_private` every connection, redirects included, goes to public addresses only and raises
    `AddressRefused` otherwise. Redirects are not followed unless asked for; proxies of the environment are
    not used, for a proxy would undo the guard.
    """
    kept = max(connections // 2, 5)
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=kept, keepalive_expiry=30.0)
    transport = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
    return httpx2.AsyncClient(
        transport=transport if allow_private else _GuardedTransport(limits),
        trust_env=False,
        base_url=base_url,
        headers={"user-agent": USER_AGENT, **(headers or {})},
        timeout=httpx2.Timeout(timeout_seconds, connect=10.0),
        max_redirects=5,
    )


async def fetch(
    http: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    max_bytes: int = 5 * MEGABYTE,
    follow_redirects: bool = False,
    **arguments: Any,
) -> httpx2.Response:
    """One request, read whole; `arguments` are those of `httpx2.AsyncClient.build_request`.

    Raises ResponseTooLarge beyond `max_bytes` (counted after decompression, so that a small bomb is one too),
    AddressRefused, and httpx2.HTTPError for network faults. HTTP statuses are left to the caller.
    """
    request = http.build_request(method, url, **arguments)
    response = await http.send(request, stream=True, follow_redirects=follow_redirects)
    try:
        chunks = bytearray()
        async for chunk in response.aiter_bytes():
            chunks += chunk
            if len(chunks) > max_bytes:
                raise ResponseTooLarge(
                    f"The answer of {request.url.host} is longer than {max_bytes} bytes and was not used."
                )
    finally:
        await response.aclose()
    # What was read is no longer packed, and these would say that it is.
    untrue = (b"content-encoding", b"content-length")
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in untrue]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        content=bytes(chunks),
        request=response.request,
        history=response.history,
    )


def retry_after(headers: Mapping[str, str], now: Instant) -> float | None:
    """Seconds to wait by `Retry-After` (RFC 9110, seconds or a date) or else `X-RateLimit-Reset`.

    Between 0 and one day; None when the server said nothing that can be read.
    """
    told = headers.get("retry-after") or headers.get("x-ratelimit-reset")
    if not told:
        return None
    seconds = _seconds_until(told.strip(), now)
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


def _seconds_until(told: str, now: Instant) -> float | None:
    if told.isdecimal() and len(told) < 20:
        number = float(told)
        return number - now / 1000 if number > 1e9 else number
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            until = read(told)
        except (ValueError, IndexError):
            continue
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return until.timestamp() - now / 1000
    return None


def postponed(response: httpx2.Response, now: Instant) -> SendPostponed:
    """The outcome for an answer that means "later": 429, 503 and the like."""
    return SendPostponed(
        f"{response.request.url.host} answered {response.status_code}; nothing was sent, it is tried again.",
        after_seconds=retry_after(response.headers, now),
    )
