"""Many rows at once through the driver, on both databases."""

import pytest

from earful.store import bulk
from earful.store.store import Store
from earful.store.tx import Tx

COLUMNS = ("id", "name", "created_at")


def people(*names: str) -> list[tuple[str, str, int]]:
    return [(f"p{at}", name, 1) for at, name in enumerate(names)]


def named(tx: Tx) -> dict[str, str]:
    return dict(bulk.tuples(tx, "SELECT id, name FROM people"))


def test_counts_only_what_was_absent(store: Store) -> None:
    first = store.write_now(lambda tx: bulk.insert_absent(tx, "people", COLUMNS, people("Ana"), ("id",)))
    again = store.write_now(lambda tx: bulk.insert_absent(tx, "people", COLUMNS, people("Bo", "Cy"), ("id",)))
    assert (first, again) == (1, 1)
    assert store.read_now(named) == {"p0": "Ana", "p1": "Cy"}


def test_an_upsert_replaces_everything_but_the_key(store: Store) -> None:
    store.write_now(lambda tx: bulk.upsert(tx, "people", COLUMNS, people("Ana"), ("id",)))
    store.write_now(lambda tx: bulk.upsert(tx, "people", COLUMNS, people("Bo", "Cy"), ("id",)))
    assert store.read_now(named) == {"p0": "Bo", "p1": "Cy"}


@pytest.mark.parametrize("count", [0, 1, bulk.CHUNK, bulk.CHUNK + 1])
def test_updates_by_key_in_any_number(store: Store, count: int) -> None:
    rows = people(*("old" for _ in range(bulk.CHUNK + 1)))
    store.write_now(lambda tx: bulk.insert(tx, "people", COLUMNS, rows))
    store.write_now(
        lambda tx: bulk.update(tx, "people", "id", ("name",), [(row[0], "new") for row in rows[:count]])
    )
    assert list(store.read_now(named).values()).count("new") == count


def test_a_list_is_one_parameter_whatever_its_words(store: Store) -> None:
    odd = ['quo"te', "per%cent", "que?stion", "back\\slash", "brace{}", "ünï"]
    rows = [(name, name, 1) for name in odd]
    store.write_now(lambda tx: bulk.insert(tx, "people", COLUMNS, rows))
    found = store.read_now(
        lambda tx: bulk.select(
            tx, "SELECT id FROM people WHERE created_at = ? AND id IN ??", [1, [*odd, "no"]]
        )
    )
    assert {row["id"] for row in found} == set(odd)
    assert store.read_now(lambda tx: bulk.select(tx, "SELECT id FROM people WHERE id IN ??", [[]])) == []
