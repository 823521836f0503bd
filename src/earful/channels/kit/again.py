"""Looking again: what was taken back where a network does not say so, what came without its content, and history."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx2
import msgspec

from earful.channels.contract import Inlet, Job, Known, RawDelivery
from earful.channels.kit.api import ApiRefused, NotJson
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.budget import Budget, Priority
from earful.channels.kit.poll import Page, Turn
from earful.channels.kit.running import keep_up
from earful.channels.kit.stopping import Stopped, pause
from earful.model.message import Change, IncomingMessage
from earful.model.time import DAY, HOUR, SECOND, Instant, instant, moment

LATER_SECONDS = 300.0
"""What could not be fetched is asked for again after that."""
LATELY = HOUR
"""What was written so shortly before somebody asked for history may be news that no look has come to yet."""
JOB_SECONDS = 10.0
"""How often it is looked whether somebody asked for history."""

Ask = Callable[[Sequence[Known]], Awaitable[tuple[bytes, list[IncomingMessage]]]]
"""What the network says of messages now: its answer, and the edits and deletes in it."""
Fetch = Callable[[str], Awaitable[tuple[bytes, list[IncomingMessage]]]]
Walk = Callable[[Job], Awaitable[Page]]
"""One page of history: its cursor is the place to go on from."""


class Looks:
    """The loops of one channel that look again. Each runs until `stop`; faults are told and looked past."""

    def __init__(
        self, inlet: Inlet, stop: asyncio.Event, budget: Budget, *, now: Callable[[], Instant],
        explain: Callable[[Exception], str],
    ) -> None:  # fmt: skip
        self._inlet = inlet
        self._stop = stop
        self._budget = budget
        self._now = now
        self._explain = explain
        self._began = now()

    async def recent(
        self, ask: Ask, *, limit: str, days: int, most: int, at_once: int, seconds: float, cost: int = 1
    ) -> None:
        """Ask for the `most` newest messages of so many days, `at_once` in a request, every `seconds`.

        After a fault it goes on where it was: a network that fails now and then would otherwise never be asked for the
        oldest of them.
        """
        to_ask: list[Known] = []

        async def once(backoff: Backoff) -> None:
            while True:
                while to_ask:
                    async with Turn(self._stop, self._budget, limit, Priority.HISTORY, cost):
                        raw, messages = await ask(to_ask[:at_once])
                    if messages:
                        delivery = RawDelivery(transport="poll", body=raw, verified_by="token")
                        await self._inlet.accept(delivery, messages)
                    del to_ask[:at_once]
                    backoff.reset()
                if await pause(self._stop, seconds):
                    raise Stopped
                to_ask.extend(await self._inlet.recent(Instant(self._now() - days * DAY), most))

        await keep_up(self._inlet, self._stop, once, self._explain)

    async def wanted(self, fetch: Fetch, *, limit: str, seconds: float, cost: int = 1) -> None:
        """Fetch what was pushed without its content."""

        async def once(backoff: Backoff) -> None:
            while not await pause(self._stop, seconds):
                for what in await self._inlet.wanted():
                    try:
                        async with Turn(self._stop, self._budget, limit, Priority.LIVE, cost):
                            raw, messages = await fetch(what)
                    except (ApiRefused, NotJson, httpx2.HTTPError) as fault:
                        await self._inlet.not_fetched(what, self._explain(fault), LATER_SECONDS)
                        continue
                    delivery = RawDelivery(transport="poll", body=raw, verified_by="token")
                    await self._inlet.fetched(what, delivery, messages)
                backoff.reset()
            raise Stopped

        await keep_up(self._inlet, self._stop, once, self._explain)

    async def history(self, walk: Walk, *, limit: str, pace: float = 1.0) -> None:
        """Do what somebody asked for: fetch what is older, page by page."""

        async def once(backoff: Backoff) -> None:
            while not await pause(self._stop, JOB_SECONDS * pace):
                job = await self._inlet.job()
                if job is None:
                    continue
                try:
                    await self._walk_back(job, walk, limit)
                except ApiRefused as refused:
                    if refused.status in (401, 429) or refused.status >= 500:
                        raise
                    await self._inlet.job_ended(job.id, self._explain(refused))
                backoff.reset()
            raise Stopped

        await keep_up(self._inlet, self._stop, once, self._explain)

    async def _walk_back(self, job: Job, walk: Walk, limit: str) -> None:
        """Page by page; each is kept with the place to go on from, so that a restart goes on there.

        The newest of it may come before the look that would have brought it as news: that stays news.
        """
        before = Instant(max(self._began, job.asked_at - LATELY))
        while True:
            async with Turn(self._stop, self._budget, limit, Priority.HISTORY):
                page = await walk(job)
            messages = as_history(page.messages, before)
            await self._inlet.job_moved(job.id, page.delivery, messages, place=page.cursor)
            if not page.more:
                await self._inlet.job_ended(job.id)
                return
            job = msgspec.structs.replace(job, place=page.cursor)


def gone(namespace: str, native_id: str, now: Instant) -> IncomingMessage:
    """It is not there any more."""
    return IncomingMessage(
        native_id=native_id, namespace=namespace, occurred_at=moment(now), change=Change.DELETE
    )


def as_history(messages: Sequence[IncomingMessage], before: Instant) -> list[IncomingMessage]:
    """What was written before is marked as history: it is kept and shown, but starts no automation.

    What was written in the same second is not: many networks tell whole seconds.
    """
    second = before // SECOND * SECOND
    return [
        msgspec.structs.replace(one, backfill=True) if instant(one.occurred_at) < second else one
        for one in messages
    ]
