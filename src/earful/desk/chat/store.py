"""The SQL of the web chat."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store import bulk
from earful.store.tables import channels, chat_keys, chat_visitors, messages
from earful.store.tx import Row, Tx


def by_key(tx: Tx, channel_id: str, digest: str) -> Row | None:
    """The visitor of a browser's key, with when the key came."""
    query = (
        select(chat_visitors, chat_keys.c.created_at.label("key_at"))
        .join(chat_keys, chat_keys.c.visitor_id == chat_visitors.c.id)
        .where(chat_keys.c.channel_id == channel_id, chat_keys.c.digest == digest)
    )
    return tx.row(query)


def find(tx: Tx, visitor_id: str) -> Row | None:
    """One visitor with the settings of their channel."""
    query = (
        select(chat_visitors, channels.c.settings)
        .join(channels, channels.c.id == chat_visitors.c.channel_id)
        .where(chat_visitors.c.id == visitor_id)
    )
    return tx.row(query)


def of_user(tx: Tx, channel_id: str, user_id: str) -> list[Row]:
    """The threads of a signed user, the oldest first."""
    query = select(chat_visitors).where(
        chat_visitors.c.channel_id == channel_id,
        chat_visitors.c.user_id == user_id,
        chat_visitors.c.user_id != "",
    )
    return tx.rows(query.order_by(chat_visitors.c.created_at, chat_visitors.c.id))


def insert_visitor(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep a visitor; False when there is one of that id."""
    return bool(bulk.insert_absent(tx, "chat_visitors", tuple(row), [tuple(row.values())], ("id",)))


def give_key(tx: Tx, channel_id: str, digest: str, visitor_id: str, now: int) -> None:
    """Let a browser's key open a visitor's thread from now on."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    values = {"visitor_id": visitor_id, "created_at": now}
    statement = upsert(chat_keys).values(channel_id=channel_id, digest=digest, **values)
    key = [chat_keys.c.channel_id, chat_keys.c.digest]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def change(tx: Tx, visitor_id: str, values: dict[str, Any]) -> None:
    """Change a visitor."""
    tx.execute(update(chat_visitors).where(chat_visitors.c.id == visitor_id).values(values))


def seen(tx: Tx, visitor_id: str, before: int, now: int) -> None:
    """Note that a visitor is there, unless that was noted since an instant."""
    wanted = chat_visitors.c.id == visitor_id, chat_visitors.c.seen_at < before
    tx.execute(update(chat_visitors).where(*wanted).values(seen_at=now))


def said(tx: Tx, channel_id: str, threads: Sequence[str], since: int, limit: int) -> list[Row]:
    """What was said in threads and came since an instant, oldest first, nothing that was deleted or is for us alone."""
    ours = [
        and_(messages.c.native_id > f"{thread}.", messages.c.native_id < f"{thread}/") for thread in threads
    ]
    query = (
        select(
            messages.c.id,
            messages.c.native_id,
            messages.c.direction,
            messages.c.text,
            messages.c.author,
            messages.c.data,
            messages.c.occurred_at,
            messages.c.received_at,
        )
        .where(
            messages.c.channel_id == channel_id,
            messages.c.namespace == "",
            or_(*ours),
            messages.c.received_at >= since,
            messages.c.deleted_at.is_(None),
            messages.c.visibility != "internal",
        )
        .order_by(messages.c.occurred_at.desc(), messages.c.seq.desc())
        .limit(limit)
    )
    return tx.rows(query)[::-1]


def said_with(tx: Tx, channel_id: str, threads: Sequence[str], message_id: str) -> bool:
    """Whether a message was said in one of the threads and is there for its visitor."""
    wanted = (
        messages.c.id == message_id,
        messages.c.channel_id == channel_id,
        messages.c.thread.in_(threads),
        messages.c.visibility != "internal",
        messages.c.deleted_at.is_(None),
    )
    return tx.value(select(messages.c.id).where(*wanted)) is not None


def cases_of(tx: Tx, channel_id: str, threads: Sequence[str]) -> list[str]:
    """The cases in which threads are talked about."""
    ours = [
        and_(messages.c.native_id > f"{thread}.", messages.c.native_id < f"{thread}/") for thread in threads
    ]
    query = select(messages.c.case_id).where(
        messages.c.channel_id == channel_id,
        messages.c.namespace == "",
        or_(*ours),
        messages.c.case_id.is_not(None),
    )
    return sorted({row["case_id"] for row in tx.rows(query)})


def has_said(tx: Tx, channel_id: str, thread: str) -> bool:
    """Whether anything was said in a thread."""
    return bool(said(tx, channel_id, [thread], 0, 1))


_THREADS = (
    "SELECT DISTINCT messages.thread FROM messages\nWHERE messages.id IN ?? AND messages.channel_id IN ??"
)


def threads_of(tx: Tx, message_ids: Sequence[str], channel_ids: Sequence[str]) -> list[str]:
    """The threads of those of the messages that are in one of the channels."""
    rows = bulk.select(tx, _THREADS, [list(message_ids), list(channel_ids)]) if message_ids else []
    return [row["thread"] for row in rows]


def ours_of(tx: Tx, channel_id: str, threads: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those of native ids that are answers of ours in threads."""
    wanted = [f"{thread}.{name}" for thread in threads for name in names]
    query = select(messages.c.native_id).where(
        messages.c.channel_id == channel_id,
        messages.c.namespace == "",
        messages.c.native_id.in_(wanted),
        messages.c.direction == "outbound",
    )
    return [row["native_id"] for row in tx.rows(query)]


def in_case(tx: Tx, case_id: str) -> list[Row]:
    """The visitors whose chats are in a case."""
    threads = select(messages.c.thread).where(
        messages.c.case_id == case_id, messages.c.direction == "inbound", messages.c.kind == "chat"
    )
    return tx.rows(select(chat_visitors).where(chat_visitors.c.id.in_(threads)))


def count_since(tx: Tx, channel_id: str, since: int) -> int:
    """Visitors of a channel who came since an instant."""
    wanted = chat_visitors.c.channel_id == channel_id, chat_visitors.c.created_at >= since
    return int(tx.value(select(func.count()).select_from(chat_visitors).where(*wanted)))
