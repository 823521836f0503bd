"""What is to be looked at again."""

import asyncio
from datetime import timedelta

from earful.intake.inlet import ChannelInlet
from earful.model.message import Change, IncomingMessage
from earful.model.time import Instant, instant
from tests.conftest import NOW, START, Desk, answer, write


def test_recent_are_those_of_customers_that_are_still_there(desk: Desk) -> None:
    desk.receive(write("old"), write("m1", minute=60, namespace="n"), write("m2", minute=61))
    desk.receive(answer("ours", "m1", minute=62), write("m3", minute=63), write("gone", minute=64))
    desk.receive(
        IncomingMessage(native_id="gone", occurred_at=START + timedelta(minutes=65), change=Change.DELETE)
    )
    inlet = ChannelInlet(desk.store, desk.log, desk.channel, lambda: NOW)
    since = instant(START + timedelta(minutes=60))
    found = asyncio.run(inlet.recent(since, 10))
    assert [(one.namespace, one.native_id) for one in found] == [("", "m3"), ("", "m2"), ("n", "m1")]
    assert found[-1].occurred_at == since
    assert [one.native_id for one in asyncio.run(inlet.recent(Instant(0), 1))] == ["m3"]
    elsewhere = ChannelInlet(desk.store, desk.log, "other", lambda: NOW)
    assert asyncio.run(elsewhere.recent(Instant(0), 10)) == []
