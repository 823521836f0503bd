"""How an answer must go out to every network, once and to nobody else, whatever the network does meanwhile."""

import pytest
from sqlalchemy import func, select

from earful.model.desk import SendState
from earful.outbox.rules import OUT
from earful.playground.networks.knobs import Fault
from earful.store.tables import deliveries, media
from tests.conformance.networks.saying import answered, befallen, ours, said_by_us, says
from tests.conformance.networks.town import Town
from tests.desk.media.test_media import PICTURE

pytestmark = pytest.mark.usefixtures("calm")


def test_a_mention_that_comes_as_an_id_is_fetched_and_answered(town: Town) -> None:
    if not town.simulator.mentions_by_id:
        pytest.skip("the network tells what was said with every mention")
    at = says(town, f"@{town.simulator.world.brand.handle} is this yours?")
    assert town.message(at)["text"].endswith("is this yours?")
    reply = town.answer(at, "It is, and we are proud of it.")
    town.send()
    assert town.reply(reply)["state"] in OUT
    assert said_by_us(town, "It is, and we are proud of it.") == 1


def test_a_reply_goes_out_once_and_its_echo_is_the_same_message(town: Town) -> None:
    answered(town)
    at = says(town, "My kettle leaks.")
    reply = town.answer(at, "That must not happen. A new one is on its way.")
    town.send()
    assert town.reply(reply)["state"] in OUT
    assert said_by_us(town, "A new one is on its way.") == 1
    says(town, "Somebody else, so that everything before has come back.")
    assert ours(town, "A new one is on its way.") == 1


def test_an_echo_before_the_answer_of_the_send_call_is_the_same_message(town: Town) -> None:
    answered(town)
    if not town.simulator.echoes:
        pytest.skip("the network does not tell us what we said")
    at = says(town, "The handle came off.")
    reply = town.answer(at, "Then we send you another handle.")
    with town.sending(), town.late_answer():
        town.until(lambda: said_by_us(town, "another handle") == 1)
        town.until(lambda: town.settle() or ours(town, "another handle") == 1)
        assert town.reply(reply)["state"] not in OUT
    assert town.reply(reply)["state"] in OUT
    says(town, "Somebody else, so that everything before has come back.")
    assert said_by_us(town, "another handle") == 1
    assert ours(town, "another handle") == 1


def test_a_file_goes_out_once_with_its_words_and_what_it_shows(town: Town) -> None:
    can = town.earful.receiver.connectors[town.channel_id].capabilities
    there = ((False, town.simulator.has_public), (True, town.simulator.has_private))
    ways = [
        (private, takes)
        for private, possible in there
        if possible and (takes := can.private_files if private else can.public_files) is not None
    ]
    if not ways:
        pytest.skip("the network takes no files from Earful")
    for number, (private, takes) in enumerate(ways):
        words, alt = f"The lid turns to the left, as shown {number}.", "A hand turns the lid to the left."
        content = PICTURE + bytes([number])
        at = says(town, "How do I open it?", private=private)
        reply = town.answer(at, words, files=[("lid.png", content, alt)])
        if number:
            town.simulator.knobs.next[Fault.LOST_ANSWER] = 1
        for _ in range(8):
            town.send(seconds=700)
        says(town, "So that every echo has come.")
        assert said_by_us(town, words) == 1
        shown = [
            file
            for one in town.simulator.world.said.values()
            for file in one.files
            if file.content == content
        ]
        known = town.simulator.can_look or town.simulator.tells_ours
        if number and not known:
            assert town.reply(reply)["state"] == SendState.UNKNOWN
            assert len(shown) <= 1
            continue
        assert [(file.mime, file.alt) for file in shown] == [("image/png", alt if takes.alt else "")]
        rows = town.rows(select(media).where(media.c.owner == town.made.admin, media.c.state == "kept"))
        said = next(row for row in town.kept() if row["id"] == rows[number]["message_id"])
        assert said["direction"] == "outbound"
        assert said["case_id"] == town.message(at)["case_id"]


def test_what_a_customer_answers_to_us_belongs_to_the_same_case(town: Town) -> None:
    if not town.simulator.customers_answer:
        pytest.skip("customers cannot answer there")
    at = says(town, "Does the small one fit?")
    reply = town.answer(at, "Which machine do you have?")
    town.send()
    assert town.reply(reply)["state"] in OUT
    world = town.simulator.world
    ours = next(one for one in world.said.values() if one.ours and "Which machine" in one.text)
    customer = next(one.by for one in world.said.values() if town.simulator.native_id(one) == at)
    said = world.say(customer, "The Brewline 200.", parent=ours.id)
    town.arrived(town.simulator.native_id(said))
    row = town.message(town.simulator.native_id(said))
    assert row["case_id"] == town.message(at)["case_id"]
    assert any(name in row["author"] for name in (customer.id, customer.handle, customer.name))


def test_a_limit_with_and_without_a_time_to_wait_delays_and_loses_nothing(town: Town) -> None:
    faults = befallen(town, Fault.LIMITED, Fault.LIMITED_BARE)
    for fault in faults:
        at = says(town, f"Is anybody there? {fault.value}")
        reply = town.answer(at, f"Yes, we are. {fault.value}")
        town.simulator.knobs.next[fault] = 1
        town.send()
        assert town.reply(reply)["state"] == SendState.QUEUED
        town.send(seconds=120)
        assert town.reply(reply)["state"] in OUT
        assert said_by_us(town, f"Yes, we are. {fault.value}") == 1


def test_a_fault_of_the_network_never_sends_twice(town: Town) -> None:
    befallen(town, Fault.BROKEN)
    at = says(town, "It is broken again.")
    reply = town.answer(at, "Please send us a picture of it.")
    town.simulator.knobs.next[Fault.BROKEN] = 1
    for _ in range(6):
        town.send(seconds=700)
    assert said_by_us(town, "Please send us a picture of it.") <= 1
    state = town.reply(reply)["state"]
    if town.simulator.can_look:
        assert state in OUT
        assert said_by_us(town, "Please send us a picture of it.") == 1
    else:
        assert state == SendState.UNKNOWN


def test_a_lost_answer_is_unknown_until_the_network_says_more(town: Town) -> None:
    befallen(town, Fault.LOST_ANSWER)
    at = says(town, "The second one is broken as well.")
    reply = town.answer(at, "We are sorry, and we will make it good.")
    town.simulator.knobs.next[Fault.LOST_ANSWER] = 1
    town.send()
    assert said_by_us(town, "We are sorry, and we will make it good.") == 1
    for _ in range(6):
        town.send(seconds=700)
    says(town, "So that every echo has come.")
    assert said_by_us(town, "We are sorry, and we will make it good.") == 1
    assert ours(town, "We are sorry, and we will make it good.") <= 1
    known = town.simulator.can_look or town.simulator.tells_ours
    expected = OUT if known else (SendState.UNKNOWN,)
    assert town.reply(reply)["state"] in expected


def test_a_revoked_token_keeps_the_reply_and_is_named(town: Town) -> None:
    answered(town)
    if not town.simulator.revokes:
        pytest.skip("there is no token")
    at = says(town, "Can I still return it?")
    reply = town.answer(at, "Of course you can, within thirty days.")
    town.simulator.knobs.revoked = True
    town.send()
    assert town.reply(reply)["state"] == SendState.QUEUED
    assert town.reply(reply)["error"]
    found = town.run(town.earful.receiver.connectors[town.channel_id].check())
    assert found, "a check must say that the token is not good"
    town.simulator.knobs.revoked = False
    for _ in range(3):
        town.send(seconds=4_000)
    assert town.reply(reply)["state"] in OUT
    assert said_by_us(town, "Of course you can, within thirty days.") == 1


def test_a_token_that_ended_is_made_anew_and_nobody_notices(town: Town) -> None:
    answered(town)
    if not town.simulator.renews:
        pytest.skip("its tokens do not end by themselves")
    at = says(town, "How long is the guarantee?")
    reply = town.answer(at, "Two years from the day you bought it.")
    town.send(seconds=3 * 3_600)
    assert town.reply(reply)["state"] in OUT
    assert not town.reply(reply)["error"]
    assert said_by_us(town, "Two years from the day you bought it.") == 1
    says(town, "And what was said since then arrives.")
    assert town.trouble() == ""


def test_a_missing_permission_fails_the_reply_with_the_reason(town: Town) -> None:
    answered(town)
    if not town.simulator.has_permissions:
        pytest.skip("an answer needs no permission of the network")
    at = says(town, "And who pays the postage?")
    reply = town.answer(at, "We do.")
    town.simulator.knobs.missing_permission = town.simulator.permission
    town.send()
    row = town.reply(reply)
    assert row["state"] == SendState.FAILED
    assert row["error"]
    assert said_by_us(town, "We do.") == 0
    if town.simulator.tells_permissions:
        found = town.run(town.earful.receiver.connectors[town.channel_id].check())
        assert any(town.simulator.permission in one for one in found)


def test_a_private_answer_never_goes_out_in_public(town: Town) -> None:
    if not (town.simulator.has_private and town.simulator.has_public):
        pytest.skip("the network has one audience only")
    at = says(town, "My order number is a secret.", private=True)
    town.answer(at, "We keep it to ourselves.")
    town.send()
    found = [one for one in town.simulator.world.said.values() if "We keep it to ourselves." in one.text]
    assert [one.private for one in found] == [True]


def test_nothing_is_left_over(town: Town) -> None:
    town.settle()
    waiting = town.rows(
        select(func.count().label("n")).select_from(deliveries).where(deliveries.c.state == "waiting")
    )
    assert waiting[0]["n"] == 0
    assert town.networks.pusher.refused == []
    assert town.simulator.violations == []
