"""Accounts become one person and persons again: whatever was done and undone, what stands follows from the ties."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from earful.desk.cases import merging
from earful.desk.people import linking
from earful.desk.people.linking import Proof
from earful.desk.people.rules import Origin
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tables import authors, case_counts, cases, events, people, person_links, person_ties
from earful.store.tx import Tx
from earful.triage.consumer import TriageConsumer
from earful.triage.subject import Brand
from tests.conftest import Desk, fresh_sqlite, write
from tests.desk.people.standing import everything

WHO = Who(id=Desk.user, name="Kim Doe")
BY_HAND = Proof(Origin.HAND, reason="She said so on the phone")
TRIAGE = TriageConsumer(lambda _tx: Brand())
"""Reading its phrasebooks takes longer than a whole example."""
NAMES = ("ana", "bea", "cleo", "dora", "edda")


def hear(desk: Desk, by: str, number: int = 0, **more: Any) -> None:
    # Whoever was known first is kept, so no two come in one instant.
    desk.now += 1  # type: ignore[assignment]
    desk.receive(write(f"{by}-{number}", f"My kettle number {number} leaks", minute=number, by=by, **more))
    desk.settle()


def persons(tx: Tx) -> dict[str, str]:
    """Who wrote -> the person that they now are."""
    query = select(authors.c.native_id, person_links.c.person_id).join(
        person_links, person_links.c.author_id == authors.c.id
    )
    rows = tx.rows(query.where(person_links.c.unlinked_at.is_(None)))
    return {row["native_id"]: row["person_id"] for row in rows}


def owners(tx: Tx) -> dict[int, tuple[str, str]]:
    """Number of a case -> (who wrote first in it, whose it is)."""
    query = select(cases.c.number, cases.c.person_id, authors.c.native_id).join(
        authors, authors.c.id == cases.c.author_id
    )
    return {row["number"]: (row["native_id"], row["person_id"]) for row in tx.rows(query)}


def tie(desk: Desk, one: str, other: str, proof: Proof = BY_HAND) -> str:
    known = desk.store.read_now(persons)
    return desk.store.write_now(
        lambda tx: linking.tie(tx, desk.log, WHO, proof, known[one], known[other], desk.now)
    )


def take_back(desk: Desk, tie_id: str) -> None:
    desk.store.write_now(lambda tx: linking.take_back(tx, desk.log, WHO, tie_id, desk.now))


@pytest.fixture
def two(desk: Desk) -> Desk:
    hear(desk, "ana")
    hear(desk, "bea", 1)
    return desk


def test_two_accounts_become_the_one_that_was_known_first(two: Desk) -> None:
    before = two.store.read_now(persons)
    tie(two, "bea", "ana")
    after = two.store.read_now(persons)
    assert after == {"ana": before["ana"], "bea": before["ana"]}
    held = two.store.read_now(lambda tx: tx.rows(select(cases.c.person_id, cases.c.person_name)))
    assert {(row["person_id"], row["person_name"]) for row in held} == {(before["ana"], "Ana")}
    links = two.store.read_now(lambda tx: tx.rows(select(person_links)))
    assert (len(links), sum(row["unlinked_at"] is not None for row in links)) == (3, 1)


def test_taking_a_link_back_leaves_nothing_of_it_but_its_history(two: Desk) -> None:
    tie_id = tie(two, "ana", "bea")
    hear(two, "bea", 2, parent_id="bea-1")
    hear(two, "bea", 3)
    take_back(two, tie_id)
    two.settle()
    owned = two.store.read_now(owners)
    mine = two.store.read_now(persons)
    assert {(who, person == mine[who]) for who, person in owned.values()} == {("ana", True), ("bea", True)}
    assert len(owned) == 3
    row = two.store.read_now(lambda tx: tx.row(select(person_ties)))
    assert row is not None
    assert (row["undone_by"], row["reason"]) == (Desk.user, BY_HAND.reason)
    kinds = two.store.read_now(
        lambda tx: [one["type"] for one in tx.rows(select(events.c.type).order_by(events.c.seq))]
    )
    assert [one for one in kinds if one.startswith("person.")] == ["person.linked", "person.unlinked"]


def test_what_makes_no_sense_is_refused(two: Desk) -> None:
    with pytest.raises(linking.RefusedError, match="Say why"):
        tie(two, "ana", "bea", Proof(Origin.HAND))
    tie_id = tie(two, "ana", "bea")
    with pytest.raises(linking.RefusedError, match="already"):
        tie(two, "bea", "ana")
    take_back(two, tie_id)
    with pytest.raises(linking.RefusedError, match="already"):
        take_back(two, tie_id)
    with pytest.raises(linking.NotFoundError):
        take_back(two, "no-such-link")


def test_an_account_leaves_and_comes_back_with_all_its_links(two: Desk) -> None:
    hear(two, "cleo", 2)
    tie(two, "ana", "bea")
    tie(two, "bea", "cleo")
    bea = two.store.read_now(lambda tx: tx.value(select(authors.c.id).where(authors.c.native_id == "bea")))
    ties = two.store.write_now(lambda tx: linking.unlink(tx, two.log, WHO, bea, two.now))
    assert len(set(two.store.read_now(persons).values())) == 2 + (len(ties) == 2)
    two.store.write_now(lambda tx: linking.again(tx, two.log, WHO, ties, two.now))
    assert len(set(two.store.read_now(persons).values())) == 1


def test_a_merge_of_two_persons_cases_ends_with_the_link(two: Desk) -> None:
    before = two.store.read_now(everything)
    numbers = two.store.read_now(
        lambda tx: [row["id"] for row in tx.rows(select(cases).order_by(cases.c.number))]
    )
    with pytest.raises(merging.RefusedError, match="Link the two"):
        merge(two, *numbers)
    tie_id = tie(two, "ana", "bea")
    merge(two, *numbers)
    assert two.store.read_now(lambda tx: tx.value(select(func.count()).select_from(cases))) == 1
    take_back(two, tie_id)
    two.settle()
    assert two.store.read_now(everything) == before


def merge(desk: Desk, kept: str, other: str) -> str:
    return desk.store.write_now(
        lambda tx: merging.merge(tx, desk.log, WHO, kept, other, "the same", None, desk.now)
    )


steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("tie"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("undo"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("leave"), st.sampled_from(NAMES), st.just(0)),
    ),
    max_size=14,
)


@settings(
    max_examples=12,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_what_stands_is_what_the_standing_links_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]]
) -> None:
    """Random links, undone in any order, with messages in between, against a replay of those that stand."""
    desk = Desk(Store(fresh_sqlite(tmp_path_factory.mktemp("desk"))))
    desk.consumers[0] = TRIAGE
    try:
        ties: list[tuple[str, str, str]] = []
        for at, name in enumerate(NAMES):
            hear(desk, name, at)
        own = desk.store.read_now(persons)
        named = {person: name for name, person in own.items()}
        for at, (what, one, other) in enumerate(steps, 10):
            desk.now += 1  # type: ignore[assignment]
            if what == "say":
                desk.receive(write(f"more-{at}", "And another thing", minute=at, by=one))
                if other:
                    desk.settle()
            elif what == "tie":
                try:
                    # A link by hand is with a person: with the account that they go by.
                    ends = [
                        named[person_of[name]]
                        for person_of in [desk.store.read_now(persons)]
                        for name in (one, other)
                    ]
                    ties.append((tie(desk, one, other), *ends))
                except linking.RefusedError:
                    assert desk.store.read_now(persons)[one] == desk.store.read_now(persons)[other]
            elif what == "undo" and ties:
                gone = ties.pop(one % len(ties))
                take_back(desk, gone[0])
            elif what == "leave":
                ties = leave(desk, one, ties)
            assert_stands(desk, own, ties)
        desk.settle()
        assert_stands(desk, own, ties)
        counted = desk.store.read_now(lambda tx: tx.value(select(func.sum(case_counts.c.n))))
        assert counted == len(desk.store.read_now(owners))
        assert desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(people))) == len(
            NAMES
        )
    finally:
        desk.store.close()


def leave(desk: Desk, name: str, ties: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    author = desk.store.read_now(lambda tx: tx.value(select(authors.c.id).where(authors.c.native_id == name)))
    try:
        gone = desk.store.write_now(lambda tx: linking.unlink(tx, desk.log, WHO, author, desk.now))
    except linking.RefusedError:
        return ties
    return [one for one in ties if one[0] not in gone]


def assert_stands(desk: Desk, own: dict[str, str], ties: list[tuple[str, str, str]]) -> None:
    """The reference knows only names and the links that stand: it joins them from nothing."""
    expected = dict(own)
    for name in NAMES:
        group = {name}
        for _ in NAMES:
            group |= {end for _, a, b in ties if a in group or b in group for end in (a, b)}
        expected[name] = own[min(group, key=NAMES.index)]
    now_is = desk.store.read_now(persons)
    assert now_is == expected
    for who, person in desk.store.read_now(owners).values():
        assert person == expected[who]
