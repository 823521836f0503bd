"""Waiting that ends when the connector is told to stop, without cutting a commit in half."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from earful.channels.contract import Inlet

T = TypeVar("T")
BEAT_SECONDS = 60.0


class Stopped(Exception):
    """The connector was told to stop while it waited."""


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait `seconds` or until `stop`; True when it was stopped."""
    if seconds > 0 and not stop.is_set():
        # Not `wait_for`, which makes a task for every wait: a thousand channels wait five times each.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
    return stop.is_set()


async def unless(stop: asyncio.Event, waiting: Coroutine[Any, Any, T]) -> T:
    """The result of `waiting`, which must be safe to cancel: a read, never a write to the store.

    Raises Stopped when `stop` is set first.
    """
    if stop.is_set():
        waiting.close()
        raise Stopped
    work = asyncio.ensure_future(waiting)
    end = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise Stopped
    finally:
        for task in (work, end):
            task.cancel()
        await asyncio.gather(work, end, return_exceptions=True)


async def keep_alive(inlet: Inlet, stop: asyncio.Event) -> None:
    """For a channel that is a page of ours: nothing is to be fetched, a proof of life once a minute until `stop`."""
    while not stop.is_set():
        await inlet.alive()
        await pause(stop, BEAT_SECONDS)
