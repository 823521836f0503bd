"""The SQL of files of messages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from earful.store import bulk
from earful.store.tables import channels, media, messages
from earful.store.tx import Row, Tx

_SAID = (
    "SELECT messages.id, messages.channel_id, messages.data, channels.network FROM messages\n"
    "JOIN channels ON channels.id = messages.channel_id\n"
    "WHERE messages.id IN ?? AND messages.data LIKE ? AND messages.deleted_at IS NULL"
)


def with_files(tx: Tx, message_ids: Sequence[str]) -> list[Row]:
    """Those of messages that have attachments."""
    return list(bulk.select(tx, _SAID, [list(message_ids), '%"attachments"%']))


def insert(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rows; a place of a message that has one keeps it."""
    if rows:
        columns = tuple(rows[0])
        bulk.insert_absent(
            tx, "media", columns, [tuple(row.values()) for row in rows], ("message_id", "place")
        )


def adopt(tx: Tx, media_id: str, channel_id: str, message_id: str, place: int) -> None:
    """What a visitor sent up was said with a message."""
    wanted = media.c.id == media_id, media.c.channel_id == channel_id, media.c.message_id.is_(None)
    tx.execute(
        update(media)
        .where(*wanted, media.c.owner != "", media.c.case_id.is_(None))
        .values(message_id=message_id, place=place, due_at=None)
    )


def find(tx: Tx, media_id: str) -> Row | None:
    """One file."""
    return tx.row(select(media).where(media.c.id == media_id))


def owned(tx: Tx, owner: str, ids: Sequence[str]) -> list[Row]:
    """Those of files that a visitor sent up and that are kept."""
    wanted = media.c.id.in_(ids), media.c.owner == owner, media.c.state == "kept"
    return tx.rows(select(media).where(*wanted))


def count_unsaid(tx: Tx, owner: str) -> int:
    """Files that a visitor sent up and has not said anything with."""
    wanted = media.c.owner == owner, media.c.message_id.is_(None)
    return int(tx.value(select(func.count()).select_from(media).where(*wanted)))


def of_messages(tx: Tx, message_ids: Sequence[str]) -> list[Row]:
    """The files of messages."""
    return tx.rows(select(media).where(media.c.message_id.in_(message_ids)))


def due(tx: Tx, now: int, limit: int) -> list[Row]:
    """What is to be fetched or removed now, the oldest first, with the case of its message."""
    query = (
        select(media, channels.c.network, messages.c.case_id.label("said_in"))
        .join(channels, channels.c.id == media.c.channel_id)
        .join(messages, messages.c.id == media.c.message_id, isouter=True)
        .where(media.c.due_at.is_not(None), media.c.due_at <= now)
    )
    return tx.rows(query.order_by(media.c.due_at).limit(limit))


def change(tx: Tx, media_id: str, was: str, values: dict[str, Any]) -> bool:
    """Change a file that is in a state; False when it is not any more."""
    done = tx.execute(update(media).where(media.c.id == media_id, media.c.state == was).values(values))
    return bool(done.rowcount)


def drop_of(tx: Tx, message_ids: Sequence[str], now: int) -> None:
    """The files of messages that are gone are to be removed."""
    tx.execute(
        update(media)
        .where(media.c.message_id.in_(message_ids))
        .values(state="dropped", due_at=now, name="", alt="", source="{}", why="")
    )


def remove(tx: Tx, media_id: str) -> None:
    """Forget a file."""
    tx.execute(delete(media).where(media.c.id == media_id))


def is_used(tx: Tx, sha256: str) -> bool:
    """Whether any file has this content and is not about to go."""
    wanted = media.c.sha256 == sha256, media.c.state == "kept"
    return tx.value(select(media.c.id).where(*wanted).limit(1)) is not None


def kept_bytes(tx: Tx) -> int:
    """How much is kept, counted as if nothing were the same."""
    return int(tx.value(select(func.sum(media.c.size)).where(media.c.state == "kept")) or 0)
