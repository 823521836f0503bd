"""What Twilio could not deliver is fetched from its list, page by page, both sides."""

import pytest

from earful.channels.contract import Job
from earful.channels.sms import follow
from earful.channels.sms.follow import Messages
from earful.channels.sms.settings import SmsSettings
from earful.channels.twilio.rest import Rest
from earful.model.message import Direction, Network
from earful.model.time import Instant
from earful.playground.networks.twilio import ACCOUNT, TOKEN
from tests.channels.running import run
from tests.channels.simulated import simulated


def test_everything_is_fetched_once_and_looks_go_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "PAGE", 2)

    async def walk() -> None:
        async with simulated(Network.SMS) as (simulator, tools, clock):
            world, settings = simulator.world, SmsSettings(**simulator.wiring().settings)
            messages = Messages(Rest(tools, settings.api, ACCOUNT, TOKEN), settings)
            ana = world.customer("ana")
            for number in range(5):
                world.say(ana, f"Part {number}", private=True)
            world.say(world.brand, "We read it all.", private=True, to=ana.id)
            came, went = messages.sources(Instant(clock.at + 1_000))
            first = await came.page(None)
            assert [one.text for one in first.messages] == ["Part 3", "Part 4"]
            assert all(one.backfill for one in first.messages)
            clock.at = Instant(clock.at + 60_000)
            world.say(ana, "And another thing", private=True)
            later = await came.page(first.cursor)
            texts = [one.text for one in later.messages]
            assert texts == ["Part 0", "Part 1", "Part 2", "And another thing"]
            ours = (await went.page(None)).messages
            assert [(one.text, one.direction) for one in ours] == [("We read it all.", Direction.OUTBOUND)]

            job, found = Job(id="1", kind="backfill", since=None, asked_at=clock.at, place=""), []
            while True:
                page = await messages.walk(job)
                found += [one.text for one in page.messages]
                if not page.more:
                    break
                job = Job(id="1", kind="backfill", since=None, asked_at=clock.at, place=page.cursor)
            assert sorted(found) == sorted(
                [*(f"Part {at}" for at in range(5)), "And another thing", "We read it all."]
            )
            assert simulator.violations == []

    run(walk())
