"""The SQL of conversations."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, tuple_, update

from earful.store import bulk
from earful.store.tables import conversation_cases, conversations, messages
from earful.store.tx import Row, Tx

ChannelKey = tuple[str, str]
"""(channel id, conversation name)."""
NativeKey = tuple[str, str, str]
"""(channel id, namespace, native id)."""

_ANCESTORS = (
    select(messages.c.channel_id, messages.c.namespace, messages.c.native_id, conversations.c.thread)
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .where(
        tuple_(messages.c.channel_id, messages.c.namespace, messages.c.native_id).in_(
            bindparam("keys", expanding=True)
        )
    )
)
_BY_NAME = select(
    conversations.c.id, conversations.c.channel_id, conversations.c.thread, conversations.c.visibility
).where(tuple_(conversations.c.channel_id, conversations.c.thread).in_(bindparam("keys", expanding=True)))


def ancestors(tx: Tx, keys: Iterable[NativeKey]) -> list[Row]:
    """The conversation names of stored messages."""
    wanted = list(keys)
    return tx.rows(_ANCESTORS, {"keys": wanted}) if wanted else []


def by_name(tx: Tx, keys: Iterable[ChannelKey]) -> dict[ChannelKey, Row]:
    """Stored conversations by channel and name."""
    wanted = list(keys)
    if not wanted:
        return {}
    return {(row["channel_id"], row["thread"]): row for row in tx.rows(_BY_NAME, {"keys": wanted})}


def by_ids(tx: Tx, ids: Iterable[str]) -> list[Row]:
    """Stored conversations by id."""
    wanted = list(ids)
    query = select(conversations).where(conversations.c.id.in_(bindparam("ids", expanding=True)))
    return tx.rows(query, {"ids": wanted}) if wanted else []


def insert(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert (id, channel_id, thread, visibility, created_at) where the name is new."""
    columns = ("id", "channel_id", "thread", "visibility", "created_at")
    bulk.insert(tx, "conversations", columns, rows, conflict=("channel_id", "thread"))


def move_messages(tx: Tx, old: str, new: str) -> None:
    """Put every message of one conversation into another."""
    tx.execute(update(messages).where(messages.c.conversation_id == old).values(conversation_id=new))


def cases_of(tx: Tx, conversation_id: str) -> dict[str, str]:
    """author id ('' in a private conversation) -> case id."""
    query = select(conversation_cases.c.author_id, conversation_cases.c.case_id).where(
        conversation_cases.c.conversation_id == conversation_id
    )
    return {row["author_id"]: row["case_id"] for row in tx.rows(query)}


def give_case(tx: Tx, conversation_id: str, author_id: str, case_id: str) -> None:
    """Hand an author's case over to another conversation."""
    bulk.insert(
        tx,
        "conversation_cases",
        ("conversation_id", "author_id", "case_id"),
        [(conversation_id, author_id, case_id)],
        conflict=("conversation_id", "author_id"),
    )


def remove(tx: Tx, conversation_id: str) -> None:
    """Remove a conversation that has become empty."""
    tx.execute(delete(conversation_cases).where(conversation_cases.c.conversation_id == conversation_id))
    tx.execute(delete(conversations).where(conversations.c.id == conversation_id))
