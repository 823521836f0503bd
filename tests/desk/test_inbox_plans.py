"""Every query of an inbox page goes by an index on both stores: no scan of cases, no count of them."""

from pathlib import Path

import pytest

from earful.bench import plans
from earful.bench.filling import fill
from earful.bench.inbox import PAGES, query_of
from earful.bench.server import Keys, furnish
from earful.config import Settings
from earful.desk.inbox.pages import filter_of
from earful.log.runner import system_clock
from earful.store.store import Store

ROWS = 3_000


@pytest.fixture
def filled(store_url: str, tmp_path: Path) -> tuple[Store, Keys]:
    """A desk whose cases are as skewed as real ones."""
    keys = furnish(Settings(data=str(tmp_path / "desk"), database=store_url))
    store = Store(store_url)
    fill(store, keys, ROWS, system_clock())
    return store, keys


def test_no_page_scans_or_counts_cases(filled: tuple[Store, Keys]) -> None:
    store, keys = filled
    try:
        found = {
            address: plans.faults(
                store, [(filter_of(query), query.get("after", ""))], keys.user_id, small=True
            )
            for address in PAGES
            for query in [query_of(address)]
        }
    finally:
        store.close()
    assert {address: faults for address, faults in found.items() if faults} == {}


@pytest.mark.parametrize("sql", ["SELECT * FROM cases WHERE preview = 'x'", "SELECT count(*) FROM cases"])
def test_a_scan_and_a_count_are_seen(filled: tuple[Store, Keys], sql: str) -> None:
    store, _ = filled
    try:
        assert plans.explain(store, sql, (), small=True)
    finally:
        store.close()
