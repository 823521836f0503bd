"""A connector at work for the length of a `with` block."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from earful.channels.contract import Connector, Inlet
from earful.channels.kit.budget import Budgets
from earful.channels.kit.tools import Tools, shared_client
from earful.log.runner import system_clock
from earful.model.time import SECOND, Instant


@asynccontextmanager
async def receiving(connector: Connector, inlet: Inlet) -> AsyncIterator[None]:
    """Receive inside the block; leaving it asks the connector to stop, which it must do within seconds."""
    stop = asyncio.Event()
    work = asyncio.create_task(connector.receive(inlet, stop))
    try:
        yield
        if work.done():
            work.result()
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await work


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run an asynchronous test to its end."""
    asyncio.run(test)


def tools(hook_url: str = "https://desk.example.test/hooks/one") -> Tools:
    """What a connector is given, with leave to call the loopback."""
    http = shared_client(allow_private=True)
    return Tools(
        now=system_clock, http=http, budgets=Budgets(system_clock), allow_private=True, hook_url=hook_url
    )


def later(made: Tools) -> Tools:
    """The same of a desk that begins to listen two seconds later.

    What is written in the very second in which it begins is no history.
    """
    return msgspec.structs.replace(made, now=lambda: Instant(made.now() + 2 * SECOND))
