"""The webhook of X, and its stream, as the connector keeps them."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import msgspec

from earful.channels.hooks import Asked
from earful.channels.kit.api import Api
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.oauth import FixedToken
from earful.channels.kit.tools import Tools
from earful.channels.x.follow import Lookup
from earful.channels.x.limits import EVENTS, LIMITS, PRIVATE_EVENTS
from earful.channels.x.settings import XSettings
from earful.channels.x.setup import Setup
from earful.channels.x.stream import CURSOR, Stream
from earful.model.message import IncomingMessage, Network
from earful.model.time import MINUTE
from earful.playground.networks.simulator import Simulator
from earful.playground.networks.x import BEARER, TOKEN, XSimulator
from tests.channels.inlet import MemoryInlet
from tests.channels.running import run
from tests.channels.simulated import Clock, simulated


def parts(simulator: Simulator, tools: Tools) -> tuple[XSettings, Api, Api, Setup]:
    settings = XSettings(user_id=simulator.world.brand.id, api=simulator.base_url)
    budget = tools.budgets.of("x", LIMITS)
    app, user = (
        Api(tools, settings.api, FixedToken(token), budget, explain=lambda response: response.text)
        for token in (BEARER, TOKEN)
    )
    return settings, app, user, Setup(app, user, settings, budget, tools.hook_url, tools.now)


def test_the_webhook_is_made_once_and_subscribed_to_everything() -> None:
    async def story() -> None:
        async with simulated(Network.X) as (network, tools, _):
            assert isinstance(network, XSimulator)
            *_, setup = parts(network, tools)
            for _ in range(2):
                await setup.subscribe(await setup.webhook(MemoryInlet()))
            assert network.webhook["url"] == tools.hook_url
            assert [one["event_type"] for one in network.subscriptions] == [*EVENTS, *PRIVATE_EVENTS]
            assert network.violations == []

    run(story())


def test_a_webhook_that_x_gave_up_is_made_good() -> None:
    async def story() -> None:
        async with simulated(Network.X) as (network, tools, clock):
            assert isinstance(network, XSimulator)
            *_, setup = parts(network, tools)
            inlet = MemoryInlet()
            await setup.webhook(inlet)
            good_at = clock.at
            clock.at += 90 * MINUTE
            network.webhook["valid"] = False
            await setup.webhook(inlet)
            assert network.webhook["valid"] is True
            assert network.replays[0]["webhook_id"] == "77"
            assert int(network.replays[0]["from_date"]) < int(network.replays[0]["to_date"])
            assert inlet.gaps[0][0] == good_at
            await setup.webhook(inlet)
            assert inlet.gaps == []
            assert network.violations == []

    run(story())


def test_a_reply_that_came_without_its_author_is_fetched_whole() -> None:
    async def story() -> None:
        async with simulated(Network.X) as (network, tools, clock):
            settings, _, user, _ = parts(network, tools)
            said = network.world.say(network.world.customer("ana", "Ana P"), "It leaks")
            _, found = await Lookup(user, settings, clock).fetch(f"post:{said.id}")
            assert found[0].author is not None
            assert found[0].author.name == "Ana P"
            _, gone = await Lookup(user, settings, clock).fetch("post:999")
            assert gone == []

    run(story())


class Lines(httpx2.AsyncByteStream):
    """A stream that ends."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            await asyncio.sleep(0)
            yield chunk


def test_the_stream_goes_on_where_it_broke() -> None:
    event = msgspec.json.encode(
        {
            "data": {
                "event_type": "post.mention.create", "filter": {"user_id": "9000"},
                "payload": {"id": "5", "text": "It leaks", "author_id": "2", "created_at": "2026-07-24T21:23:23.000Z"},
                "includes": {"users": [{"id": "2", "username": "ana", "name": "Ana"}]},
            }
        }
    )  # fmt: skip
    other = event.replace(b'"9000"', b'"8000"').replace(b'"id":"5"', b'"id":"6"')
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(
            200, stream=Lines(b"\r\n", event[:30], event[30:] + b"\r\n", other + b"\n", b"nonsense\n")
        )

    async def nothing(what: str) -> tuple[bytes, list[IncomingMessage]]:
        raise AssertionError(what)

    async def story() -> None:
        clock = Clock()
        async with (
            simulated(Network.X) as (network, tools, _),
            httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http,
        ):
            settings, app, *_ = parts(network, tools)
            inlet = MemoryInlet()
            stream = Stream(http, app, settings, nothing, clock)
            await stream.run(inlet, Backoff())
            assert [one.native_id for one in inlet.messages()] == ["5"]
            assert inlet.cursors[CURSOR] == str(clock.at)
            assert "cannot be read" in inlet.troubles[0]
            clock.at += 3 * MINUTE
            await stream.run(inlet, Backoff())
            assert inlet.gaps == []
            clock.at += 20 * MINUTE
            await stream.run(inlet, Backoff())
            assert len(inlet.gaps) == 1
            assert [one.url.params.get("backfill_minutes") for one in asked] == [None, "4", "5"]

    run(story())


def test_a_wrong_question_is_seen() -> None:
    network = XSimulator("http://network.test/x", Clock())
    asked = Asked(
        method="GET",
        url="",
        query={"ids": "1,2", "colour": "red"},
        headers={"authorization": f"Bearer {TOKEN}"},
    )
    network.answer(asked, "/2/tweets")
    assert [one.problem for one in network.violations] == ["there is no colour"]
