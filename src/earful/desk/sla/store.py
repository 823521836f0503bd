"""The SQL of promises: policies, clocks, breaches, and the history that clocks are made from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.desk.sla.clocks import Clock, watch
from earful.desk.sla.rules import Kind
from earful.store import bulk
from earful.store.tables import case_clocks, cases, sla_breaches, sla_policies, sla_progress, users
from earful.store.tx import Row, Tx

CLOCK_KEY = ("case_id", "kind", "round")
CLOCK_COLUMNS = (
    *CLOCK_KEY, "policy_id", "policy_seq", "calendar_seq", "target", "remaining", "started_at", "warn_at", "due_at",
    "paused_at", "done_at", "warned_at", "breached_at", "watch_at",
)  # fmt: skip
_CASES = (
    "SELECT id, number, status, closed_at, due_kind, due_warn_at, due_at FROM cases\n"
    "WHERE id IN ?? ORDER BY id"
)
_SAID = (
    "SELECT messages.case_id, messages.id, messages.direction, messages.occurred_at, messages.received_at,\n"
    "  messages.backfill, messages.visibility, ratings.kind AS rated, ratings.severity\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ?? AND messages.deleted_at IS NULL AND messages.kind <> 'system'\n"
    "  AND messages.visibility <> 'internal'"
)
_ACTS = "SELECT case_id, at, data FROM events WHERE case_id IN ?? AND type = 'case.changed' ORDER BY seq"
_CLOCKS = "SELECT * FROM case_clocks WHERE case_id IN ??"


def standing(tx: Tx, case_ids: Sequence[str]) -> list[bulk.Record]:
    """Cases with how they stand, locked against others' changes."""
    sql = _CASES + (" FOR UPDATE" if tx.is_postgresql else "")
    return bulk.select(tx, sql, [list(case_ids)])


def _grouped(rows: Iterable[bulk.Record]) -> dict[str, list[bulk.Record]]:
    found: dict[str, list[bulk.Record]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append(row)
    return found


def said(tx: Tx, case_ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """Messages of cases that may start or end something."""
    return _grouped(bulk.select(tx, _SAID, [list(case_ids)]))


def acts(tx: Tx, case_ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """What was done to cases, in order."""
    return _grouped(bulk.select(tx, _ACTS, [list(case_ids)]))


def clocks(tx: Tx, case_ids: Sequence[str]) -> dict[str, list[Clock]]:
    """The stored clocks of cases."""
    rows = _grouped(bulk.select(tx, _CLOCKS, [list(case_ids)]))
    return {case_id: [clock_of(row) for row in many] for case_id, many in rows.items()}


def clock_of(row: Row) -> Clock:
    """A row as a clock."""
    values = {name: row[name] for name in Clock.__struct_fields__ if name != "kind"}
    return Clock(kind=Kind(row["kind"]), **values)


def put_clocks(tx: Tx, rows: Sequence[tuple[str, Clock, int]]) -> None:
    """Keep (case, clock, promised at)."""
    values = []
    for case_id, clock, promised_at in rows:
        known = msgspec.structs.asdict(clock) | {
            "case_id": case_id,
            "kind": clock.kind.value,
            "watch_at": watch(clock, promised_at),
        }
        values.append(tuple(known[name] for name in CLOCK_COLUMNS))
    bulk.upsert(tx, "case_clocks", CLOCK_COLUMNS, values, CLOCK_KEY)


def drop_clocks(tx: Tx, keys: Iterable[tuple[str, str, int]]) -> None:
    """Forget clocks that there never should have been."""
    for case_id, kind, number in keys:
        tx.execute(
            delete(case_clocks).where(
                case_clocks.c.case_id == case_id, case_clocks.c.kind == kind, case_clocks.c.round == number
            )
        )


def cases_due(tx: Tx, now: int, limit: int) -> list[str]:
    """Cases with a clock that wants to be looked at, longest due first."""
    query = (
        select(case_clocks.c.case_id)
        .where(case_clocks.c.watch_at <= now)
        .order_by(case_clocks.c.watch_at)
        .limit(limit)
    )
    return list(dict.fromkeys(row["case_id"] for row in tx.rows(query)))


def tell(tx: Tx, case_id: str, clock: Clock, watch_at: int | None) -> None:
    """Keep what the desk was told of a clock, and when to look again."""
    tx.execute(
        update(case_clocks)
        .where(
            case_clocks.c.case_id == case_id,
            case_clocks.c.kind == clock.kind.value,
            case_clocks.c.round == clock.round,
        )
        .values(warned_at=clock.warned_at, breached_at=clock.breached_at, watch_at=watch_at)
    )


def insert_breach(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Keep a breach; False when it is known."""
    done = bulk.insert(
        tx, "sla_breaches", tuple(row), [tuple(row.values())], conflict=("clock",), returning="clock"
    )
    return bool(done)


def breaches_of(tx: Tx, case_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """Breaches of cases by the clock's name."""
    rows = bulk.select(tx, "SELECT * FROM sla_breaches WHERE case_id IN ??", [list(case_ids)])
    return {row["clock"]: row for row in rows}


def end_breach(tx: Tx, clock: str, ended_at: int | None, late: int | None, withdrawn_at: int | None) -> None:
    """Say how a breach ended."""
    tx.execute(
        update(sla_breaches)
        .where(sla_breaches.c.clock == clock)
        .values(ended_at=ended_at, late=late, withdrawn_at=withdrawn_at)
    )


def clocks_of(tx: Tx, case_id: str) -> list[Row]:
    """The clocks of one case, in order of their start."""
    query = select(case_clocks).where(case_clocks.c.case_id == case_id)
    return tx.rows(query.order_by(case_clocks.c.started_at, case_clocks.c.kind))


def case_there(tx: Tx, case_id: str) -> bool:
    """Whether there is such a case."""
    return tx.value(select(cases.c.id).where(cases.c.id == case_id)) is not None


def newest_policies(tx: Tx) -> Row | None:
    """The policies in force."""
    return tx.row(select(sla_policies).order_by(sla_policies.c.seq.desc()).limit(1))


def policies_at(tx: Tx, seq: int) -> Row | None:
    """The policies of some version."""
    return tx.row(select(sla_policies).where(sla_policies.c.seq == seq))


def policy_versions(tx: Tx, limit: int) -> list[Row]:
    """Versions with who wrote them, newest first."""
    query = (
        select(sla_policies.c.seq, sla_policies.c.at, users.c.name.label("user_name"))
        .join(users, users.c.id == sla_policies.c.user_id, isouter=True)
        .order_by(sla_policies.c.seq.desc())
        .limit(limit)
    )
    return tx.rows(query)


def insert_policies(tx: Tx, values: Mapping[str, Any]) -> int:
    """Put policies in force; returns their place."""
    return int(tx.execute(insert(sla_policies).values(values).returning(sla_policies.c.seq)).scalar_one())


def progress(tx: Tx) -> Row | None:
    """How far the newest recomputation is."""
    return tx.row(select(sla_progress))


def put_progress(tx: Tx, values: Mapping[str, Any]) -> None:
    """Keep how far it is."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(sla_progress).values(id=1, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[sla_progress.c.id], set_=dict(values)))


_OPEN = (
    "SELECT id, number FROM cases WHERE number > ? AND status IN ('open', 'waiting', 'snoozed')\n"
    "ORDER BY number LIMIT ?"
)


def open_cases(tx: Tx, after: int, limit: int) -> list[tuple[str, int]]:
    """(id, number) of the next cases that are not closed."""
    return [(case_id, number) for case_id, number in bulk.tuples(tx, _OPEN, [after, limit])]


def count_open(tx: Tx) -> int:
    """Cases that are not closed."""
    sql = "SELECT COALESCE(SUM(n), 0) FROM case_counts WHERE status IN ('open', 'waiting', 'snoozed')"
    return int(bulk.tuples(tx, sql)[0][0])


def breach_count(tx: Tx, since: int) -> int:
    """Breaches that stand, due since an instant."""
    query = select(func.count()).where(sla_breaches.c.due_at >= since, sla_breaches.c.withdrawn_at.is_(None))
    return int(tx.value(query.select_from(sla_breaches)))
