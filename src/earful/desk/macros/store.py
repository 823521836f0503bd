"""The SQL of macros."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from earful.store.tables import macros, users
from earful.store.tx import Row, Tx

_ALL = select(macros, users.c.name.label("owner")).join(users, users.c.id == macros.c.owner_id)


def standing(tx: Tx) -> list[Row]:
    """Every macro that is not deleted, by title."""
    return tx.rows(_ALL.where(macros.c.deleted_at.is_(None)).order_by(macros.c.title, macros.c.id))


def find(tx: Tx, macro_id: str) -> Row | None:
    """A macro, deleted ones included."""
    return tx.row(_ALL.where(macros.c.id == macro_id))


def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a macro."""
    tx.execute(insert(macros).values(row))


def change(tx: Tx, macro_id: str, values: Mapping[str, Any]) -> None:
    """Change a macro."""
    tx.execute(update(macros).where(macros.c.id == macro_id).values(values))


def used(tx: Tx, macro_id: str, now: int) -> None:
    """Count a use."""
    tx.execute(update(macros).where(macros.c.id == macro_id).values(used=macros.c.used + 1, used_at=now))
