"""The SQL of calendars: rows are only added, and the newest of a calendar is in force."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select

from earful.store.tables import calendars, users
from earful.store.tx import Row, Tx


def newest(tx: Tx) -> list[Row]:
    """The newest row of every calendar, removed ones included."""
    latest = select(func.max(calendars.c.seq)).group_by(calendars.c.id)
    return tx.rows(select(calendars).where(calendars.c.seq.in_(latest)).order_by(calendars.c.id))


def newest_of(tx: Tx, calendar_id: str) -> Row | None:
    """The newest row of one calendar."""
    query = select(calendars).where(calendars.c.id == calendar_id).order_by(calendars.c.seq.desc()).limit(1)
    return tx.row(query)


def row(tx: Tx, seq: int) -> Row | None:
    """One row, in force or not."""
    return tx.row(select(calendars).where(calendars.c.seq == seq))


def versions(tx: Tx, calendar_id: str, limit: int) -> list[Row]:
    """Rows of a calendar with who wrote them, newest first."""
    query = (
        select(calendars.c.seq, calendars.c.at, calendars.c.data, users.c.name.label("user_name"))
        .join(users, users.c.id == calendars.c.user_id, isouter=True)
        .where(calendars.c.id == calendar_id)
        .order_by(calendars.c.seq.desc())
        .limit(limit)
    )
    return tx.rows(query)


def insert_row(tx: Tx, values: Mapping[str, Any]) -> int:
    """Put a calendar in force; returns its place."""
    done = tx.execute(insert(calendars).values(values).returning(calendars.c.seq))
    return int(done.scalar_one())
