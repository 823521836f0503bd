"""Finding the next case goes by an index and reads only what it returns, on both databases."""

from pathlib import Path

import pytest

from earful.bench import plans
from earful.bench.filling import fill
from earful.bench.server import furnish
from earful.config import Settings
from earful.desk.routing import store as queries
from earful.log.runner import system_clock
from earful.store.store import Store
from earful.store.tables.desk import WAITING

NEXT = {
    queries._BY_DUE: ("", 10),
    queries._BY_WINDOW: ("", 5, 10),
    queries._MOST: ("", 101),
    queries._OF_PRIORITY[0]: ("", 50, 10),
    queries._OF_PRIORITY[1]: ("", 50, 10),
    queries._ROUTED: ("north", 200),
    queries._OWN: ("kim", 200),
}


@pytest.fixture
def filled(store_url: str, tmp_path: Path) -> Store:
    """A desk whose cases are as skewed as real ones."""
    keys = furnish(Settings(data=str(tmp_path / "desk"), database=store_url))
    store = Store(store_url)
    fill(store, keys, 3_000, system_clock())
    return store


def test_the_next_case_is_found_without_a_scan(filled: Store) -> None:
    mark = "%s" if filled.engine.dialect.name == "postgresql" else "?"
    try:
        faults = {
            sql: found
            for sql, values in NEXT.items()
            if (found := plans.explain(filled, sql.replace("?", mark), values, small=True))
        }
        if mark == "?":
            for sql in (queries._BY_DUE, *queries._OF_PRIORITY, queries._MOST):
                steps = filled.read_now(
                    lambda tx, sql=sql: [
                        row[-1] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", NEXT[sql])
                    ]
                )
                assert all("ix_cases_queue" in one for one in steps), (sql, steps)
        count = filled.read_now(lambda tx: queries.most_pressing(tx, "", 10))
        waiting = filled.read_now(
            lambda tx: tx.conn.exec_driver_sql(
                f"SELECT priority FROM cases WHERE {WAITING} ORDER BY priority DESC LIMIT 10"
            ).fetchall()
        )
    finally:
        filled.close()
    assert faults == {}
    assert [one["priority"] for one in count] == [one[0] for one in waiting]
