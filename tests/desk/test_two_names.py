"""An account that a network names in two ways is one person, whichever name comes alone, in any order."""

from itertools import permutations

import pytest
from sqlalchemy import select

from earful.desk.people import linking
from earful.desk.people import service as people
from earful.log.embedded import EmbeddedLog
from earful.model.message import Actor
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.store import Store
from earful.store.tables import person_ties

NOW = Instant(1_800_000_000_000)
PHONE, USER = "4915", "DE.77"
_times = (Instant(NOW + second) for second in range(0, 1_000_000, 1_000))


def seen(*names: str, at: int = 0) -> people.Sighting:
    """WhatsApp tells one of its names, or both."""
    native_id = USER if USER in names else PHONE
    alt = {kind: name for kind, name in (("wa_id", PHONE), ("user_id", USER)) if name in names}
    actor = Actor(native_id=native_id, name="Ana", alt_ids=alt)
    return people.Sighting(key=("whatsapp", "", native_id), actor=actor, at=NOW + at)


def person_of(store: Store, *sightings: people.Sighting) -> set[str]:
    met = store.write_now(lambda tx: people.meet(tx, EmbeddedLog(), sightings, next(_times)))
    return {one.person_id for one in met.values()}


def test_both_names_are_one_person_afterwards(store: Store) -> None:
    both = person_of(store, seen(PHONE, USER))
    assert person_of(store, seen(PHONE)) == both
    assert person_of(store, seen(USER)) == both
    assert len(both) == 1


def test_whoever_was_known_by_the_number_stays_who_they_are(store: Store) -> None:
    known = person_of(store, seen(PHONE))
    assert person_of(store, seen(PHONE, USER)) == known
    assert person_of(store, seen(USER)) == known


def test_who_was_two_people_becomes_one(store: Store) -> None:
    one, other = person_of(store, seen(PHONE)), person_of(store, seen(USER))
    assert one != other
    both = person_of(store, seen(PHONE, USER))
    assert person_of(store, seen(PHONE)) == person_of(store, seen(USER)) == both
    assert both < one | other


def test_a_link_that_a_colleague_took_back_is_not_made_again(store: Store) -> None:
    person_of(store, seen(PHONE, USER))
    tie_id = store.read_now(lambda tx: tx.rows(select(person_ties)))[0]["id"]
    store.write_now(lambda tx: linking.take_back(tx, EmbeddedLog(), EARFUL, tie_id, NOW))
    person_of(store, seen(PHONE, USER))
    assert person_of(store, seen(PHONE)) != person_of(store, seen(USER))


@pytest.mark.parametrize("order", list(permutations([(PHONE,), (USER,), (PHONE, USER)])))
def test_in_one_batch_the_order_does_not_matter(
    sqlite_store: Store, order: tuple[tuple[str, ...], ...]
) -> None:
    person_of(sqlite_store, *(seen(*names, at=at) for at, names in enumerate(order)))
    assert len(person_of(sqlite_store, seen(PHONE, at=10), seen(USER, at=10))) == 1


def test_other_names_join_nobody(sqlite_store: Store) -> None:
    def mail(native_id: str) -> people.Sighting:
        actor = Actor(native_id=native_id, alt_ids={"email": "team@example.test"})
        return people.Sighting(key=("email", "", native_id), actor=actor, at=NOW)

    assert len(person_of(sqlite_store, mail("a"), mail("b"))) == 2
