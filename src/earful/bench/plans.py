"""How the database runs the queries of an inbox page: none may scan or count the cases."""

import threading
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import event

from earful.desk.channels import service as channels
from earful.desk.inbox import service as inbox
from earful.model.desk import InboxFilter
from earful.store.store import Store
from earful.store.tx import Tx

BIG = frozenset({"cases", "messages", "conversations", "people", "events"})
"""Tables that grow with the desk."""

Statement = tuple[str, Any]


def page_queries(store: Store, wanted: InboxFilter, user_id: str, after: str = "") -> list[Statement]:
    """The statements that one page of the inbox runs, with their parameters, as the driver gets them."""
    found: list[Statement] = []
    mine = 0

    def note(_conn: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        # Others use the same engine meanwhile: an open page looks for news.
        if threading.get_ident() == mine:
            found.append((sql, parameters))

    def look(tx: Tx) -> None:
        nonlocal mine
        mine = threading.get_ident()
        inbox.counts(tx, wanted, user_id)
        inbox.page(tx, wanted, user_id, after)
        inbox.tags(tx)
        channels.listed(tx)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        store.read_now(look)
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return found


def faults(
    store: Store, pages: Iterable[tuple[InboxFilter, str]], user_id: str, *, small: bool = False
) -> list[str]:
    """What is wrong with the plans of all these pages, each fault once.

    In a `small` database PostgreSQL is right to scan; there it is asked whether it could do without.
    """
    found: dict[str, None] = {}
    for wanted, after in pages:
        for sql, parameters in page_queries(store, wanted, user_id, after):
            for fault in explain(store, sql, parameters, small=small):
                found[fault] = None
    return list(found)


def explain(store: Store, sql: str, parameters: Any, *, small: bool = False) -> list[str]:
    """Faults of one statement's plan."""
    if "count(" in sql.lower() and " cases" in sql.lower():
        return [f"counts cases: {sql[:80]}"]

    def read(tx: Tx) -> list[str]:
        if tx.is_postgresql:
            if small:
                tx.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = tx.conn.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters).scalar()
            plan = rows if isinstance(rows, list) else msgspec.json.decode(str(rows))
            return _postgresql(plan[0]["Plan"])
        steps = [row[-1] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return _sqlite(steps)

    return store.read_now(read)


def _sqlite(steps: list[str]) -> list[str]:
    """A scan is right only along an index whose order is wanted: then the limit ends it."""
    sorts = any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
    return [
        step
        for step in steps
        if step.startswith("SCAN ") and step.split()[1] in BIG and (" USING " not in step or sorts)
    ]


def _postgresql(plan: dict[str, Any]) -> list[str]:
    found = []
    if plan["Node Type"].endswith("Seq Scan") and plan.get("Relation Name") in BIG:
        found.append(f"Seq Scan on {plan['Relation Name']}")
    for child in plan.get("Plans", []):
        found += _postgresql(child)
    return found
