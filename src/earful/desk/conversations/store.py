"""The SQL of conversations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select, update

from earful.store import bulk
from earful.store.tables import conversation_cases, conversations, messages
from earful.store.tx import Tx

NativeKey = tuple[str, str, str]
"""(channel id, namespace, native id)."""

_ANCESTORS = (
    "SELECT messages.namespace, messages.native_id, conversations.thread\n"
    "FROM messages\n"
    "JOIN conversations ON conversations.id = messages.conversation_id\n"
    "WHERE messages.channel_id = ? AND messages.namespace = ? AND messages.native_id IN ??"
)
_BY_NAME = "SELECT id, thread, visibility FROM conversations WHERE channel_id = ? AND thread IN ??"
_COLUMNS = ("id", "channel_id", "thread", "visibility", "created_at")


def ancestors(tx: Tx, keys: Iterable[NativeKey]) -> list[bulk.Record]:
    """The conversation names of stored messages."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for channel_id, namespace, native_id in keys:
        groups[channel_id, namespace].append(native_id)
    return [
        row
        for group, native_ids in groups.items()
        for row in bulk.select(tx, _ANCESTORS, [*group, native_ids])
    ]


def by_name(tx: Tx, channel_id: str, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(id, visibility) of a channel's stored conversations, by name."""
    wanted = list(names)
    rows = bulk.tuples(tx, _BY_NAME, [channel_id, wanted]) if wanted else []
    return {name: (conversation_id, visibility) for conversation_id, name, visibility in rows}


def by_ids(tx: Tx, ids: Iterable[str]) -> list[bulk.Record]:
    """(id, visibility) of stored conversations."""
    wanted = list(ids)
    sql = "SELECT id, visibility FROM conversations WHERE id IN ??"
    return bulk.select(tx, sql, [wanted]) if wanted else []


def insert(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Insert (id, channel_id, thread, visibility, created_at) where the name is new; whether all were."""
    return bulk.insert_absent(tx, "conversations", _COLUMNS, rows, ("channel_id", "thread")) == len(rows)


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
