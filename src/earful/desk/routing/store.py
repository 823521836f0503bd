"""The SQL of routing: what waits, who may take it, and how queues stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store import bulk
from earful.store.tables import agents, queue_states
from earful.store.tables.desk import WAITING, WINDOWED
from earful.store.tx import Row, Tx

_COLUMNS = (
    "SELECT id, number, person_id, queue, route_id, priority, due_at, due_warn_at, window_until FROM cases"
)
_IN_QUEUE = f"{_COLUMNS} WHERE queue = ? AND {WAITING}"
_BY_DUE = f"{_IN_QUEUE} AND due_at IS NOT NULL ORDER BY due_at, number LIMIT ?"
_BY_WINDOW = (
    f"{_COLUMNS} WHERE queue = ? AND {WINDOWED} AND window_until > ? ORDER BY window_until, number LIMIT ?"
)
_MOST = f"SELECT priority FROM cases WHERE queue = ? AND {WAITING} AND priority < ? ORDER BY priority DESC LIMIT 1"
_OF_PRIORITY = (
    f"{_IN_QUEUE} AND priority = ? AND due_at IS NOT NULL ORDER BY due_at, number LIMIT ?",
    f"{_IN_QUEUE} AND priority = ? AND due_at IS NULL ORDER BY number LIMIT ?",
)
_ROUTED = f"{_IN_QUEUE} AND route_id <> '' ORDER BY priority DESC, number LIMIT ?"
_OF_ROUTE = f"{_IN_QUEUE} AND route_id = ? ORDER BY priority DESC LIMIT ?"
_OWN = (
    f"{_COLUMNS} WHERE assignee_id = ? AND status = 'open' AND awaiting_since IS NOT NULL\n"
    "ORDER BY priority DESC, last_message_at DESC, number DESC LIMIT ?"
)
_AMONG = {
    "sqlite": f"{_COLUMNS} WHERE id IN ?? AND {WAITING}",
    "postgresql": f"{_COLUMNS} WHERE id IN ?? AND {WAITING} ORDER BY id FOR UPDATE",
}
_BEFORE = (
    "SELECT cases.person_id, cases.assignee_id FROM cases\n"
    "WHERE cases.person_id IN ?? AND cases.assignee_id IS NOT NULL ORDER BY cases.opened_at"
)
_AFTER = f"SELECT id, number FROM cases WHERE {WAITING} AND number > ? ORDER BY number LIMIT ?"
_DUES = f"SELECT due_at FROM cases WHERE queue = ? AND {WAITING} ORDER BY due_at LIMIT ?"
_SENT = (
    "SELECT user_id, sent_at / 3600000 AS hour, COUNT(*) AS n FROM outbox\n"
    "WHERE sent_at >= ? GROUP BY user_id, sent_at / 3600000"
)
_OPEN_OF = "SELECT id FROM cases WHERE assignee_id = ? AND status = 'open' ORDER BY priority DESC LIMIT ?"


def nearest_due(tx: Tx, queue: str, limit: int) -> list[bulk.Record]:
    """Waiting cases of a queue, nearest deadline first."""
    return bulk.select(tx, _BY_DUE, [queue, limit])


def nearest_window(tx: Tx, queue: str, now: int, limit: int) -> list[bulk.Record]:
    """Waiting cases of a queue whose messaging window is open, the one that closes first before the others."""
    return bulk.select(tx, _BY_WINDOW, [queue, now, limit])


def most_pressing(tx: Tx, queue: str, limit: int) -> list[bulk.Record]:
    """Waiting cases of a queue by priority, then by deadline; those without one last. Reads only what it returns."""
    found: list[bulk.Record] = []
    below = 101
    while len(found) < limit:
        most = bulk.tuples(tx, _MOST, [queue, below])
        if not most:
            break
        below = most[0][0]
        for sql in _OF_PRIORITY:
            if len(found) < limit:
                found += bulk.select(tx, sql, [queue, below, limit - len(found)])
    return found


def routed(tx: Tx, queue: str, limit: int) -> list[bulk.Record]:
    """Waiting cases of a queue that a route may give away, by priority."""
    return bulk.select(tx, _ROUTED, [queue, limit])


def of_route(tx: Tx, queue: str, route_id: str, limit: int) -> list[bulk.Record]:
    """Waiting cases that a route put into a queue."""
    return bulk.select(tx, _OF_ROUTE, [queue, route_id, limit])


def own(tx: Tx, user_id: str, limit: int) -> list[bulk.Record]:
    """Open cases of somebody in which a customer waits, by priority."""
    return bulk.select(tx, _OWN, [user_id, limit])


def open_of(tx: Tx, user_id: str, limit: int) -> list[str]:
    """Open cases of somebody."""
    return [case_id for (case_id,) in bulk.tuples(tx, _OPEN_OF, [user_id, limit])]


def waiting_among(tx: Tx, case_ids: Iterable[str]) -> list[bulk.Record]:
    """Those of some cases that nobody has, locked against others' changes."""
    wanted = sorted(set(case_ids))
    return bulk.select(tx, _AMONG[tx.dialect], [wanted]) if wanted else []


def waiting_after(tx: Tx, number: int, limit: int) -> list[tuple[str, int]]:
    """(id, number) of the next waiting cases by number."""
    return [(case_id, found) for case_id, found in bulk.tuples(tx, _AFTER, [number, limit])]


def had(tx: Tx, person_ids: Iterable[str]) -> dict[str, str]:
    """person -> who has their newest case that anybody has."""
    wanted = sorted(set(person_ids))
    rows = bulk.tuples(tx, _BEFORE, [wanted]) if wanted else []
    return dict(rows)


def dues(tx: Tx, queue: str, limit: int) -> list[int | None]:
    """Deadlines of a queue's waiting cases, as many as the limit."""
    return [due for (due,) in bulk.tuples(tx, _DUES, [queue, limit])]


def sent(tx: Tx, since: int) -> dict[str, dict[int, int]]:
    """user -> hour since the epoch -> answers sent in it."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for user_id, hour, n in bulk.tuples(tx, _SENT, [since]):
        found[user_id][hour] = n
    return found


def all_agents(tx: Tx, *, lock: bool = False) -> dict[str, Row]:
    """user -> what routing knows of them. Locked, nobody else gives cases away meanwhile."""
    query = select(agents).order_by(agents.c.user_id)
    return {row["user_id"]: row for row in tx.rows(query.with_for_update() if lock else query)}


def agent(tx: Tx, user_id: str, *, lock: bool = False) -> Row | None:
    """What routing knows of a user; None when nothing was ever said."""
    query = select(agents).where(agents.c.user_id == user_id)
    return tx.row(query.with_for_update() if lock else query)


def add_agents(tx: Tx, user_ids: Sequence[str]) -> None:
    """Make rows for users that have none."""
    bulk.insert_absent(tx, "agents", ("user_id",), [(one,) for one in sorted(user_ids)], ("user_id",))


def set_agent(tx: Tx, user_id: str, values: Mapping[str, Any]) -> None:
    """Change what is known of a user."""
    add_agents(tx, [user_id])
    tx.execute(update(agents).where(agents.c.user_id == user_id).values(**values))


def queue_rows(tx: Tx) -> dict[str, Row]:
    """How queues stood when they were last looked at."""
    return {row["queue"]: row for row in tx.rows(select(queue_states))}


def put_queues(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how queues stand; what is not among them is no queue any more."""
    tx.execute(queue_states.delete().where(queue_states.c.queue.not_in([row["queue"] for row in rows])))
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    for row in rows:
        statement = upsert(queue_states).values(**row)
        changed = {name: value for name, value in row.items() if name != "queue"}
        tx.execute(statement.on_conflict_do_update(index_elements=[queue_states.c.queue], set_=changed))
