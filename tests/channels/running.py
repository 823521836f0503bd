"""A connector at work for the length of a `with` block."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from earful.channels.contract import Connector, Inlet


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
