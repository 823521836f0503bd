"""The SQL of views: their rows, members, counts, and what is due by the clock."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from earful.desk.views.rules import Place
from earful.store import bulk
from earful.store.tables import cases, view_checks, view_counts, views
from earful.store.tx import Row, Tx

COLUMNS = ("case_id", "list_id", "who", "except_id", "first", "second", "number")
_KEY = COLUMNS[:2]
NOBODY = "nobody"
"""No user's id: for whoever has none, nothing is left out."""
_STANDING = views.c.deleted_at.is_(None)


def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a view."""
    tx.execute(insert(views).values(row))


def change(tx: Tx, view_id: str, values: Mapping[str, Any]) -> None:
    """Change a view's row."""
    tx.execute(update(views).where(views.c.id == view_id).values(values))


def find(tx: Tx, view_id: str, *, hold: bool = False) -> Row | None:
    """A view, deleted ones included; locked with `hold`."""
    query = select(views).where(views.c.id == view_id)
    return tx.row(query.with_for_update() if hold else query)


def seen_by(tx: Tx, user_id: str) -> list[Row]:
    """Shared views, then a user's own, in order."""
    query = (
        select(views)
        .where(_STANDING, views.c.shared | (views.c.owner_id == user_id))
        .order_by(views.c.shared.desc(), views.c.position, views.c.id)
    )
    return tx.rows(query)


def standing(tx: Tx) -> list[Row]:
    """Every view that is not deleted."""
    return tx.rows(select(views).where(_STANDING))


def counts(tx: Tx, list_ids: Sequence[str], user_id: str) -> dict[str, int]:
    """list -> members for a user: everybody's but theirs to leave out, and their own."""
    if not list_ids:
        return {}
    sql = (
        "SELECT list_id, SUM(n) FROM view_counts\n"
        "WHERE list_id IN ?? AND who IN ('', ?) AND except_id <> ?\n"
        "GROUP BY list_id"
    )
    rows = bulk.tuples(tx, sql, [list(list_ids), user_id, user_id or NOBODY])
    return {list_id: int(n) for list_id, n in rows}


def members(tx: Tx, case_ids: list[str]) -> dict[tuple[str, str], Place]:
    """(case, list) -> where it stands now."""
    sql = f"SELECT {', '.join(COLUMNS)} FROM view_members WHERE case_id IN ??"
    rows = bulk.tuples(tx, sql, [case_ids]) if case_ids else []
    return {(case_id, list_id): Place(*place) for case_id, list_id, *place in rows}


def place(tx: Tx, rows: Mapping[tuple[str, str], Place]) -> None:
    """Insert members, or move them to where they stand now."""
    bulk.upsert(tx, "view_members", COLUMNS, [(*key, *where) for key, where in sorted(rows.items())], _KEY)


def leave(tx: Tx, keys: Iterable[tuple[str, str]]) -> None:
    """Take members out: (case, list)."""
    by_list: dict[str, list[str]] = {}
    for case_id, list_id in keys:
        by_list.setdefault(list_id, []).append(case_id)
    for list_id, ids in sorted(by_list.items()):
        bulk.run(tx, "DELETE FROM view_members WHERE case_id IN ?? AND list_id = ?", [ids, list_id])


def count(tx: Tx, change: Counter[tuple[str, str, str]]) -> None:
    """Add to the counts of (list, who, except)."""
    sql = (
        "INSERT INTO view_counts (list_id, who, except_id, n) VALUES (?, ?, ?, ?)\n"
        "ON CONFLICT (list_id, who, except_id) DO UPDATE SET n = view_counts.n + excluded.n"
    )
    for key, n in sorted(change.items()):
        if n:
            bulk.run(tx, sql, [*key, n])


def set_checks(
    tx: Tx, case_ids: list[str], list_ids: list[str], rows: Sequence[tuple[str, str, int]]
) -> None:
    """Replace when these cases are looked at again in these lists: (case, list, at)."""
    if not case_ids or not list_ids:
        return
    bulk.run(tx, "DELETE FROM view_checks WHERE case_id IN ?? AND list_id IN ??", [case_ids, list_ids])
    bulk.insert(tx, "view_checks", ("case_id", "list_id", "at"), rows, conflict=_KEY)


def due(tx: Tx, now: int, limit: int) -> list[str]:
    """Cases that the clock may have moved in or out of a view, the longest due first."""
    query = (
        select(view_checks.c.case_id).where(view_checks.c.at <= now).order_by(view_checks.c.at).limit(limit)
    )
    return list(dict.fromkeys(row["case_id"] for row in tx.rows(query)))


def newest_number(tx: Tx) -> int:
    """The highest number of a case."""
    return int(tx.value(select(func.max(cases.c.number))) or 0)


def between(tx: Tx, after: int, last: int, where: ColumnElement[bool], limit: int) -> list[tuple[int, str]]:
    """(number, id) of the next cases after a number and up to another for which an expression holds."""
    query = (
        select(cases.c.number, cases.c.id)
        .where(cases.c.number > after, cases.c.number <= last, where)
        .order_by(cases.c.number)
        .limit(limit)
    )
    return [(row["number"], row["id"]) for row in tx.rows(query)]


def of_same_people(tx: Tx, case_ids: list[str], limit: int) -> list[str]:
    """The cases of the people of these cases."""
    sql = (
        "SELECT id FROM cases WHERE person_id IN (SELECT person_id FROM cases AS these WHERE these.id IN ??)\n"
        "LIMIT ?"
    )
    return [case_id for (case_id,) in bulk.tuples(tx, sql, [case_ids, limit])]


def clear(tx: Tx, list_id: str, limit: int) -> bool:
    """Forget some members of a list that no view has any more; False when nothing is left."""
    sql = (
        "DELETE FROM view_members WHERE list_id = ? AND case_id IN (\n"
        "  SELECT case_id FROM view_members WHERE list_id = ? LIMIT ?\n)"
    )
    if bulk.run(tx, sql, [list_id, list_id, limit]) == limit:
        return True
    tx.execute(delete(view_counts).where(view_counts.c.list_id == list_id))
    tx.execute(delete(view_checks).where(view_checks.c.list_id == list_id))
    return False
