"""The inbox page over a million cases, on both databases: views, filters, orders, later pages and searches."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from earful.bench import plans, postgres
from earful.bench.filling import caught_up, fill
from earful.bench.pages import times
from earful.bench.report import Figure, percentile
from earful.bench.server import Server, furnish, settings
from earful.config import Settings
from earful.desk.inbox.pages import filter_of
from earful.doctor import CONSUMERS
from earful.log.runner import system_clock
from earful.store.store import Store

NAME = "inbox"
P95_BAR = 100
ROWS = {"tiny": 2_000, "small": 50_000, "full": 1_000_000}
ROUNDS = {"tiny": 2, "small": 8, "full": 15}
PAGES = (
    "/inbox",
    "/inbox?view=open&order=newest",
    "/inbox?view=open&order=oldest",
    "/inbox?view=open&order=deadline",
    "/inbox?view=mine",
    "/inbox?view=mine&order=newest",
    "/inbox?view=unassigned",
    "/inbox?view=unassigned&order=oldest",
    "/inbox?view=waiting",
    "/inbox?view=snoozed",
    "/inbox?view=closed",
    "/inbox?view=closed&order=newest",
    "/inbox?view=all",
    "/inbox?view=open&network=mastodon",
    "/inbox?view=closed&network=review&order=newest",
    "/inbox?view=open&kind=complaint",
    "/inbox?view=closed&kind=praise",
    "/inbox?view=closed&topic=safety&order=newest",
    "/inbox?view=all&topic=outage",
    "/inbox?view=closed&network=bluesky&kind=praise&topic=price",
    "/inbox?view=mine&network=email&kind=question",
    "/inbox?view=open&tag=press",
    "/inbox?view=closed&tag=courier&order=newest",
    "/inbox/rows?view=closed&after=50.1700000000000.900000",
    "/inbox/rows?view=closed&order=newest&after=1750000000000.500000",
    "/inbox/rows?view=open&order=oldest&after=1750000000000.5000",
    "/inbox?view=all&q=kettle",
    "/inbox?view=all&q=refund+order+4821",
    "/inbox?view=open&q=smoking+kitchen",
    "/inbox?view=closed&q=crash+Utr",
    "/inbox?view=all&q=31337",
)
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Fill, explain and time each database in turn."""
    figures = _one(settings(folder / "sqlite"), "SQLite", size, say)
    if why := postgres.missing():
        say(f"inbox: PostgreSQL left out: {why}")
        return [*figures, _absent(why)]
    cluster = postgres.Cluster()
    try:
        return figures + _one(settings(folder / "postgresql", cluster.url), "PostgreSQL", size, say)
    finally:
        cluster.stop()


def query_of(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}


def _absent(why: str) -> Figure:
    return Figure(
        benchmark=NAME, what="p95 on PostgreSQL", value=float("inf"), unit="ms", note=f"not run: {why}"
    )


def _one(here: Settings, database: str, size: str, say: Say) -> list[Figure]:
    keys = furnish(here)
    store = Store(here.database_url)
    started = time.perf_counter()
    try:
        fill(store, keys, ROWS[size], system_clock())
        caught_up(store, CONSUMERS, system_clock())
        say(f"inbox: {ROWS[size]:,} cases on {database} in {time.perf_counter() - started:.0f} s")
        asked = [query_of(address) for address in PAGES]
        views = [(filter_of(query), query.get("after", "")) for query in asked]
        faults = plans.faults(store, views, keys.user_id)
    finally:
        store.close()
    with Server(here) as server:
        took = times(server.port, keys, PAGES, ROUNDS[size])
    everything = [one for found in took.values() for one in found]
    slowest = max(took, key=lambda address: percentile(took[address], 0.95))
    return [
        Figure(
            benchmark=NAME,
            what=f"p95 of all views, {database}",
            value=percentile(everything, 0.95),
            unit="ms",
            bar=P95_BAR,
            note=f"{ROWS[size]:,} cases, {len(PAGES)} addresses, {len(everything)} pages; "
            f"p50 {percentile(everything, 0.5):.0f} ms",
        ),
        Figure(
            benchmark=NAME,
            what=f"p95 of the slowest view, {database}",
            value=percentile(took[slowest], 0.95),
            unit="ms",
            bar=P95_BAR,
            note=slowest,
        ),
        Figure(
            benchmark=NAME,
            what=f"queries that scan or count cases, {database}",
            value=len(faults),
            unit="queries",
            bar=1,
            note="; ".join(faults)[:200] or "every query of every view explained",
        ),
    ]
