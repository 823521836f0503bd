"""Asking again and again: from a cursor, with overlap, within a budget, quicker where something happens."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from earful.channels.contract import Inlet, RawDelivery
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.budget import Budget, Priority
from earful.channels.kit.running import keep_up
from earful.channels.kit.stopping import Stopped, pause
from earful.model.message import IncomingMessage

SLOWER = 1.5


class Cadence:
    """How long to wait between two looks: the shortest after news, growing to the longest, never for ever."""

    def __init__(self, *, shortest: float, longest: float) -> None:
        self._shortest = shortest
        self._longest = max(longest, shortest)
        self.seconds = shortest

    def next(self, *, news: bool) -> float:
        """Seconds until the next look."""
        self.seconds = self._shortest if news else min(self.seconds * SLOWER, self._longest)
        return self.seconds


class Page(Struct, frozen=True, kw_only=True):
    """One answer of a network."""

    delivery: RawDelivery
    messages: list[IncomingMessage]
    cursor: str
    """Where the next look begins. With the same messages again it must be safe to begin there: looks overlap."""
    more: bool = False
    """There is more to fetch at once."""


class Source(Protocol):
    """One list of a network, read from a cursor."""

    name: str
    """Names its cursor."""
    limit: str
    """The limit of the budget that a look spends."""

    async def page(self, cursor: str | None) -> Page:
        """What came since the cursor; None for a first look."""
        ...


async def poll(
    inlet: Inlet,
    stop: asyncio.Event,
    source: Source,
    *,
    cadence: Cadence,
    budget: Budget,
    explain: Callable[[Exception], str],
) -> None:
    """Look at a source until `stop`. Faults are told, waited for, and looked past; the cursor moves with what came."""

    async def once(backoff: Backoff) -> None:
        while not stop.is_set():
            news = await look(inlet, stop, source, budget=budget)
            backoff.reset()
            if await pause(stop, cadence.next(news=news)):
                raise Stopped

    await keep_up(inlet, stop, once, explain)


async def look(
    inlet: Inlet, stop: asyncio.Event, source: Source, *, budget: Budget, priority: Priority = Priority.LIVE
) -> bool:
    """Fetch everything new from a source, page by page. True when something was new."""
    news = False
    while True:
        async with Turn(stop, budget, source.limit, priority):
            page = await source.page(await inlet.cursor(source.name))
            cursors = {source.name: page.cursor} if page.cursor else None
            receipt = await inlet.accept(page.delivery, page.messages, cursors=cursors)
        news = news or bool(receipt.accepted or receipt.changed)
        if not page.more:
            return news


class Turn:
    """Entered when a limit allows it and few enough others of the process are at work; it is counted then.

    A thousand channels that all began at once would otherwise all have a request on its way at once.
    Entering raises Stopped.
    """

    def __init__(
        self, stop: asyncio.Event, budget: Budget, limit: str, priority: Priority, cost: int = 1
    ) -> None:
        self._stop = stop
        self._budget = budget
        self._limit = limit
        self._priority = priority
        self._cost = cost

    async def __aenter__(self) -> None:
        budget, limit = self._budget, self._limit
        while True:
            seconds = budget.wait(limit, self._cost, self._priority)
            if seconds > 0:
                if await pause(self._stop, min(seconds, 60.0)):
                    raise Stopped
                continue
            await budget.places.acquire()
            # While it waited for its place others may have spent what there was.
            if budget.wait(limit, self._cost, self._priority) <= 0:
                budget.spend(limit, self._cost)
                return
            budget.places.release()

    async def __aexit__(self, *_: object) -> None:
        self._budget.places.release()
