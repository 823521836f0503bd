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

    `once` resets the back-off when things go well. A fault with `after_seconds` is waited for at least so
    long. Its faults are explained to the inlet and never end the
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
            await pause(stop, max(backoff.next(), asked_to_wait(fault)))
        else:
            await pause(stop, backoff.next())


async def every(
    stop: asyncio.Event, backoff: Backoff, seconds: float, work: Callable[[], Awaitable[object]]
) -> None:
    """Inside `keep_up`: do `work` now and after every so many seconds. Raises Stopped, and what `work` raises."""
    while True:
        await work()
        backoff.reset()
        if await pause(stop, seconds):
            raise Stopped


def broke(where: str, fault: Exception, kept: str) -> str:
    """A fault that passes, for an admin; `kept` says what becomes of what is said meanwhile."""
    return f"The connection to {where} broke ({type(fault).__name__}: {str(fault)[:200]}). {kept}"


def asked_to_wait(fault: Exception) -> float:
    """Seconds for which the network asked to be left alone; 0 when it did not."""
    told = getattr(fault, "after_seconds", None)
    return float(told) if isinstance(told, int | float) else 0.0


async def _tell(inlet: Inlet, words: str) -> None:
    log.warning("channel trouble", what=words)
    try:
        await inlet.trouble(words)
    except Exception as fault:  # noqa: BLE001  # the store may be what is broken
        log.warning("trouble could not be noted", fault=type(fault).__name__)
