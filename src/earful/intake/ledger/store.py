"""The SQL of the ledger: what came and was not understood, jobs, gaps, and what was spent of limits."""

from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store import bulk
from earful.store.tables import (
    cases,
    channel_gaps,
    channel_jobs,
    channel_tokens,
    deliveries,
    messages,
    oddities,
    spending,
)
from earful.store.tx import Row, Tx


def unread_counts(tx: Tx) -> dict[str, dict[str, int]]:
    """By channel: how many deliveries wait to be read, and how many cannot be."""
    query = (
        select(deliveries.c.channel_id, deliveries.c.state, func.count().label("n"))
        .where(text("deliveries.state <> 'read'"))
        .group_by(deliveries.c.channel_id, deliveries.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for row in tx.rows(query):
        found.setdefault(row["channel_id"], {})[row["state"]] = row["n"]
    return found


def count_oddity(tx: Tx, channel_id: str, kind: str, count: int, delivery_id: str, now: int) -> None:
    """Count what came and is not understood."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(oddities).values(
        channel_id=channel_id, kind=kind, count=count, first_at=now, last_at=now, delivery_id=delivery_id
    )
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[oddities.c.channel_id, oddities.c.kind],
            set_={"count": oddities.c.count + count, "last_at": now, "delivery_id": delivery_id},
        )
    )


def oddities_of(tx: Tx, channel_id: str) -> list[Row]:
    """What of a channel is not understood, newest first."""
    return tx.rows(
        select(oddities).where(oddities.c.channel_id == channel_id).order_by(oddities.c.last_at.desc())
    )


def read_again(tx: Tx, channel_id: str | None, since: int | None) -> int:
    """Let deliveries be read again: those that could not be, or with `since` all pushed ones from then on."""
    changes = update(deliveries).where(deliveries.c.purged_at.is_(None)).values(state="waiting", why="")
    if since is None:
        changes = changes.where(text("deliveries.state <> 'read'"), deliveries.c.state == "unread")
    else:
        changes = changes.where(deliveries.c.received_at >= since, deliveries.c.transport == "webhook")
    if channel_id is not None:
        changes = changes.where(deliveries.c.channel_id == channel_id)
    return int(tx.execute(changes).rowcount)


def insert_job(tx: Tx, values: dict[str, Any]) -> None:
    """Keep a job."""
    tx.execute(insert(channel_jobs).values(values))


def open_job(tx: Tx, channel_id: str) -> Row | None:
    """The oldest job of a channel that is not done."""
    query = (
        select(channel_jobs)
        .where(channel_jobs.c.channel_id == channel_id, channel_jobs.c.state == "running")
        .order_by(channel_jobs.c.asked_at)
        .limit(1)
    )
    return tx.row(query)


def move_job(tx: Tx, job_id: str, *, looked_at: int, found: int, place: str) -> None:
    """A page of a job was kept."""
    tx.execute(
        update(channel_jobs)
        .where(channel_jobs.c.id == job_id)
        .values(
            looked_at=channel_jobs.c.looked_at + looked_at, found=channel_jobs.c.found + found, place=place
        )
    )


def end_job(tx: Tx, job_id: str, state: str, error: str, now: int) -> bool:
    """A job is over. False when it was already."""
    done = tx.execute(
        update(channel_jobs)
        .where(channel_jobs.c.id == job_id, channel_jobs.c.state == "running")
        .values(state=state, error=error, ended_at=now)
    )
    return bool(done.rowcount)


def jobs_of(tx: Tx, channel_id: str, limit: int) -> list[Row]:
    """Jobs of a channel, newest first."""
    query = (
        select(channel_jobs)
        .where(channel_jobs.c.channel_id == channel_id)
        .order_by(channel_jobs.c.asked_at.desc())
        .limit(limit)
    )
    return tx.rows(query)


def open_gap(tx: Tx, values: dict[str, Any]) -> None:
    """Note a gap; one that is open already begins with the earlier of both."""
    known = tx.row(
        select(channel_gaps.c.id, channel_gaps.c.since)
        .where(channel_gaps.c.channel_id == values["channel_id"], channel_gaps.c.filled_at.is_(None))
        .with_for_update()
    )
    if known is None:
        tx.execute(insert(channel_gaps).values(values))
    elif values["since"] < known["since"]:
        tx.execute(update(channel_gaps).where(channel_gaps.c.id == known["id"]).values(since=values["since"]))


def fill_gaps(tx: Tx, channel_id: str, now: int) -> int:
    """Everything was fetched. Returns how many gaps were open."""
    done = tx.execute(
        update(channel_gaps)
        .where(channel_gaps.c.channel_id == channel_id, channel_gaps.c.filled_at.is_(None))
        .values(until=now, filled_at=now)
    )
    return int(done.rowcount)


def gaps_of(tx: Tx, channel_id: str, limit: int) -> list[Row]:
    """Gaps of a channel, newest first."""
    query = (
        select(channel_gaps)
        .where(channel_gaps.c.channel_id == channel_id)
        .order_by(channel_gaps.c.since.desc())
        .limit(limit)
    )
    return tx.rows(query)


def open_gaps(tx: Tx) -> dict[str, int]:
    """By channel: since when messages may be missing."""
    query = (
        select(channel_gaps.c.channel_id, func.min(channel_gaps.c.since).label("since"))
        .where(channel_gaps.c.filled_at.is_(None))
        .group_by(channel_gaps.c.channel_id)
    )
    return {row["channel_id"]: row["since"] for row in tx.rows(query)}


def keep_spending(tx: Tx, rows: list[tuple[str, str, int, int]]) -> None:
    """Keep what was spent: (budget, span, began_at, spent)."""
    bulk.upsert(tx, "spending", ("budget", "span", "began_at", "spent"), rows, ("budget", "span"))


def spent(tx: Tx) -> list[Row]:
    """What was spent of every limit."""
    return tx.rows(select(spending))


def recent_lags(tx: Tx, limit: int) -> list[tuple[str, int]]:
    """(channel, milliseconds between writing and arriving) of the newest messages that are no history."""
    newest = (
        select(messages.c.channel_id, messages.c.received_at, messages.c.occurred_at, messages.c.backfill)
        .where(messages.c.direction == "inbound")
        .order_by(messages.c.seq.desc())
        .limit(limit)
    )
    return [
        (row["channel_id"], max(row["received_at"] - row["occurred_at"], 0))
        for row in tx.rows(newest)
        if not row["backfill"]
    ]


def tokens(tx: Tx) -> dict[str, Row]:
    """Tokens got by consent, by channel, without what is sealed."""
    columns = [one for one in channel_tokens.c if one.name != "sealed"]
    return {row["channel_id"]: row for row in tx.rows(select(*columns))}


def windows_at_risk(tx: Tx, now: int, until: int) -> dict[str, int]:
    """By channel: cases in which the customer waits and the window to answer freely closes before `until`."""
    query = (
        select(cases.c.channel_id, func.count().label("n"))
        .where(
            text("window_until IS NOT NULL AND awaiting_since IS NOT NULL"),
            cases.c.window_until > now,
            cases.c.window_until <= until,
        )
        .group_by(cases.c.channel_id)
    )
    return {row["channel_id"]: row["n"] for row in tx.rows(query)}
