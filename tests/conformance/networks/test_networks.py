"""What every network's channel must do, on a simulated network that does what real ones do at their worst.

The simulators are ours, for there are none of these networks to install; they speak the networks' published formats.
`docs/reference/conformance.md` has the table of what ran for which network.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import func, select

from earful.model.desk import SendState
from earful.model.message import Network, Visibility
from earful.outbox.rules import OUT
from earful.playground.networks.app import SIMULATORS
from earful.playground.networks.knobs import Fault
from earful.playground.networks.world import Said
from earful.store.tables import deliveries, media, oddities
from tests.conformance.networks.mail import MailSimulator
from tests.conformance.networks.town import AUTOMATIC, Town
from tests.conformance.networks.visitors import Visitors
from tests.desk.media.test_media import PICTURE

_customers = (f"customer{number}" for number in range(1, 1_000))


PAST = "This was said long before anybody listened."
NETWORKS = [network for network, simulator in SIMULATORS.items() if simulator.speaks]
NETWORKS += [Network.CHAT, Network.EMAIL]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: network.value)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One desk and one network for the tests of it."""
    network = request.param
    own: Callable[[Town], Visitors | MailSimulator] | None = None
    if network is Network.EMAIL:
        own = partial(MailSimulator, servers=request.getfixturevalue("mail_servers"))
    elif network is Network.CHAT:
        own = Visitors
    town = Town(tmp_path_factory.mktemp(network.value), network, own=own, past=PAST)
    yield town
    town.close()


@pytest.fixture(autouse=True)
def calm(town: Town) -> Iterator[None]:
    """No knob stays turned from one test to the next."""
    yield
    knobs = town.simulator.knobs
    knobs.next.clear()
    knobs.share.clear()
    knobs.revoked, knobs.missing_permission = False, ""


def says(town: Town, text: str, *, private: bool | None = None) -> str:
    """A new customer says something where the network has room for it; returns its native id, kept by the desk."""
    one = town.simulator.world.customer(next(_customers))
    private = not town.simulator.has_public if private is None else private
    said = town.simulator.world.say(one, text, private=private)
    native_id = town.simulator.native_id(said)
    town.arrived(native_id)
    return native_id


def seen(town: Town, said: Said) -> None:
    """What is asked for must be there long enough to be seen: nothing tells of what came and went in between."""
    if not town.simulator.pushes:
        town.arrived(town.simulator.native_id(said))


def answered(town: Town) -> None:
    """What follows is about answers."""
    if not town.simulator.answers:
        pytest.skip("nobody can answer there")


def befallen(town: Town, *faults: Fault) -> list[Fault]:
    """Those of the faults that the network has."""
    answered(town)
    found = [fault for fault in faults if fault in town.simulator.faults]
    if not found:
        pytest.skip("the network has no such faults")
    return found


def said_by_us(town: Town, text: str) -> int:
    """How often the network has a text of ours."""
    return sum(one.ours and text in one.text for one in town.simulator.world.said.values())


def ours(town: Town, text: str) -> int:
    """How often the desk has it."""
    return sum(row["direction"] == "outbound" and text in row["text"] for row in town.kept())


def test_what_customers_say_arrives_with_its_audience_and_its_author(town: Town) -> None:
    ways = [
        private
        for private, there in ((False, town.simulator.has_public), (True, town.simulator.has_private))
        if there
    ]
    for private in ways:
        one = town.simulator.world.customer(next(_customers))
        said = town.simulator.world.say(one, "Where is my grinder? It was due on Monday.", private=private)
        town.arrived(town.simulator.native_id(said))
        row = town.message(town.simulator.native_id(said))
        assert row["text"] == "Where is my grinder? It was due on Monday."
        assert row["direction"] == "inbound"
        assert (row["visibility"] in (Visibility.DIRECT, Visibility.GROUP)) is private
        assert row["case_id"] is not None
        if private and not town.simulator.names_private:
            assert f'"{town.simulator.author_id(one)}"' in row["author"]
        else:
            assert one.name.split()[0] in row["author"] or one.handle in row["author"]
        assert abs(row["occurred_at"] - said.at) < 1_000


def test_a_message_that_comes_twice_is_one(town: Town) -> None:
    town.simulator.knobs.next[Fault.DUPLICATE] = 3
    first = says(town, "Twice, I say: the lid is cracked.")
    town.settle()
    assert town.message(first)["text"].startswith("Twice")


def test_any_order_with_doubles_ends_in_the_same_state(town: Town) -> None:
    world, knobs = town.simulator.world, town.simulator.knobs
    knobs.share = {Fault.DUPLICATE: 0.3, Fault.REORDER: 0.4}
    one = world.customer(next(_customers))
    said = []
    for number in range(12):
        said.append(world.say(one, f"Part {number} of a long story.", private=not town.simulator.has_public))
        edits = town.simulator.has_edits and number % 3 == 0
        deletes = town.simulator.has_deletes and number % 4 == 3
        if edits or deletes:
            seen(town, said[-1])
        if edits:
            world.edit(said[-1].id, f"Part {number}, put right.")
        if deletes:
            world.delete(said[-1].id)
    knobs.share = {}
    world.say(one, "The end.", private=not town.simulator.has_public)
    town.arrived(*(town.simulator.native_id(each) for each in said))

    def same() -> bool:
        town.settle()
        rows = {row["native_id"]: row for row in town.kept()}
        return all(
            rows[town.simulator.native_id(each)]["text"] == each.text
            and (rows[town.simulator.native_id(each)]["deleted_at"] is not None) is each.deleted
            for each in said
        )

    town.until(same)


def test_an_edit_that_comes_first_ends_as_the_edit(town: Town) -> None:
    if not town.simulator.has_edits:
        pytest.skip("the network has no edits that it tells of")
    world = town.simulator.world
    town.simulator.knobs.next[Fault.REORDER] = 1
    one = world.customer(next(_customers))
    said = world.say(one, "The first wording", private=not town.simulator.has_public)
    seen(town, said)
    world.edit(said.id, "The second wording")
    town.arrived(town.simulator.native_id(said))
    town.until(
        lambda: town.settle() or town.message(town.simulator.native_id(said))["text"] == "The second wording"
    )


def test_a_delete_that_comes_first_leaves_a_tombstone(town: Town) -> None:
    if not town.simulator.has_deletes:
        pytest.skip("the network tells of no deletes")
    world = town.simulator.world
    town.simulator.knobs.next[Fault.REORDER] = 1
    one = world.customer(next(_customers))
    said = world.say(one, "I take this back", private=not town.simulator.has_public)
    seen(town, said)
    world.delete(said.id)
    world.say(one, "Something else", private=not town.simulator.has_public)
    native_id = town.simulator.native_id(said)

    def is_gone() -> bool:
        town.settle()
        rows = [row for row in town.kept() if row["native_id"] == native_id]
        return all(row["text"] == "" and row["deleted_at"] is not None for row in rows)

    town.until(is_gone)


def test_an_unknown_kind_is_kept_raw_counted_and_costs_nobody_else(town: Town) -> None:
    if not (town.simulator.pushes and town.simulator.keeps_unknown):
        pytest.skip("the network pushes nothing, or only what its own client makes")
    town.simulator.knobs.next[Fault.UNREADABLE] = 1
    says(town, "Said right after something that nobody can read.")
    odd = town.rows(select(oddities).where(oddities.c.channel_id == town.channel_id))
    unread = town.rows(select(deliveries).where(deliveries.c.state == "unread"))
    assert odd
    assert odd[0]["count"] >= 1
    assert unread
    assert all(row["body"] and row["why"] for row in unread)


def test_something_that_is_no_words_is_kept_as_unsupported(town: Town) -> None:
    if not town.simulator.unknown_kind:
        pytest.skip("the network has words only")
    world = town.simulator.world
    one = world.customer(next(_customers))
    said = world.say(one, "", private=not town.simulator.has_public, kind=town.simulator.unknown_kind)
    town.arrived(town.simulator.native_id(said))
    assert town.message(town.simulator.native_id(said))["kind"] == "unsupported"


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


def test_scripts_and_controls_in_every_text_stay_text(town: Town) -> None:
    nasty = '<script>alert(1)</script><img src=x onerror=alert(2)> \u202e &amp; "quotes"'
    at = says(town, nasty)
    row = town.message(at)
    assert "<script" not in row["html"].lower()
    assert "onerror" not in row["html"].lower()
    assert "alert(1)" in row["text"]


def test_history_that_is_brought_in_sets_off_no_automation(town: Town) -> None:
    if town.past is None:
        pytest.skip("nothing is said there before somebody listens")
    native_id = town.simulator.native_id(town.past)
    if town.earful.receiver.connectors[town.channel_id].capabilities.history:
        town.fetch_history()
    elif town.simulator.pushes:
        pytest.skip("what was said before cannot be had")
    town.arrived(native_id)
    assert town.message(native_id)["backfill"]
    assert town.tags(native_id) == []
    assert town.tags(says(town, "This one is new.")) == [AUTOMATIC]


def test_nothing_is_left_over(town: Town) -> None:
    town.settle()
    waiting = town.rows(
        select(func.count().label("n")).select_from(deliveries).where(deliveries.c.state == "waiting")
    )
    assert waiting[0]["n"] == 0
    assert town.networks.pusher.refused == []
    assert town.simulator.violations == []
