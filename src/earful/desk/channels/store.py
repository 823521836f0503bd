"""The SQL of channels."""

from typing import Any

from sqlalchemy import func, insert, select, update

from earful.store.tables import channels, deliveries, outbox, refusals
from earful.store.tx import Row, Tx, read_once


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


@read_once
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


def _by_channel(tx: Tx, query: Any) -> dict[str, int]:
    return {row["channel_id"]: int(row["n"] or 0) for row in tx.rows(query)}


def received_since(tx: Tx, since: int) -> dict[str, int]:
    """New messages that deliveries brought since an instant: what a look hands in again is none."""
    newest = select(func.min(deliveries.c.seq)).where(deliveries.c.received_at >= since).scalar_subquery()
    query = (
        select(deliveries.c.channel_id, func.sum(deliveries.c.brought).label("n"))
        .where(deliveries.c.seq >= newest)
        .group_by(deliveries.c.channel_id)
    )
    return _by_channel(tx, query)


def received_total(tx: Tx) -> dict[str, int]:
    """New messages that all deliveries brought: a thousandth of counting the messages themselves."""
    return _by_channel(
        tx,
        select(deliveries.c.channel_id, func.sum(deliveries.c.brought).label("n")).group_by(
            deliveries.c.channel_id
        ),
    )


def sent_since(tx: Tx, since: int) -> dict[str, int]:
    """Replies sent since an instant."""
    query = (
        select(outbox.c.channel_id, func.count().label("n"))
        .where(outbox.c.sent_at >= since)
        .group_by(outbox.c.channel_id)
    )
    return _by_channel(tx, query)


def waiting(tx: Tx) -> dict[str, int]:
    """Replies that are not out."""
    states = ("queued", "sending", "unknown")
    query = (
        select(outbox.c.channel_id, func.count().label("n"))
        .where(outbox.c.state.in_(states))
        .group_by(outbox.c.channel_id)
    )
    return _by_channel(tx, query)
