"""The SQL of templates."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from earful.store import bulk
from earful.store.tables import template_readings, templates
from earful.store.tx import Row, Tx


def of_channel(tx: Tx, channel_id: str) -> list[str]:
    """The templates of a channel, each as JSON."""
    query = select(templates.c.data).where(templates.c.channel_id == channel_id)
    return [row["data"] for row in tx.rows(query.order_by(templates.c.native_id))]


def one(tx: Tx, channel_id: str, native_id: str) -> str | None:
    """One template as JSON."""
    wanted = templates.c.channel_id == channel_id, templates.c.native_id == native_id
    found: str | None = tx.value(select(templates.c.data).where(*wanted))
    return found


def replace(tx: Tx, channel_id: str, found: Sequence[tuple[str, str]]) -> None:
    """Keep what was read, (native id, JSON), instead of what was kept."""
    tx.execute(delete(templates).where(templates.c.channel_id == channel_id))
    rows = [(channel_id, *one) for one in found]
    bulk.insert(tx, "templates", ("channel_id", "native_id", "data"), rows)


def readings(tx: Tx) -> dict[str, Row]:
    """By channel: when its templates were read."""
    return {row["channel_id"]: row for row in tx.rows(select(template_readings))}


def reading(tx: Tx, channel_id: str) -> Row | None:
    """When the templates of a channel were read."""
    return tx.row(select(template_readings).where(template_readings.c.channel_id == channel_id))


def note(tx: Tx, channel_id: str, **values: Any) -> None:
    """Keep when something happened."""
    bulk.insert(tx, "template_readings", ("channel_id",), [(channel_id,)], conflict=("channel_id",))
    tx.execute(update(template_readings).where(template_readings.c.channel_id == channel_id).values(**values))
