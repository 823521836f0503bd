"""What only visitors of a chat do: they come back, they send files, and their browsers may be anything."""

from collections.abc import Iterator

import pytest

from earful.model.desk import SendState
from earful.model.message import Network
from earful.playground.networks.knobs import Fault
from earful.playground.networks.world import SentFile
from tests.conformance.networks.town import Town
from tests.conformance.networks.visitors import Visitors
from tests.desk.media.test_media import PICTURE


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("visitors"), Network.CHAT, own=Visitors)
    yield town
    town.close()


def test_who_comes_back_finds_everything_once_and_nobody_else_sees_it(town: Town) -> None:
    visitors = town.simulator
    assert isinstance(visitors, Visitors)
    ana, ben = visitors.world.customer("ana"), visitors.world.customer("ben")
    sent = [SentFile(name="lid.png", mime="image/png", content=PICTURE)]
    visitors.knobs.next[Fault.DUPLICATE] = 1
    said = visitors.world.say(ana, "The lid is cracked, look.", private=True, files=sent)
    other = visitors.world.say(ben, "Are you there?", private=True)
    town.arrived(visitors.native_id(said), visitors.native_id(other))
    reply = town.answer(visitors.native_id(said), "We send you a new one.")
    town.send()
    assert town.reply(reply)["state"] == SendState.READ
    ours = visitors.world.with_customer(ana.id)[-1]
    assert town.message(visitors.native_id(ours))["direction"] == "outbound"
    back = visitors.opened(visitors.browser(ana))
    assert [(line["ours"], line["text"]) for line in back["lines"]] == [
        (False, "The lid is cracked, look."),
        (True, "We send you a new one."),
    ]
    seen = visitors.loaded(visitors.browser(ana), back["lines"][0]["files"][0])
    assert (seen.name, seen.content) == ("lid.png", PICTURE)
    assert [one.text for one in visitors.world.with_customer(ben.id)] == ["Are you there?"]


def test_what_no_page_sends_is_refused_and_costs_nobody_else(town: Town) -> None:
    visitors, before = town.simulator, len(town.kept())
    assert isinstance(visitors, Visitors)
    visitors.knobs.next[Fault.UNREADABLE] = 1
    said = visitors.world.say(visitors.world.customer("cleo"), "Do you have spare lids?", private=True)
    town.arrived(visitors.native_id(said))
    assert town.networks.pusher.refused == [(f"{visitors.base_url}/messages", 422)]
    assert len(town.kept()) == before + 1
