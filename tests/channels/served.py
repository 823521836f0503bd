"""A simulated network on a port of loopback, for what needs a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from earful.log.runner import system_clock
from earful.model.message import Network
from earful.playground.networks.app import Networks, build
from earful.playground.networks.simulator import Simulator
from tests.servers.process import free_port


@asynccontextmanager
async def served(network: Network) -> AsyncIterator[Simulator]:
    """The network, reached at its `base_url` as long as the block lasts."""
    port = free_port()
    networks = Networks(f"http://127.0.0.1:{port}", system_clock)
    config = uvicorn.Config(
        build(networks), host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    work = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield networks.simulators[network]
    finally:
        server.should_exit = True
        await work
