"""What is so with mail only: a provider that keeps copies makes lost answers known, answers overtake what they answer,
and bytes that are no mail come in like all others."""

from collections.abc import Iterator
from functools import partial

import pytest

from earful.model.desk import SendState
from earful.model.message import Network
from earful.playground.networks.knobs import Fault
from earful.playground.networks.simulator import Pushed
from tests.conformance.networks.mail import ProviderSimulator
from tests.conformance.networks.town import Town
from tests.servers.mail import MailServers

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, mail_servers: MailServers) -> Iterator[Town]:
    own = partial(ProviderSimulator, servers=mail_servers)
    town = Town(tmp_path_factory.mktemp("mail"), Network.EMAIL, own=own)
    yield town
    town.close()


def test_where_every_copy_is_kept_a_lost_answer_is_found_and_a_broken_one_is_sent_again(town: Town) -> None:
    simulator = town.simulator
    for fault in (Fault.LOST_ANSWER, Fault.BROKEN):
        said = simulator.world.say(simulator.world.customer(fault.value), "The lid is cracked.", private=True)
        town.arrived(simulator.native_id(said))
        reply = town.answer(simulator.native_id(said), f"A new one is on its way, {fault.value}.")
        simulator.knobs.next[fault] = 1
        for _ in range(5):
            town.send(seconds=700)
        assert simulator.knobs.next[fault] == 0
        assert town.reply(reply)["state"] == SendState.SENT
        ours = [one for one in simulator.world.said.values() if one.ours and fault.value in one.text]
        assert [simulator.native_id(one) for one in ours] == [f"<{reply}@brand.test>"]
        assert town.message(simulator.native_id(ours[0]))["direction"] == "outbound"
    assert simulator.violations == []


def test_an_answer_that_comes_before_what_it_answers_ends_in_the_same_case(town: Town) -> None:
    simulator, held = town.simulator, list[Pushed]()
    world = simulator.world
    world.on_change = lambda happened: held.extend(simulator.deliveries(happened))
    first = world.say(world.customer("ana"), "Does the small one fit?", private=True)
    second = world.say(world.customer("ana"), "I mean the blue one.", parent=first.id)
    world.on_change = simulator._happened
    for pushed, said in zip(reversed(held), (second, first), strict=True):
        simulator.push(pushed)
        town.arrived(simulator.native_id(said))
    rows = [town.message(simulator.native_id(one)) for one in (first, second)]
    assert [row["text"] for row in rows] == ["Does the small one fit?", "I mean the blue one."]
    assert rows[0]["case_id"] == rows[1]["case_id"]


def test_bytes_that_are_no_mail_are_kept_and_cost_nobody_else(town: Town) -> None:
    simulator, before = town.simulator, len(town.kept())
    assert isinstance(simulator, ProviderSimulator)
    simulator.put("INBOX", b"\x80\xfe\x1b no header anywhere \x80\r\n=?utf-8?q?=ZZ?=\r\n")
    said = simulator.world.say(simulator.world.customer("cleo"), "Do you have spare lids?", private=True)
    town.arrived(simulator.native_id(said))
    odd, _ = town.kept()[before:]
    assert odd["native_id"].startswith("<sha256:")
    assert "no header anywhere" in odd["text"]
