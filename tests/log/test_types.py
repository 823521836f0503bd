"""A consumer is given only the events of its types, and its place passes over the others."""

from earful.log.contract import NewEvent
from earful.log.embedded import EmbeddedLog
from earful.store.store import Store

MINE = frozenset({"mine"})
log = EmbeddedLog()


def append(store: Store, *types: str) -> None:
    events = [
        NewEvent(type=type_, subject=f"s{at}", at=1, case_id=f"c{at}") for at, type_ in enumerate(types)
    ]
    store.write_now(lambda tx: log.append(tx, events))


def take(store: Store, limit: int = 10) -> list[str] | None:
    batch = store.read_now(lambda tx: log.read(tx, "me", limit, MINE))
    if batch is None:
        return None
    store.write_now(lambda tx: log.done(tx, batch, 1))
    return [event.subject for event in batch.events]


def test_others_are_passed_over(store: Store) -> None:
    append(store, "mine", "other", "mine", "other")
    assert take(store) == ["s0", "s2"]
    assert take(store) is None


def test_a_limit_counts_only_its_own(store: Store) -> None:
    append(store, "other", "mine", "other", "mine", "mine", "other")
    assert take(store, 2) == ["s1", "s3"]
    assert take(store, 2) == ["s4"]
    assert take(store, 2) is None


def test_a_stretch_without_its_own_is_taken_as_one(store: Store) -> None:
    append(store, "other", "other")
    assert take(store) == []
    assert take(store) is None


def test_pages_are_told_of_cases_and_of_the_place_reached(store: Store) -> None:
    append(store, "mine", "other", "mine")
    start = store.read_now(lambda tx: log.position(tx, "nobody"))
    place, told = store.read_now(lambda tx: log.told_after(tx, start, 2))
    assert [one.case_id for one in told] == ["c0", "c1"]
    place, told = store.read_now(lambda tx: log.told_after(tx, place, 2))
    assert [one.case_id for one in told] == ["c2"]
    assert place == store.read_now(log.end)
