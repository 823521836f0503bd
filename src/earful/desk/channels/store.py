"""The SQL of channels."""

from typing import Any

from sqlalchemy import insert, select, update

from earful.store.tables import channels, refusals
from earful.store.tx import Row, Tx


def insert_channel(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a channel."""
    tx.execute(insert(channels).values(row))


def update_channel(tx: Tx, channel_id: str, values: dict[str, Any]) -> bool:
    """Change a channel; False when there is none."""
    return bool(tx.execute(update(channels).where(channels.c.id == channel_id).values(values)).rowcount)


def by_name(tx: Tx, name: str) -> Row | None:
    """A channel by its name."""
    return tx.row(select(channels).where(channels.c.name == name))


def by_id(tx: Tx, channel_id: str) -> Row | None:
    """A channel by its id."""
    return tx.row(select(channels).where(channels.c.id == channel_id))


def all_channels(tx: Tx) -> list[Row]:
    """Every channel, by name."""
    return tx.rows(select(channels).order_by(channels.c.name))


def refusals_since(tx: Tx, day: str) -> list[Row]:
    """Counted refusals from a day on."""
    query = (
        select(refusals)
        .where(refusals.c.day >= day)
        .order_by(refusals.c.day.desc(), refusals.c.place, refusals.c.reason)
    )
    return tx.rows(query)
