"""Keeping a connection up: whatever breaks, it is told, and tried again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from earful.channels.contract import Inlet
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.stopping import Stopped, pause

log = structlog.get_logger(__name__)


async def keep_up(
    inlet: Inlet,
    stop: asyncio.Event,
    once: Callable[[Backoff], Awaitable[None]],
    explain: Callable[[Exception], str],
    *,
    backoff: Backoff | None = None,
) -> None:
    """Run `once` again and again until `stop`, with growing waits between failures.

    `once` resets the back-off when things go well. Its faults are explained to the inlet and never end the
    loop: a channel that dies silently loses messages without anybody knowing.
    """
    backoff = backoff or Backoff()
    while not stop.is_set():
        try:
            await once(backoff)
        except Stopped:
            return
        except Exception as fault:  # noqa: BLE001  # see above: told, waited for, tried again
            await _tell(inlet, explain(fault))
        await pause(stop, backoff.next())


async def _tell(inlet: Inlet, words: str) -> None:
    log.warning("channel trouble", what=words)
    try:
        await inlet.trouble(words)
    except Exception as fault:  # noqa: BLE001  # the store may be what is broken
        log.warning("trouble could not be noted", fault=type(fault).__name__)
