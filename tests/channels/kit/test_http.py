"""Limits, waits and the way into the private network."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from earful.channels.kit.addresses import AddressRefused, is_public
from earful.channels.kit.backoff import Backoff, delay
from earful.channels.kit.http import ResponseTooLarge, client, fetch, retry_after
from earful.channels.kit.stream import StreamRefused, open_stream
from earful.model.time import Instant


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers: dict[str, tuple[int, dict[str, str], bytes]] = {
            "/bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 3_000_000)),
            "/inside": (302, {"Location": "http://127.0.0.1:1/secret"}, b""),
            "/events": (
                200,
                {"Content-Type": "text/event-stream"},
                b": hello\n\nid: 7\nevent: x\ndata: 1\n\n",
            ),
            "/closed": (403, {}, b"no"),
        }
        status, headers, body = answers.get(self.path, (200, {}, self.headers["user-agent"].encode()))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_outer_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://0x7f.1:9/",
        "http://2130706433:9/",
    ],
)
def test_the_guard_refuses_every_spelling_of_home(url: str) -> None:
    async def story() -> None:
        async with client(allow_private=False) as http:
            with pytest.raises((AddressRefused, httpx2.InvalidURL, httpx2.ConnectError)):
                await fetch(http, "GET", url)

    asyncio.run(story())


def test_requests_carry_our_name_and_answers_have_a_limit(site: str) -> None:
    async def story() -> None:
        async with client(allow_private=True) as http:
            assert (await fetch(http, "GET", f"{site}/")).text.startswith("Earful/")
            with pytest.raises(ResponseTooLarge):
                await fetch(http, "GET", f"{site}/bomb", max_bytes=1_000_000)
            whole = await fetch(http, "GET", f"{site}/bomb", max_bytes=4_000_000)
            assert len(whole.content) == 3_000_000
            assert (await fetch(http, "GET", f"{site}/inside")).status_code == 302

    asyncio.run(story())


def test_a_stream_is_read_or_refused(site: str) -> None:
    async def story() -> None:
        async with client(allow_private=True) as http:
            async with open_stream(http, f"{site}/events", heartbeat_seconds=5, last_event_id="6") as events:
                assert [(event.id, event.event, event.data) async for event in events] == [("7", "x", "1")]
            with pytest.raises(StreamRefused) as refused:
                async with open_stream(http, f"{site}/closed", heartbeat_seconds=5):
                    pass
            assert refused.value.status == 403
            with pytest.raises(StreamRefused, match="no stream"):
                async with open_stream(http, f"{site}/", heartbeat_seconds=5):
                    pass

    asyncio.run(story())


def test_a_silent_stream_is_noticed() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n")
        await writer.drain()

    async def story() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, client(allow_private=True) as http:
            with pytest.raises(httpx2.ReadTimeout):
                async with open_stream(http, f"http://127.0.0.1:{port}/", heartbeat_seconds=0.1) as events:
                    await anext(events)

    asyncio.run(story())


NOW = Instant(1_795_262_400_000)  # 2026-11-21T12:00:00Z


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "999999999"}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "9" * 400}, None),
        ({"x-ratelimit-reset": "2026-11-21T12:05:00.000Z"}, 300),
        ({"x-ratelimit-reset": "1795262460"}, 60),
        ({}, None),
    ],
)
def test_servers_say_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_waits_double_up_to_a_cap_and_spread() -> None:
    assert [delay(n, base=1, cap=60, chance=1.0) for n in (1, 2, 3, 7, 500)] == [1, 2, 4, 60, 60]
    assert [delay(n, base=1, cap=60, chance=0.0) for n in (1, 2, 3, 7)] == [0.5, 1, 2, 30]
    backoff = Backoff(base=1, cap=8, chance=lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 8]
    backoff.reset()
    assert backoff.next() == 1
