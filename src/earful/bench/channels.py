"""Channels at work: deliveries of networks read and kept, the stream of all posts, and a thousand channels that ask."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from earful.bench import deliveries
from earful.bench.deliveries import SHAPES
from earful.bench.ports import free_port
from earful.bench.report import Figure
from earful.bench.server import Server, furnish, settings
from earful.bench.town import ONE_IN, Plan, Running, host_of
from earful.channels import registry
from earful.channels.contract import RawDelivery
from earful.channels.hooks import Asked
from earful.config import Settings
from earful.desk.channels import service as channels
from earful.intake.keeper import DeliveryKeeper
from earful.intake.known import Channels
from earful.intake.reader import Reader
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.model.message import Network
from earful.playground.networks.bluesky import PASSWORD
from earful.store.audit import EARFUL
from earful.store.secrets import Vault
from earful.store.store import Store

NAME = "channels"
WEBHOOKS_BAR, FIREHOSE_BAR, MEMORY_BAR = 5_000, 0.5, 300
MESSAGES = {"tiny": 500, "small": 10_000, "full": 50_000}
AT_ONCE = 64
"""Deliveries on their way at the same time: networks do not wait for one before they send the next."""
POSTS = 2_000
LISTEN_SECONDS = {"tiny": 2, "small": 15, "full": 60}
POLLED = {"tiny": 20, "small": 200, "full": 1_000}
WATCH_SECONDS = {"tiny": 5, "small": 40, "full": 180}
AN_APP, A_MINUTE = 10, 10
"""Channels that share one app of Reddit, and what the app may ask in a minute: less than they would like to."""
WINDOW_MINUTES = 10
SETTLE_SECONDS = 120
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Deliveries of each shape, then the stream, then the thousand."""
    figures = []
    for number, name in enumerate(SHAPES):
        rate, kept = await _read(folder / f"read-{number}", name, MESSAGES[size])
        say(f"channels: {name}: {rate:,.0f} messages a second")
        figures.append(
            Figure(
                benchmark=NAME,
                what=f"proved, kept, read, stored: {name}",
                value=rate,
                unit="messages/s",
                bar=WEBHOOKS_BAR,
                at_least=True,
                note=f"{kept:,} messages, {AT_ONCE} deliveries at once, SQLite; without HTTP",
            )
        )
    return (
        figures + await _firehose(folder / "firehose", size, say) + await _polls(folder / "polls", size, say)
    )


async def _read(folder: Path, name: str, count: int) -> tuple[float, int]:
    """Messages a second from the first proof of a signature to the last stored message. Raises RuntimeError when some
    are missing."""
    here, shape = settings(folder), SHAPES[name]
    furnish(here)
    store, log, vault = Store(here.database_url), EmbeddedLog(), Vault.open(here.folder)
    channel_id = _connect(
        store, vault, shape.network, "bench-network", dict(shape.settings), dict(shape.secrets)
    )
    ready = deliveries.made(name, count // shape.per_delivery)
    hook = registry.hook(shape.network, shape.settings, shape.secrets)
    if hook is None:
        raise RuntimeError("the network has no webhook")
    known = Channels(vault, lambda one, own: registry.hook(one.network, one.settings, own), system_clock)
    reader = Reader(store, log, known, system_clock)
    keeper = DeliveryKeeper(store, system_clock, reader.wake)
    stop, todo = asyncio.Event(), iter(ready)

    async def network() -> None:
        for body, headers in todo:
            now = system_clock()
            proof = hook.verify(
                Asked(method="POST", url=here.address, query={}, headers=headers, body=body), now
            )
            delivery = RawDelivery(transport="webhook", body=body, verified_by=proof.verified_by)
            await keeper.keep(channel_id, delivery)

    reading = asyncio.create_task(reader.run(stop))
    began = time.perf_counter()
    await asyncio.gather(*(network() for _ in range(AT_ONCE)))
    kept = await _until(here.folder / "earful.sqlite3", channel_id, len(ready) * shape.per_delivery)
    seconds = time.perf_counter() - began
    stop.set()
    await reading
    store.close()
    return kept / seconds, kept


async def _until(path: Path, channel_id: str, wanted: int) -> int:
    """Wait for so many messages of a channel. Raises RuntimeError when they do not come."""
    connection = sqlite3.connect(path)
    end = time.perf_counter() + SETTLE_SECONDS
    found = 0
    while time.perf_counter() < end:
        # The last row's number first: counting costs the processor that is being measured.
        found = connection.execute("SELECT COALESCE(max(seq), 0) FROM messages").fetchone()[0]
        if found >= wanted:
            query = "SELECT count(*), count(DISTINCT native_id) FROM messages WHERE channel_id = ?"
            found, different = connection.execute(query, (channel_id,)).fetchone()
            if found == different == wanted:
                connection.close()
                return wanted
        await asyncio.sleep(0.02)
    raise RuntimeError(f"{found} of {wanted} messages arrived")


async def _firehose(folder: Path, size: str, say: Say) -> list[Figure]:
    """Processor time of a desk that listens to every post and keeps those that name the brand."""
    here = _allowing(folder)
    furnish(here)
    town = Running(Plan(port=free_port(), posts_a_second=POSTS))
    await town.start()
    store, vault = Store(here.database_url), Vault.open(here.folder)
    given = {
        "handle": "brewline.test", "server": f"{town.address}/bluesky", "direct": False, "poll_seconds": 3_600,
        "watch": ["Brewline", "brewline.example"], "jetstream": f"{host_of(town.address)}/bluesky",
    }  # fmt: skip
    channel_id = _connect(store, vault, Network.BLUESKY, "bench-posts", given, {"app_password": PASSWORD})
    store.close()
    say(f"channels: {POSTS} posts a second for {LISTEN_SECONDS[size]} s")
    with Server(here) as server:
        await asyncio.sleep(LISTEN_SECONDS["tiny"] + 3)
        idle, began = server.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(LISTEN_SECONDS["tiny"])
        idle = (server.cpu_seconds() - idle) / (time.perf_counter() - began)
        await town.order("tell")
        cpu, began = server.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(LISTEN_SECONDS[size])
        spent, seconds = server.cpu_seconds() - cpu, time.perf_counter() - began
        await town.order("hush")
        kept = await _settled(here.folder / "earful.sqlite3", channel_id)
    heard = await town.stop()
    return [
        Figure(
            benchmark=NAME,
            what="every post of a network, filtered to the brand",
            value=spent / seconds,
            unit="cores",
            bar=FIREHOSE_BAR,
            note=f"{heard.posts / seconds:,.0f} posts/s, one in {ONE_IN} names the brand; the whole server with "
            f"triage and threading, {idle:.1%} of a core before",
        ),
        Figure(
            benchmark=NAME,
            what="posts that name the brand, missing or double",
            value=abs(heard.naming - kept),
            unit="posts",
            bar=1,
            note=f"{heard.naming} of {heard.posts:,}",
        ),
    ]


async def _settled(path: Path, channel_id: str) -> int:
    """Messages of a channel once no more come."""
    connection = sqlite3.connect(path)
    query, before, found = "SELECT count(*) FROM messages WHERE channel_id = ?", -1, 0
    while found != before:
        await asyncio.sleep(2)
        before, found = found, connection.execute(query, (channel_id,)).fetchone()[0]
    connection.close()
    return found


async def _polls(folder: Path, size: str, say: Say) -> list[Figure]:
    """Memory of a desk with so many channels that ask, and whether any app asked more than it may."""
    here = _allowing(folder)
    furnish(here)
    town = Running(Plan(port=free_port()))
    await town.start()
    store, vault = Store(here.database_url), Vault.open(here.folder)
    for number in range(POLLED[size]):
        given = {
            "username": "brewline", "client_id": f"app-{number // AN_APP}", "poll_seconds": 5,
            "requests_a_minute": A_MINUTE, "api": f"{town.address}/reddit",
            "token_url": f"{town.address}/reddit/api/v1/access_token",
        }  # fmt: skip
        own = {"client_secret": "app-secret", "refresh_token": "refresh"}
        _connect(store, vault, Network.REDDIT, f"bench-{number}", given, own)
    store.close()
    say(f"channels: {POLLED[size]} channels that ask, for {WATCH_SECONDS[size]} s")
    with Server(here) as server:
        cpu, began, most = server.cpu_seconds(), time.perf_counter(), 0.0
        while time.perf_counter() - began < WATCH_SECONDS[size]:
            await asyncio.sleep(1)
            most = max(most, server.memory_mib())
        spent = (server.cpu_seconds() - cpu) / (time.perf_counter() - began)
    heard = await town.stop()
    allowed = A_MINUTE * WINDOW_MINUTES
    return [
        Figure(
            benchmark=NAME,
            what=f"memory with {POLLED[size]:,} polled channels",
            value=most,
            unit="MiB",
            bar=MEMORY_BAR,
            note=f"the most in {WATCH_SECONDS[size]} s, all processes of the server; {spent:.0%} of a core, "
            f"{sum(heard.asked.values()):,} requests by {len(heard.asked)} apps",
        ),
        Figure(
            benchmark=NAME,
            what="requests of the busiest app",
            value=max(heard.asked.values(), default=0),
            unit="requests",
            bar=allowed + 1,
            note=f"{allowed} are allowed in {WINDOW_MINUTES} minutes; {AN_APP} channels share it",
        ),
    ]


def _allowing(folder: Path) -> Settings:
    """Settings of a desk that may call this machine: the networks are simulated here."""
    return Settings(data=str(folder), port=free_port(), allow_private_addresses=True)


def _connect(
    store: Store, vault: Vault, network: Network, name: str, given: dict[str, object], secrets: dict[str, str]
) -> str:
    return store.write_now(
        lambda tx: (
            channels.create(
                tx, vault, EARFUL, network=network, name=name, settings=given, secrets=secrets,
                account=registry.account(network, given), now=system_clock(),
            ).id
        )
    )  # fmt: skip
