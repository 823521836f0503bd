"""Signed webhooks of 50 messages, through HTTP to disk, beside bare `sqlite3` in the same run."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from earful.bench import load
from earful.bench.report import Figure, percentile
from earful.bench.server import Keys, Server, furnish, settings
from earful.bench.texts import bodies
from earful.model.message import IncomingMessage

NAME = "webhooks"
RATE_BAR, P99_BAR, SHARE_BAR = 15_000, 150, 0.2
PER_REQUEST, CLIENTS = 50, 16
REQUESTS = {"tiny": 20, "small": 1_000, "full": 4_000}
WARM_UP = 40
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Flood a fresh desk whose consumers run, then check every acknowledged message by SQL."""
    here = settings(folder)
    keys = furnish(here)
    bare = _bare(folder, min(REQUESTS[size], 1_000))
    say(f"webhooks: {REQUESTS[size]} requests of {PER_REQUEST} messages from {CLIENTS} clients")
    with Server(here) as server:
        await load.start(_order(keys, server, WARM_UP, "warm"))
        cpu, wall = server.cpu_seconds(), time.perf_counter()
        sent = await load.start(_order(keys, server, REQUESTS[size], "m"))
        spent = server.cpu_seconds() - cpu
        # The generator prepares outside its clock; the server then does nothing but catch up.
        wall = time.perf_counter() - wall
        memory = server.memory_mib()
    path = folder / "earful.sqlite3"
    kept = _verify(path, sent.acknowledged)
    rate = len(sent.acknowledged) * PER_REQUEST / sent.seconds
    milliseconds = [1_000 * latency for latency in sent.latencies]
    generator = f"generator used {sent.cpu_seconds / sent.seconds:.0%} of a core"
    refused = f"; refused: {sent.refused}" if sent.refused else ""
    return [
        Figure(
            benchmark=NAME,
            what="accepted and durable",
            value=rate,
            unit="messages/s",
            bar=RATE_BAR,
            at_least=True,
            note=f"all three consumers running; {generator}{refused}",
        ),
        Figure(
            benchmark=NAME,
            what=f"p99 with {CLIENTS} clients",
            value=percentile(milliseconds, 0.99),
            unit="ms",
            bar=P99_BAR,
            note=f"p50 {percentile(milliseconds, 0.5):.0f} ms, p95 {percentile(milliseconds, 0.95):.0f} ms",
        ),
        Figure(
            benchmark=NAME,
            what="share of bare sqlite3",
            value=rate / bare,
            unit="",
            bar=SHARE_BAR,
            at_least=True,
            note=f"bare: {bare:,.0f} rows/s, executemany into one keyed table, 50 a commit, WAL, FULL",
        ),
        Figure(
            benchmark=NAME,
            what="acknowledged but missing or double",
            value=kept,
            unit="messages",
            bar=1,
            note=f"checked by SQL; server used {spent / wall:.0%} of a core, {memory:.0f} MiB",
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
        prefix=prefix,
    )


def _verify(path: Path, acknowledged: Iterable[str]) -> int:
    """How many messages of acknowledged deliveries are not there exactly once."""
    connection = sqlite3.connect(path)
    found = dict(
        connection.execute(
            "SELECT deliveries.native_delivery_id, count(DISTINCT messages.native_id)\n"
            "FROM deliveries\n"
            "JOIN messages ON messages.delivery_id = deliveries.id\n"
            "GROUP BY deliveries.native_delivery_id"
        ).fetchall()
    )
    wrong: int = sum(abs(PER_REQUEST - found.get(webhook_id, 0)) for webhook_id in acknowledged)
    doubles = connection.execute(
        "SELECT count(*) - count(DISTINCT channel_id || '|' || namespace || '|' || native_id) FROM messages"
    ).fetchone()
    connection.close()
    return wrong + int(doubles[0])


def _bare(folder: Path, requests: int) -> float:
    """Rows a second of nothing but SQLite: the same messages, decoded beforehand, into one keyed table."""
    groups = [
        [
            (one.native_id, one.text, one.author.native_id if one.author else "", one.occurred_at.isoformat())
            for one in msgspec.json.decode(body, type=list[IncomingMessage])
        ]
        for body in bodies(1, "bare", 20_000, requests, PER_REQUEST)
    ]
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE message (native_id TEXT PRIMARY KEY, text TEXT, author TEXT, at TEXT)")
    start = time.perf_counter()
    for group in groups:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", group)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return requests * PER_REQUEST / seconds
