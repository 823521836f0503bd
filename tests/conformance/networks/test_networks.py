"""How what customers say must arrive from every network, on a simulated network that does what real ones do at their
worst. `test_replies` has how we answer.

The simulators are ours, for there are none of these networks to install; they speak the networks' published formats.
`docs/reference/conformance.md` has the table of what ran for which network.
"""

import pytest
from sqlalchemy import select

from earful.model.message import Visibility
from earful.playground.networks.knobs import Fault
from earful.store.tables import deliveries, oddities
from tests.conformance.networks.saying import customers, says, seen
from tests.conformance.networks.town import AUTOMATIC, Town

pytestmark = pytest.mark.usefixtures("calm")


def test_what_customers_say_arrives_with_its_audience_and_its_author(town: Town) -> None:
    ways = [
        private
        for private, there in ((False, town.simulator.has_public), (True, town.simulator.has_private))
        if there
    ]
    for private in ways:
        one = town.simulator.world.customer(next(customers))
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
    one = world.customer(next(customers))
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
    one = world.customer(next(customers))
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
    one = world.customer(next(customers))
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
    one = world.customer(next(customers))
    said = world.say(one, "", private=not town.simulator.has_public, kind=town.simulator.unknown_kind)
    town.arrived(town.simulator.native_id(said))
    assert town.message(town.simulator.native_id(said))["kind"] == "unsupported"


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
