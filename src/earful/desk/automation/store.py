"""The SQL of automation: what rules did, pauses, and the cases that time may have something to say to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, cast, delete, func, insert, select

from earful.desk.conditions import sql
from earful.model.conditions import Condition
from earful.store import bulk
from earful.store.tables import automation_pauses, automation_runs, cases
from earful.store.tx import Row, Tx

KEY = ("rule_id", "case_id", "cause")
COLUMNS = (
    *KEY, "version", "event", "at", "depth", "acts", "refused", "result", "detail", "because",
)  # fmt: skip
_SAID = (
    "SELECT id, direction, kind, occurred_at, backfill, deleted_at FROM messages\n"
    "WHERE id IN ?? AND direction = 'inbound' AND kind <> 'system' AND deleted_at IS NULL"
)
_LIVE = (
    "SELECT cases.id FROM cases\n"
    "WHERE cases.id IN ?? AND EXISTS (\n"
    "  SELECT 1 FROM messages WHERE messages.case_id = cases.id AND NOT messages.backfill)"
)
_OPEN = "('open', 'waiting', 'snoozed')"
_SLICE = f"SELECT number FROM cases WHERE number > ? AND status IN {_OPEN} ORDER BY number LIMIT 1 OFFSET ?"


def said(tx: Tx, message_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """Those of some messages that a customer said and did not delete."""
    return {row["id"]: row for row in bulk.select(tx, _SAID, [list(message_ids)])} if message_ids else {}


def not_only_imported(tx: Tx, case_ids: Sequence[str]) -> set[str]:
    """Those of some cases that have a message which no import brought."""
    return {row["id"] for row in bulk.select(tx, _LIVE, [list(case_ids)])} if case_ids else set()


def claim(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """Note that rules begin to act for causes; returns the keys of those that had not acted for theirs."""
    values = [tuple(row[name] for name in COLUMNS) for row in rows]
    returned = ", ".join(KEY)
    return {
        (rule_id, case_id, cause)
        for rule_id, case_id, cause in bulk.insert(
            tx, "automation_runs", COLUMNS, values, conflict=KEY, returning=returned
        )
    }


def known(tx: Tx, rule_id: str, case_ids: Sequence[str], causes: Sequence[str]) -> set[tuple[str, str]]:
    """(case, cause) for which a rule has acted already."""
    query = "SELECT case_id, cause FROM automation_runs WHERE rule_id = ? AND case_id IN ?? AND cause IN ??"
    return set(bulk.tuples(tx, query, [rule_id, list(case_ids), list(causes)])) if case_ids else set()


def finish(tx: Tx, row: Mapping[str, Any]) -> None:
    """Say what became of a run."""
    key = [automation_runs.c[name] == row[name] for name in KEY]
    values = {name: row[name] for name in ("acts", "refused", "result", "detail")}
    tx.execute(automation_runs.update().where(*key).values(values))


def acted_since(tx: Tx, rule_ids: Iterable[str], since: int) -> dict[str, int]:
    """rule -> its acts since an instant."""
    done = func.coalesce(func.sum(automation_runs.c.acts), 0)
    query = (
        select(automation_runs.c.rule_id, cast(done, Integer).label("acts"))
        .where(automation_runs.c.rule_id.in_(list(rule_ids)), automation_runs.c.at > since)
        .group_by(automation_runs.c.rule_id)
    )
    return {row["rule_id"]: row["acts"] for row in tx.rows(query)}


def purge(tx: Tx, before: int, limit: int) -> int:
    """Forget some of what rules did before an instant, but on cases that are not closed: a rule that waits for time
    would act on them again. Returns how many rows."""
    still = select(cases.c.id).where(
        cases.c.id == automation_runs.c.case_id, cases.c.status.in_(("open", "waiting", "snoozed"))
    )
    old = select(automation_runs.c.seq).where(automation_runs.c.at < before, ~still.exists()).limit(limit)
    return int(tx.execute(delete(automation_runs).where(automation_runs.c.seq.in_(old))).rowcount)


def counts(tx: Tx, since: int) -> dict[str, Row]:
    """rule -> runs, acts and refusals since an instant."""
    total = automation_runs.c
    query = (
        select(
            total.rule_id,
            func.count().label("runs"),
            cast(func.sum(total.acts), Integer).label("acts"),
            cast(func.sum(total.refused), Integer).label("refused"),
        )
        .where(total.at > since)
        .group_by(total.rule_id)
    )
    return {row["rule_id"]: row for row in tx.rows(query)}


def newest_runs(tx: Tx, rule_id: str, limit: int) -> list[Row]:
    """What a rule did last, newest first, with the numbers and titles of the cases that are still there."""
    query = (
        select(automation_runs, cases.c.number, cases.c.title)
        .join(cases, cases.c.id == automation_runs.c.case_id, isouter=True)
        .where(automation_runs.c.rule_id == rule_id)
        .order_by(automation_runs.c.at.desc(), automation_runs.c.seq.desc())
        .limit(limit)
    )
    return tx.rows(query)


def newest_cases(tx: Tx, limit: int) -> list[Row]:
    """The newest cases, newest first."""
    query = select(cases.c.id, cases.c.number, cases.c.title)
    return tx.rows(query.order_by(cases.c.number.desc()).limit(limit))


def paused(tx: Tx) -> dict[str, Row]:
    """rule -> since when it is paused, and how often it had acted."""
    return {row["rule_id"]: row for row in tx.rows(select(automation_pauses))}


def pause(tx: Tx, rule_id: str, acts: int, now: int) -> None:
    """Let a rule wait."""
    unpause(tx, rule_id)
    tx.execute(insert(automation_pauses).values(rule_id=rule_id, at=now, acts=acts))


def unpause(tx: Tx, rule_id: str) -> bool:
    """Let a rule go on; False when it was not waiting."""
    done = tx.execute(delete(automation_pauses).where(automation_pauses.c.rule_id == rule_id))
    return bool(done.rowcount)


def slice_end(tx: Tx, after: int, size: int) -> int | None:
    """The number of the last of the next `size` cases that are not closed; None when there are fewer."""
    found = bulk.tuples(tx, _SLICE, [after, size - 1])
    return int(found[0][0]) if found else None


def ripe(tx: Tx, condition: Condition, after: int, end: int | None, now: int, limit: int) -> list[Row]:
    """Cases of a slice (numbers after one, up to another) that a condition holds of."""
    query = select(cases.c.id, cases.c.awaiting_since).where(
        cases.c.number > after,
        cases.c.status.in_(("open", "waiting", "snoozed")),
        sql.where(condition, tx.dialect, now),  # type: ignore[arg-type]
    )
    if end is not None:
        query = query.where(cases.c.number <= end)
    return tx.rows(query.order_by(cases.c.number).limit(limit))
