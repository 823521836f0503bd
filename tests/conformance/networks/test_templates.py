"""Templates from the network to the customer: read, chosen, filled in, sent when nothing else goes out any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from earful.desk.templates import rules, service
from earful.model.desk import SendState
from earful.model.message import Network, Visibility
from earful.outbox import service as outbox
from earful.playground.networks.whatsapp import WhatsAppSimulator
from earful.store.audit import Who
from earful.store.tables import cases
from tests.conformance.networks.town import Town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("templates"), Network.WHATSAPP)
    yield town
    town.close()


def read(town: Town) -> None:
    """Let the desk read what is due."""
    town.settle()
    town.run(town.earful.templates.some())


def test_a_template_reaches_a_customer_whom_words_do_not_reach(town: Town, tmp_path: Path) -> None:
    simulator = town.simulator
    assert isinstance(simulator, WhatsAppSimulator)
    read(town)
    store = town.earful.store
    listed = store.read_now(lambda tx: service.listed(tx, town.channel_id, "de"))
    assert [one.native_id for one in listed][:1] == ["7002"]
    assert len(listed) == 5  # on two pages

    ana = simulator.world.customer("ana")
    said = simulator.world.say(ana, "Wo bleibt meine Bestellung BL-1001?", private=True)
    native_id = simulator.native_id(said)
    town.arrived(native_id)
    town.ahead += 30 * 3_600_000
    late = town.answer(native_id, "Sie kommt morgen.")
    town.send()
    refused = town.reply(late)
    assert refused["state"] == SendState.FAILED
    assert "Choose a template" in refused["error"]

    message_id = town.message(native_id)["id"]
    values = {"body.1": "Ana", "body.2": "BL-1001", "button.0.1": "1001"}
    who = Who(id=town.made.admin, name="Kim Doe")
    draft = store.read_now(
        lambda tx: service.draft(
            tx, town.channel_id, "7002", values,
            in_reply_to=message_id, audience=Visibility.DIRECT, delay=0, now=town.now(),
        )
    )  # fmt: skip
    can = town.earful.receiver.connectors[town.channel_id].capabilities
    store.write_now(lambda tx: outbox.queue(tx, town.earful.log, who, draft, can, town.now()))
    town.send()
    town.settle()
    assert town.reply(draft.id)["state"] == SendState.DELIVERED
    seen = [one.text for one in simulator.world.with_customer(ana.id) if one.ours]
    assert seen == [draft.text]
    assert "Hallo Ana, deine Bestellung BL-1001 ist unterwegs." in draft.text
    assert simulator.violations == []


def test_what_the_network_thinks_otherwise_of_is_known_at_once(town: Town) -> None:
    simulator = town.simulator
    assert isinstance(simulator, WhatsAppSimulator)
    read(town)
    simulator.judge_template("7001", "PAUSED")
    read(town)
    found = town.earful.store.read_now(lambda tx: service.one(tx, town.channel_id, "7001"))
    assert "paused it" in rules.problem(found)


def test_a_list_that_cannot_be_read_keeps_the_last_one(town: Town) -> None:
    read(town)
    town.simulator.knobs.revoked = True
    who = Who(id=town.made.admin, name="Kim Doe")
    town.ahead += 1000
    town.earful.store.write_now(lambda tx: service.ask(tx, who, town.channel_id, town.now()))
    read(town)
    town.simulator.knobs.revoked = False
    reading = town.earful.store.read_now(lambda tx: service.reading(tx, town.channel_id))
    assert "Connect the account again" in reading.why
    assert len(town.earful.store.read_now(lambda tx: service.listed(tx, town.channel_id))) == 5


def test_who_comes_by_an_advertisement_can_be_answered_for_longer(town: Town) -> None:
    simulator = town.simulator
    assert isinstance(simulator, WhatsAppSimulator)
    bo = simulator.world.customer("bo")
    simulator.referrals[bo.id] = {"source_type": "ad", "source_id": "1", "headline": "Grinders"}
    said = simulator.world.say(bo, "Is it still for sale?", private=True)
    town.arrived(simulator.native_id(said))
    row = town.message(simulator.native_id(said))
    case = town.rows(select(cases).where(cases.c.id == row["case_id"]))[0]
    assert case["window_until"] == row["occurred_at"] + 72 * 3_600_000
