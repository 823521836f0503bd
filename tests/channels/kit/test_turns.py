"""Many channels read by turns, and nobody spends what somebody else spent meanwhile."""

import asyncio

import pytest

from earful.channels.kit.budget import AT_ONCE, Budgets, Limit, Priority
from earful.channels.kit.poll import Turn
from earful.channels.kit.stopping import Stopped
from earful.model.time import Instant
from tests.channels.running import run

NOW = Instant(1_795_000_000_000)
MANY = Limit(name="reads", most=10_000, seconds=60)


def test_few_read_at_once_though_a_thousand_begin_together() -> None:
    async def story() -> None:
        budgets, stop = Budgets(lambda: NOW), asyncio.Event()
        at_work, most, done = 0, 0, 0

        async def channel(number: int) -> None:
            nonlocal at_work, most, done
            async with Turn(stop, budgets.of(f"app {number % 7}", [MANY]), "reads", Priority.LIVE):
                at_work += 1
                most = max(most, at_work)
                await asyncio.sleep(0)
                at_work -= 1
            done += 1

        await asyncio.gather(*(channel(number) for number in range(1_000)))
        assert done == 1_000
        assert most == AT_ONCE

    run(story())


def test_whoever_waited_for_a_place_looks_again_whether_the_limit_still_allows_it() -> None:
    async def story() -> None:
        stop = asyncio.Event()
        budget = Budgets(lambda: NOW).of("one", [Limit(name="reads", most=AT_ONCE + 1, seconds=60)])
        holding = [Turn(stop, budget, "reads", Priority.REPLY) for _ in range(AT_ONCE)]
        for one in holding:
            await one.__aenter__()
        waiting = asyncio.create_task(Turn(stop, budget, "reads", Priority.REPLY).__aenter__())
        await asyncio.sleep(0)
        budget.spend("reads")
        await holding[0].__aexit__()
        await asyncio.sleep(0)
        assert not waiting.done()
        assert budget.left()[0].left == 0
        stop.set()
        with pytest.raises(Stopped):
            await waiting
        # It gave its place back: there is one for each that is not held.
        await asyncio.wait_for(budget.places.acquire(), 1)

    run(story())
