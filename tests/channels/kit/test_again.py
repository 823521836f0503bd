"""Looking again at what may be gone, and fetching what is wanted."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from earful.channels.contract import Known, RawDelivery
from earful.channels.kit.again import Looks
from earful.channels.kit.budget import Budget, Limit
from earful.model.message import Actor, Change, IncomingMessage
from earful.model.time import Instant, moment
from tests.channels.inlet import MemoryInlet
from tests.channels.running import run

NOW = Instant(1_795_000_000_000)


def said(native_id: str) -> IncomingMessage:
    return IncomingMessage(native_id=native_id, author=Actor(native_id="a"), occurred_at=moment(NOW - 1000))


def test_what_is_gone_becomes_a_tombstone_and_a_fault_does_not_end_the_looking() -> None:
    async def story() -> None:
        inlet, stop = MemoryInlet(), asyncio.Event()
        await inlet.accept(RawDelivery(transport="poll", body=b""), [said(str(n)) for n in range(5)])
        budget = Budget("one", [Limit(name="reads", most=1_000, seconds=60)], lambda: NOW)
        asked: list[list[str]] = []

        async def ask(known: Sequence[Known]) -> tuple[bytes, list[IncomingMessage]]:
            asked.append([one.native_id for one in known])
            if len(asked) in (1, 3):
                raise ConnectionError("the network is down")
            gone = [
                IncomingMessage(
                    native_id=one.native_id,
                    occurred_at=datetime(2026, 11, 22, tzinfo=UTC),
                    change=Change.DELETE,
                )
                for one in known
                if one.native_id in ("3", "1")
            ]
            return b"{}", gone

        looks = Looks(inlet, stop, budget, now=lambda: NOW, explain=str)
        work = asyncio.create_task(looks.recent(ask, limit="reads", days=7, most=4, at_once=3, seconds=0.01))
        await inlet.until(lambda: inlet.kept["", "3"].deleted and inlet.kept["", "1"].deleted)
        stop.set()
        await work
        assert inlet.troubles == ["the network is down"] * 2
        # It goes on with what was asked for when the network failed.
        assert asked[1:4] == [["4", "3", "2"], ["1"], ["1"]]

    run(story())
