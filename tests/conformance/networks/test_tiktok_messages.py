"""Private messages of TikTok: pictures, read marks, and the 48 hours."""

from collections.abc import Iterator

import pytest

from earful.model.desk import SendState
from earful.model.message import Network
from earful.playground.networks.tiktok import TikTokSimulator
from tests.conformance.networks.town import Town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("tiktok"), Network.TIKTOK)
    yield town
    town.close()


def test_a_private_message_is_answered_read_and_closes_after_two_days(town: Town) -> None:
    simulator = town.simulator
    assert isinstance(simulator, TikTokSimulator)
    ana = simulator.world.customer("ana")
    said = simulator.world.say(ana, "Is the grinder in stock?", private=True)
    town.arrived(said.id)
    reply_id = town.answer(said.id, "It is. " + "We keep one for you. " * 20)
    town.send()
    assert town.reply(reply_id)["state"] == SendState.SENT
    assert sum(row["direction"] == "outbound" for row in town.kept()) == 1  # the echo is the reply
    town.ahead += 1_000
    simulator.reads(ana.id)
    town.settle()
    assert town.reply(reply_id)["state"] == SendState.READ
    town.ahead += 49 * 3_600_000
    late = town.answer(said.id, "Still there?")
    town.send()
    assert town.reply(late)["state"] == SendState.FAILED
    assert simulator.violations == []
