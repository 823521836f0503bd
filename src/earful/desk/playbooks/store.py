"""The SQL of playbooks: their versions, runs with their steps, and the history that runs are told from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from earful.store import bulk
from earful.store.tables import case_runs, cases, playbook_versions, playbooks, run_steps, users
from earful.store.tx import Row, Tx

_NEWEST = (
    select(playbooks.c.id, playbooks.c.deleted_at, playbook_versions)
    .join(playbook_versions, playbook_versions.c.playbook_id == playbooks.c.id)
    .where(playbook_versions.c.version == playbooks.c.version)
)
_RUNS = (
    "SELECT case_runs.* FROM case_runs\n"
    "WHERE case_id IN ??\n"
    "  AND round = (SELECT MAX(newest.round) FROM case_runs AS newest WHERE newest.case_id = case_runs.case_id)\n"
    "ORDER BY case_id"
)
_STEPS = "SELECT * FROM run_steps WHERE run_id IN ?? ORDER BY run_id, number"
_SAID = (
    "SELECT messages.id, messages.case_id, messages.direction, messages.visibility, messages.occurred_at,\n"
    "  ratings.kind AS rated\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ?? AND messages.deleted_at IS NULL AND messages.kind <> 'system'\n"
    "  AND messages.visibility <> 'internal'"
)
_EVENTS = (
    "SELECT seq, type, subject, case_id, actor, at, data FROM events WHERE case_id IN ?? AND type IN ??\n"
    "ORDER BY seq"
)
_CASES = "SELECT id, status, severity, opened_at, last_message_at, last_direction\nFROM cases WHERE id IN ??"
STEP_COLUMNS = (
    "run_id", "number", "case_id", "step", "started_at", "due_at", "ended_at", "ended_by", "ref", "user_id", "reason",
    "late", "told",
)  # fmt: skip
RUN_COLUMNS = (
    "id", "case_id", "round", "playbook_id", "version", "path", "calendar_seq", "because", "user_id", "state", "step",
    "step_started_at", "step_due_at", "watch_at", "started_at", "ended_at",
)  # fmt: skip


def newest(tx: Tx) -> list[Row]:
    """The newest version of each playbook that was not deleted."""
    return tx.rows(_NEWEST.where(playbooks.c.deleted_at.is_(None)).order_by(playbooks.c.id))


def newest_of(tx: Tx, playbook_id: str) -> Row | None:
    """The newest version of a playbook, deleted or not."""
    return tx.row(_NEWEST.where(playbooks.c.id == playbook_id))


def version(tx: Tx, playbook_id: str, number: int) -> Row | None:
    """One version of a playbook."""
    wanted = playbook_versions.c.playbook_id == playbook_id, playbook_versions.c.version == number
    return tx.row(select(playbook_versions).where(*wanted))


def versions(tx: Tx, playbook_id: str, limit: int) -> list[Row]:
    """The newest versions of a playbook with who saved them, newest first."""
    query = (
        select(playbook_versions, users.c.name.label("user_name"))
        .join(users, users.c.id == playbook_versions.c.user_id, isouter=True)
        .where(playbook_versions.c.playbook_id == playbook_id)
    )
    return tx.rows(query.order_by(playbook_versions.c.version.desc()).limit(limit))


def put(tx: Tx, playbook_id: str, number: int, data: str, user_id: str, now: int) -> None:
    """Keep a version; it is in force from now on."""
    values = {"version": number, "deleted_at": None}
    if number == 1:
        tx.execute(insert(playbooks).values(id=playbook_id, **values))
    else:
        tx.execute(update(playbooks).where(playbooks.c.id == playbook_id).values(values))
    tx.execute(
        insert(playbook_versions).values(
            playbook_id=playbook_id, version=number, data=data, user_id=user_id, at=now
        )
    )


def mark_deleted(tx: Tx, playbook_id: str, at: int | None) -> bool:
    """Delete a playbook, or bring it back with None. False when there is none."""
    done = tx.execute(update(playbooks).where(playbooks.c.id == playbook_id).values(deleted_at=at))
    return bool(done.rowcount)


def running(tx: Tx) -> dict[str, int]:
    """playbook -> cases that are in it now."""
    counted = select(case_runs.c.playbook_id, func.count().label("cases")).where(
        case_runs.c.state == "running"
    )
    return {row["playbook_id"]: row["cases"] for row in tx.rows(counted.group_by(case_runs.c.playbook_id))}


def lock(tx: Tx, case_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """Cases with what a start needs, locked against others' runs on PostgreSQL."""
    sql = _CASES + (" ORDER BY id FOR UPDATE" if tx.is_postgresql else "")
    return {row["id"]: row for row in bulk.select(tx, sql, [list(case_ids)])} if case_ids else {}


def runs(tx: Tx, case_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """case -> its newest run."""
    return {row["case_id"]: row for row in bulk.select(tx, _RUNS, [list(case_ids)])} if case_ids else {}


def steps(tx: Tx, run_ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """run -> its steps in order."""
    return _grouped(bulk.select(tx, _STEPS, [list(run_ids)]), "run_id") if run_ids else {}


def said(tx: Tx, case_ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """Messages of cases."""
    return _grouped(bulk.select(tx, _SAID, [list(case_ids)]), "case_id") if case_ids else {}


def events(tx: Tx, case_ids: Sequence[str], types: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """Events of cases, oldest first."""
    return _grouped(bulk.select(tx, _EVENTS, [list(case_ids), list(types)]), "case_id") if case_ids else {}


def _grouped(rows: Iterable[bulk.Record], key: str) -> dict[str, list[bulk.Record]]:
    found: dict[str, list[bulk.Record]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def add_runs(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Begin runs; a round that a case has already is left alone."""
    values = [tuple(row[name] for name in RUN_COLUMNS) for row in rows]
    bulk.insert_absent(tx, "case_runs", RUN_COLUMNS, values, ("case_id", "round"))


def change_run(tx: Tx, run_id: str, values: Mapping[str, Any]) -> None:
    """Set how a run stands."""
    tx.execute(update(case_runs).where(case_runs.c.id == run_id).values(**values))


def put_steps(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep steps by run and number."""
    values = [tuple(row[name] for name in STEP_COLUMNS) for row in rows]
    bulk.upsert(tx, "run_steps", STEP_COLUMNS, values, ("run_id", "number"))


def cut_steps(tx: Tx, run_id: str, number: int) -> None:
    """Drop the steps of a run from a number on: it turned out not to have come to them."""
    tx.execute(delete(run_steps).where(run_steps.c.run_id == run_id, run_steps.c.number >= number))


def drop_run(tx: Tx, run_id: str) -> None:
    """Remove a run that was begun by mistake."""
    tx.execute(delete(run_steps).where(run_steps.c.run_id == run_id))
    tx.execute(delete(case_runs).where(case_runs.c.id == run_id))


def due(tx: Tx, now: int, limit: int) -> list[str]:
    """Cases of runs to which time has something to say, longest due first."""
    query = select(case_runs.c.case_id).where(case_runs.c.watch_at <= now)
    return [row["case_id"] for row in tx.rows(query.order_by(case_runs.c.watch_at).limit(limit))]


def case_there(tx: Tx, case_id: str) -> bool:
    """Whether there is such a case."""
    return tx.value(select(cases.c.id).where(cases.c.id == case_id)) is not None


def names(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """user -> name."""
    wanted = sorted(set(ids))
    query = select(users.c.id, users.c.name).where(users.c.id.in_(wanted))
    return {row["id"]: row["name"] for row in tx.rows(query)} if wanted else {}
