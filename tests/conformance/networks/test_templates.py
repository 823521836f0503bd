"""Templates from the network to the customer: read, chosen, filled in, sent when nothing else goes out any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from earful.desk.templates import rules, service
from earful.model.desk import SendState
from earful.model.message import Network, Visibility
from earful.outbox import service as outbox
from earful.playground.networks.templates import PAGE
from earful.playground.networks.whatsapp import WhatsAppSimulator
from earful.store.audit import Who
from earful.store.tables import cases
from tests.conformance.networks.town import Town
from tests.desk.media.test_media import PICTURE


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
    assert len(listed) == len(simulator.templates) > PAGE  # on several pages

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


def test_a_template_reaches_a_customer_with_the_file_that_it_begins_with(town: Town) -> None:
    simulator, store = town.simulator, town.earful.store
    read(town)
    cleo = simulator.world.customer("cleo")
    said = simulator.world.say(cleo, "Where is my invoice?", private=True)
    town.arrived(simulator.native_id(said))
    town.ahead += 30 * 3_600_000
    row = town.message(simulator.native_id(said))
    who = Who(id=town.made.admin, name="Kim Doe")
    can = town.earful.receiver.connectors[town.channel_id].capabilities
    content = b"%PDF-1.7 an invoice"

    def send(*files: str) -> str:
        draft = store.read_now(
            lambda tx: service.draft(
                tx, town.channel_id, "7006", {"body.1": "Cleo"},
                in_reply_to=row["id"], audience=Visibility.DIRECT, delay=0, now=town.now(), files=files,
            )
        )  # fmt: skip
        store.write_now(lambda tx: outbox.queue(tx, town.earful.log, who, draft, can, town.now()))
        return draft.id

    with pytest.raises(outbox.RefusedReplyError, match="begins with a file; add it"):
        send()
    picture = town.put(who, row["case_id"], "lid.png", PICTURE, "")
    with pytest.raises(outbox.RefusedReplyError, match="PNG pictures are not taken here"):
        send(picture)
    reply_id = send(town.put(who, row["case_id"], "invoice.pdf", content, ""))
    town.send()
    town.settle()
    assert town.reply(reply_id)["state"] == SendState.DELIVERED
    (ours,) = [one for one in simulator.world.with_customer(cleo.id) if one.ours]
    assert ours.text == "Hello Cleo, here is your invoice."
    assert [(one.name, one.mime, one.content) for one in ours.files] == [
        ("invoice.pdf", "application/pdf", content)
    ]
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
    kept = town.earful.store.read_now(lambda tx: service.listed(tx, town.channel_id))
    assert len(kept) == len(town.simulator.templates)


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
