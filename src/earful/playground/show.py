"""`earful up --demo`: an empty database gets the demo workspace, and its customers go on talking."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from earful.desk.users import service as users
from earful.playground.load import load
from earful.playground.replay import replay
from earful.playground.story import TEAM
from earful.wiring import Earful

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
    async with earful.running():
        stop = asyncio.Event()
        customers = asyncio.create_task(replay(earful, stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait([customers], timeout=5)
