"""Pins as posts of ours with their counts, and that nothing is ever sent."""

from typing import Any

import pytest
from hypothesis import given

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.pinterest.connector import PinterestConnector
from earful.channels.pinterest.follow import Pins
from earful.channels.pinterest.parse import counts, pin
from earful.channels.pinterest.settings import PinterestSecrets, PinterestSettings
from earful.model.message import Direction, MessageKind, Network, Visibility
from earful.model.time import MINUTE, Instant
from earful.playground.networks.knobs import Fault
from tests.channels.garbage import few, objects
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.channels.simulated import simulated

PIN: dict[str, Any] = {
    "id": "813744226420795884", "created_at": "2026-07-24T21:23:23", "title": "Two cups", "description": "At dawn",
    "media": {"media_type": "image", "images": {"150x150": {"url": "https://i.example/s.jpg"}}},
    "pin_metrics": {
        "90d": {"pin_click": 7, "impression": 2},
        "lifetime_metrics": {"pin_click": 70, "impression": 200, "clickthrough": "3", "reaction": 10, "comment": 2},
    },
}  # fmt: skip


def test_a_pin_is_a_post_of_ours_with_counts() -> None:
    message = pin(PIN, "brewline")
    assert message is not None
    assert (message.direction, message.kind, message.backfill) == (Direction.OUTBOUND, MessageKind.POST, True)
    assert message.text == "Two cups\n\nAt dawn"
    assert message.metrics == {"views": 200, "likes": 10, "replies": 2, "clicks": 70, "link_clicks": 3}
    assert message.permalink == "https://www.pinterest.com/pin/813744226420795884/"
    assert [one.url for one in message.attachments] == ["https://i.example/s.jpg"]


def test_old_pins_have_counts_of_ninety_days_or_none() -> None:
    assert counts(PIN | {"pin_metrics": {"90d": {"impression": 2}}}) == {"views": 2}
    assert counts(PIN | {"pin_metrics": None}) == {}
    assert pin(PIN | {"id": None}, "b") is None


@few
@given(objects([*PIN, "90d", "lifetime_metrics", "impression", "images", "600x", "url"]))
def test_no_shape_stops_the_reading(data: dict[str, Any]) -> None:
    pin(data, "b")
    pin(PIN | data, "b")


def test_all_pins_come_and_later_only_what_was_counted() -> None:
    async def story() -> None:
        async with simulated(Network.PINTEREST) as (network, tools, clock):
            for number in range(130):
                network.world.say(network.world.brand, f"Pin {number}")
            wiring = network.wiring()
            settings, secrets = PinterestSettings(**wiring.settings), PinterestSecrets(**wiring.secrets)
            connector = PinterestConnector(settings, secrets, tools)
            assert await connector.check() == []
            inlet = MemoryInlet()
            network.knobs.next[Fault.BROKEN] = 1
            async with receiving(connector, inlet):
                await inlet.until(lambda: len(inlet.kept) == 130)
            pins = Pins(connector._api, "brewline")
            first = await pins.page(None)
            assert first.more
            assert len((await pins.page(None)).messages) == len(first.messages), (
                "what was not kept comes again"
            )
            last = await pins.page((await pins.page(None)).cursor)
            assert not last.more
            assert (await pins.page(last.cursor)).messages == []
            clock.at = Instant(clock.at + MINUTE)
            again = await pins.page(last.cursor)
            assert len(again.messages) == len(first.messages)
            assert again.messages[0].metrics["views"] == first.messages[0].metrics["views"] + 1
            assert network.violations == []
            network.knobs.revoked = True
            assert "Pinterest refuses" in (await connector.check())[0]

    run(story())


def test_nothing_is_sent() -> None:
    async def story() -> None:
        async with simulated(Network.PINTEREST) as (network, tools, _):
            wiring = network.wiring()
            settings, secrets = PinterestSettings(**wiring.settings), PinterestSecrets(**wiring.secrets)
            to = ReplyTarget(native_id="1", visibility=Visibility.PUBLIC)
            reply = Reply(client_id="c", text="Hello", audience=Visibility.PUBLIC, to=to)
            connector = PinterestConnector(settings, secrets, tools)
            with pytest.raises(SendRefused, match="nothing was sent"):
                await connector.send(reply)
            assert await connector.find(reply) is None

    run(story())
