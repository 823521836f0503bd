"""From accepted to rated, threaded, searchable and told to every open page, at a steady offered load."""

import asyncio
import contextlib
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from earful.bench import load
from earful.bench.report import Figure, percentile
from earful.bench.server import Keys, Server, furnish, settings
from earful.doctor import CONSUMERS

NAME = "pipeline"
RATE_BAR = 2_000
OFFERED = 2_600
SECONDS = {"tiny": 1, "small": 8, "full": 40}
PER_REQUEST, CLIENTS = 50, 16
SETTLE_SECONDS = 600
LOOK_SECONDS = 0.1
QUIET_SECONDS = 1.5
"""Six looks of the server at its log."""
Say = Callable[[str], object]
_EVENT = re.compile(rb"^id: \d+-(\d+)$", re.MULTILINE)


class _Data(msgspec.Struct):
    messages: list[str] = []


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Offer more than the bar, with a page open; measure until nothing is left to do."""
    here = settings(folder)
    keys = furnish(here)
    path = folder / "earful.sqlite3"
    requests = OFFERED * SECONDS[size] // PER_REQUEST
    say(f"pipeline: {requests * PER_REQUEST} messages at {OFFERED} a second, with an open page listening")
    with Server(here) as server:
        await load.start(_order(keys, server, max(4, requests // 20), "warm"))
        await _settled(path)
        page = _Page(server.port, keys.cookie)
        listening = asyncio.create_task(page.listen())
        await page.open.wait()
        cpu = server.cpu_seconds()
        sent = await load.start(_order(keys, server, requests, "m"))
        behind = _behind(path)
        done_at = await _settled(path)
        await page.quiet()
        spent = server.cpu_seconds() - cpu
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
    count = len(sent.acknowledged) * PER_REQUEST
    seconds = done_at - sent.started_at / 1_000
    waits, unseen = _waits(path, page.seen_at, sent.started_at)
    return [
        Figure(
            benchmark=NAME,
            what="rated, threaded, searchable, shown",
            value=count / seconds,
            unit="messages/s",
            bar=RATE_BAR,
            at_least=True,
            note=f"{count:,} messages, {behind:,} events left when the last was accepted; "
            f"server used {spent / seconds:.0%} of a core",
        ),
        Figure(
            benchmark=NAME,
            what="accepted to on screen, p50",
            value=percentile(waits, 0.5),
            unit="ms",
            note=f"p95 {percentile(waits, 0.95):,.0f} ms, over {len(waits):,} messages",
        ),
        Figure(
            benchmark=NAME,
            what="messages never told to the open page",
            value=unseen,
            unit="messages",
            bar=1,
            note=f"the page was told to load again {page.reloads} times",
        ),
    ]


def _order(keys: Keys, server: Server, requests: int, prefix: str) -> load.Order:
    return load.Order(
        port=server.port,
        channel=keys.channel,
        secret=keys.secret,
        requests=requests,
        per_request=PER_REQUEST,
        clients=CLIENTS,
        rate=OFFERED,
        prefix=prefix,
    )


class _Page:
    """An open page: it follows `/live` as a browser does, and notes when it heard of which event."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.cookie = cookie
        self.open = asyncio.Event()
        self.seen_at: dict[int, int] = {}
        """Event sequence number -> milliseconds since the epoch."""
        self.reloads = 0
        self._heard = time.monotonic()

    async def listen(self) -> None:
        """Follow until cancelled; come back when told to load again."""
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
            writer.write(
                f"GET /live HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncookie: {self.cookie}\r\n\r\n".encode()
            )
            try:
                await self._read(reader)
            finally:
                writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await reader.read(1 << 18):
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            if b": hello" in whole:
                self.open.set()
            now = time.time_ns() // 1_000_000
            for found in _EVENT.findall(whole):
                self.seen_at[int(found)] = now
                self._heard = time.monotonic()
            if b"event: reload" in whole:
                self.reloads += 1
                return

    async def quiet(self) -> None:
        """Wait until nothing has come for a while."""
        while (rest := QUIET_SECONDS - (time.monotonic() - self._heard)) > 0:  # noqa: ASYNC110 - a silence is no event
            await asyncio.sleep(rest)


def _behind(path: Path) -> int:
    """Events that the slowest consumer has still to take."""
    connection = sqlite3.connect(path)
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
    places = dict(connection.execute("SELECT consumer, seq FROM cursors").fetchall())
    connection.close()
    return int(last) - min(int(places.get(name, 0)) for name in CONSUMERS)


async def _settled(path: Path) -> float:
    """Wait until every consumer stands at the end of the log; returns when that was (seconds, epoch)."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if _behind(path) == 0:
            return time.time()
        await asyncio.sleep(LOOK_SECONDS)
    raise RuntimeError(f"after {SETTLE_SECONDS} s there is still work left: {_behind(path)} events")


def _waits(path: Path, seen_at: dict[int, int], since: int) -> tuple[list[float], int]:
    """Milliseconds from acceptance to the first event that told of a message, and how many had none."""
    connection = sqlite3.connect(path)
    received = dict(
        connection.execute("SELECT id, received_at FROM messages WHERE received_at >= ?", (since,)).fetchall()
    )
    told: dict[str, int] = {}
    query = "SELECT seq, data FROM events WHERE case_id IS NOT NULL ORDER BY seq"
    for seq, data in connection.execute(query):
        if seq in seen_at:
            for message_id in msgspec.json.decode(data, type=_Data).messages:
                told.setdefault(message_id, seen_at[seq])
    connection.close()
    waits = [float(told[one] - at) for one, at in received.items() if one in told]
    return waits, len(received) - len(waits)
