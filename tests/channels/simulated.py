"""A simulated network in this process, without a port: what a connector is given to talk to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from earful.channels.kit.budget import Budgets
from earful.channels.kit.tools import Tools
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks.app import Networks, build
from earful.playground.networks.simulator import Simulator


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.at = Instant(1_795_000_000_000)

    def __call__(self) -> Instant:
        return self.at


@asynccontextmanager
async def simulated(network: Network) -> AsyncIterator[tuple[Simulator, Tools, Clock]]:
    """One network, the tools to reach it, and the time there."""
    clock = Clock()
    networks = Networks("http://network.test", clock)
    transport = httpx2.ASGITransport(app=build(networks))
    async with httpx2.AsyncClient(transport=transport) as http:
        tools = Tools(
            now=clock, http=http, budgets=Budgets(clock), allow_private=True,
            hook_url="https://desk.example.test/hooks/one", pace=0.01,
        )  # fmt: skip
        yield networks.simulators[network], tools, clock
