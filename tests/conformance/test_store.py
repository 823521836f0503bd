"""What both stores promise. Every test runs on SQLite and on PostgreSQL."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, select

from earful.store import bulk
from earful.store.engine import connect
from earful.store.errors import StoreClosedError
from earful.store.migrate import head, migrate, version
from earful.store.store import Store
from earful.store.tables import case_tags, channels, metadata, people
from earful.store.tx import Tx


def person(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "created_at": 1}


def count(store: Store) -> int:
    return int(store.read_now(lambda tx: tx.value(select(func.count()).select_from(people))))


def test_a_write_is_there_when_its_call_returns(store: Store) -> None:
    store.write_now(lambda tx: tx.execute(insert(people).values(person("ana"))))
    assert count(store) == 1


def test_a_verb_that_fails_leaves_nothing_and_spares_its_neighbours(store: Store) -> None:
    def fails(tx: Tx) -> None:
        tx.execute(insert(people).values(person("half")))
        raise RuntimeError("no")

    verbs = [lambda tx, n=n: tx.execute(insert(people).values(person(f"p{n}"))) for n in range(20)]
    futures = [store.submit(verb) for verb in verbs[:10]]
    failed = store.submit(fails)
    futures += [store.submit(verb) for verb in verbs[10:]]
    for future in futures:
        future.result()
    with pytest.raises(RuntimeError):
        failed.result()
    assert count(store) == 20


def test_what_waits_for_the_commit_runs_after_it_and_only_then(store: Store) -> None:
    seen: list[int] = []

    def good(tx: Tx) -> None:
        tx.after_commit(lambda: seen.append(count(store)))
        tx.execute(insert(people).values(person("ana")))

    def bad(tx: Tx) -> None:
        tx.after_commit(lambda: seen.append(-1))
        raise RuntimeError("no")

    store.write_now(good)
    with pytest.raises(RuntimeError):
        store.write_now(bad)
    assert seen == [1]


def test_insert_if_absent_tells_which_rows_were_new(store: Store) -> None:
    columns = ("id", "name", "created_at")

    def twice(tx: Tx) -> tuple[list[str], list[str]]:
        rows = [(f"p{n}", "x", 1) for n in range(600)]
        first = bulk.insert(tx, "people", columns, rows[:400], conflict=("id",), returning="id")
        second = bulk.insert(tx, "people", columns, rows, conflict=("id",), returning="id")
        return [row[0] for row in first], [row[0] for row in second]

    first, second = store.write_now(twice)
    assert sorted(first) == sorted(f"p{n}" for n in range(400))
    assert sorted(second) == sorted(f"p{n}" for n in range(400, 600))


def test_the_same_key_from_many_writers_is_one_row(store: Store) -> None:
    won: list[int] = []

    def write(tx: Tx) -> int:
        columns = ("id", "name", "created_at")
        return len(bulk.insert(tx, "people", columns, [("ana", "x", 1)], conflict=("id",), returning="id"))

    threads = [threading.Thread(target=lambda: won.append(store.write_now(write))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 1
    assert count(store) == 1


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.write_now(lambda tx: tx.execute(insert(case_tags).values(case_id="nobody", tag="x")))


def test_a_closed_store_refuses_and_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreClosedError):
        store.write_now(lambda tx: tx.execute(insert(people).values(person("late"))))


def test_migrations_make_exactly_the_declared_tables(store_url: str) -> None:
    engine = connect(store_url)
    with engine.connect() as conn:
        assert version(conn) == head()
        context = MigrationContext.configure(
            conn,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_index")
            },
        )
        found = [
            change
            for change in compare_metadata(context, metadata)
            # What only PostgreSQL has is written by hand in the migration.
            if not (change[0] == "remove_index" and change[1].name == "ix_events_tx_seq")
        ]
    engine.dispose()
    assert found == []


def test_migrating_again_changes_nothing(store_url: str) -> None:
    migrate(store_url)
    store = Store(store_url)
    store.write_now(
        lambda tx: tx.execute(insert(channels).values(id="c", network="x", name="n", created_at=1))
    )
    store.close()
    migrate(store_url)
    again = Store(store_url)
    assert again.read_now(lambda tx: tx.value(select(func.count()).select_from(channels))) == 1
    again.close()
