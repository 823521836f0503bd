"""`earful up --demo`: an empty database gets the demo workspace, and its customers go on talking."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from earful.channels import registry
from earful.desk.channels import service as channels
from earful.desk.users import service as users
from earful.model.message import Network
from earful.playground.load import load
from earful.playground.networks.app import Networks
from earful.playground.networks.pages import SHOP_CHAT
from earful.playground.networks.serve import HOST, beside, listen_near
from earful.playground.networks.simulator import Simulator
from earful.playground.replay import replay
from earful.playground.story import TEAM
from earful.store.audit import EARFUL
from earful.store.tx import Tx
from earful.wiring import Earful

NEAR = 110
"""The port of the simulated networks: so many above the desk's, if it is free."""
GUIDE = "marit"
"""The colleague whom a visitor plays: an admin, who may see everything."""
Running = Callable[[], AbstractAsyncContextManager[None]]


def show(earful: Earful) -> tuple[str, Running]:
    """Load the demo where there is nothing yet. Returns a sign-in path and what is to run.

    A database that was filled by somebody else is left alone; then the path is the ordinary sign-in, and
    nobody plays a customer.
    """
    load(earful, earful.clock())
    try:
        token = earful.store.write_now(lambda tx: users.link_for(tx, TEAM[GUIDE][0], earful.clock()))
    except users.InvalidError:
        return "/sign-in", earful.running
    return f"/sign-in/{token}", lambda: _played(earful)


@contextlib.asynccontextmanager
async def _played(earful: Earful) -> AsyncIterator[None]:
    """The whole process, with its customers. They stop first, so that nothing comes in while it closes."""
    listener = listen_near(earful.settings.port + NEAR)
    earful.playground = f"http://{HOST}:{listener.getsockname()[1]}"
    networks = Networks(earful.playground, earful.clock)
    await earful.store.write(lambda tx: _connect(tx, earful, networks))
    await earful.store.write(lambda tx: _open_chat(tx, earful))
    async with beside(networks, listener, earful.settings.address), earful.running():
        stop = asyncio.Event()
        customers = asyncio.create_task(replay(earful, stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait([customers], timeout=5)


def _open_chat(tx: Tx, earful: Earful) -> None:
    """The shop's web chat; the shop may have another address at each start."""
    row, origins = channels.find(tx, SHOP_CHAT), {"allowed_origins": [earful.playground]}
    now = earful.clock()
    if row is not None:
        settings = channels.channel_of(row).settings | origins
        channels.change_settings(tx, EARFUL, row["id"], settings, now)
        return
    channels.create(
        tx, earful.vault, EARFUL, network=Network.CHAT, name=SHOP_CHAT, handle="",
        settings=origins | {"title": "Ask Brewline"}, now=now,
    )  # fmt: skip


def _connect(tx: Tx, earful: Earful, networks: Networks) -> None:
    """A channel on each simulated network; the address may be another at each start."""
    for network, simulator in networks.simulators.items():
        wiring, name = simulator.wiring(), f"playground.{network.value}"
        account = registry.account(network, wiring.settings)
        row = channels.find(tx, name)
        if row is None:
            channels.create(
                tx, earful.vault, EARFUL, network=network, name=name, handle=simulator.world.brand.handle,
                settings=wiring.settings, secrets=wiring.secrets, account=account, now=earful.clock(),
            )  # fmt: skip
        else:
            channels.connect_anew(tx, earful.vault, row["id"], wiring.settings, wiring.secrets, account)
        tell_where(tx, earful, simulator, name)


def tell_where(tx: Tx, earful: Earful, simulator: Simulator, name: str) -> None:
    """Enter a channel's address and its webhook secret at a network that has to be told by hand."""
    row = channels.find(tx, name) if simulator.is_told_where else None
    if row is not None:
        secret = channels.webhook_secrets(earful.vault.unseal(row["secrets"]))[0]
        simulator.call_at(f"{earful.settings.address}/hooks/{name}", secret)
