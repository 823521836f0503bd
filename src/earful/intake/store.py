"""The SQL of intake: deliveries, messages, revisions, tombstones, channel cursors, refusals."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.intake import rules
from earful.model.message import Change, IncomingMessage
from earful.model.time import instant
from earful.store import bulk
from earful.store.tables import (
    channel_cursors,
    channels,
    conversations,
    deliveries,
    messages,
    refusals,
    reports,
    revisions,
    wanted,
)
from earful.store.tx import Row, Tx

MESSAGE_COLUMNS = (
    "id", "channel_id", "namespace", "native_id", "direction", "kind", "visibility", "text", "html",
    "subject", "thread", "parent_native_id", "author", "data", "occurred_at", "received_at", "edited_at",
    "deleted_at", "revision", "backfill", "delivery_id",
)  # fmt: skip
IDENTITY = ("channel_id", "namespace", "native_id")

MessageRow = tuple[Any, ...]


def message_row(
    message: IncomingMessage, message_id: str, channel_id: str, delivery_id: str, now: int
) -> MessageRow:
    """The row of a message's first sight."""
    version = rules.version_of(message)
    gone = message.change is Change.DELETE
    return (
        message_id,
        channel_id,
        rules.clean(message.namespace),
        rules.clean(message.native_id),
        message.direction.value,
        message.kind.value,
        message.visibility.value,
        "" if gone else version.text,
        "" if gone else version.html,
        "" if gone else version.subject,
        rules.clean(message.thread),
        rules.clean(message.parent_id),
        rules.author_json(message),
        "{}" if gone else rules.extras_json(message),
        instant(message.occurred_at) if message.edited_at is not None else version.at,
        now,
        version.at if message.edited_at is not None and not gone else None,
        version.at if gone else None,
        "" if gone else version.revision,
        message.backfill,
        delivery_id,
    )


def insert_delivery(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep the raw bytes. False when the network's delivery id is already known."""
    return bool(insert_deliveries(tx, [row]))


def insert_deliveries(tx: Tx, rows: Sequence[dict[str, Any]]) -> int:
    """Keep raw bytes; rows have the same columns in the same order. Returns how many were not known."""
    conflict = ("channel_id", "native_delivery_id")
    return bulk.insert_absent(
        tx, "deliveries", tuple(rows[0]), [tuple(row.values()) for row in rows], conflict
    )


def purge_old(tx: Tx, before: int, now: int, limit: int) -> int:
    """Let the raw bytes of old deliveries go; keys, times and checksums stay. Returns how many."""
    old = (
        select(deliveries.c.seq)
        .where(deliveries.c.received_at < before, deliveries.c.purged_at.is_(None))
        .limit(limit)
    )
    done = tx.execute(
        update(deliveries).where(deliveries.c.seq.in_(old)).values(body=b"", headers="{}", purged_at=now)
    )
    return int(done.rowcount)


def purge_alone(tx: Tx, delivery_id: str, now: int) -> None:
    """Let the raw bytes of a delivery go that carried one message only, which was deleted."""
    tx.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.messages == 1)
        .values(body=b"", headers="{}", purged_at=now)
    )


def note_brought(tx: Tx, delivery_id: str, count: int) -> None:
    """How many messages were first seen in a delivery, where it is not all of them."""
    tx.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(brought=count))


def insert_messages(tx: Tx, rows: Sequence[MessageRow]) -> list[str]:
    """Insert those whose identity is new; returns their ids in log order of insertion."""
    ids = [row[0] for row in rows]
    if bulk.insert_absent(tx, "messages", MESSAGE_COLUMNS, rows, IDENTITY) == len(rows):
        return ids
    kept = {row["id"] for row in bulk.select(tx, "SELECT id FROM messages WHERE id IN ??", [ids])}
    return [message_id for message_id in ids if message_id in kept]


def find_message(tx: Tx, channel_id: str, namespace: str, native_id: str) -> Row | None:
    """A stored message by its identity, locked against others' changes."""
    query = select(messages).where(
        messages.c.channel_id == channel_id,
        messages.c.namespace == namespace,
        messages.c.native_id == native_id,
    )
    return tx.row(query.with_for_update())


def update_message(tx: Tx, message_id: str, values: dict[str, Any]) -> None:
    """Change a stored message."""
    tx.execute(update(messages).where(messages.c.id == message_id).values(**values))


def keep_revision(tx: Tx, message_id: str, version: rules.Version, now: int) -> bool:
    """Keep a wording; the latest time of a known one wins. True when it was new."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    known = tx.row(
        select(revisions.c.edited_at).where(
            revisions.c.message_id == message_id, revisions.c.revision == version.revision
        )
    )
    statement = upsert(revisions).values(
        message_id=message_id,
        revision=version.revision,
        edited_at=version.at,
        text=version.text,
        html=version.html,
        subject=version.subject,
        received_at=now,
    )
    latest = func.greatest if tx.is_postgresql else func.max
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[revisions.c.message_id, revisions.c.revision],
            set_={"edited_at": latest(revisions.c.edited_at, statement.excluded.edited_at)},
        )
    )
    return known is None


def drop_revisions(tx: Tx, message_id: str) -> None:
    """Forget every earlier wording: the duty to delete."""
    tx.execute(delete(revisions).where(revisions.c.message_id == message_id))


def move_cursors(tx: Tx, channel_id: str, cursors: dict[str, str], now: int) -> None:
    """Set a channel's cursors in the transaction of what they stand for."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    for name, value in cursors.items():
        statement = upsert(channel_cursors).values(
            channel_id=channel_id, name=name, value=value, moved_at=now
        )
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=[channel_cursors.c.channel_id, channel_cursors.c.name],
                set_={"value": value, "moved_at": now},
            )
        )


def cursor(tx: Tx, channel_id: str, name: str) -> str | None:
    """A channel's cursor as committed."""
    found: str | None = tx.value(
        select(channel_cursors.c.value).where(
            channel_cursors.c.channel_id == channel_id, channel_cursors.c.name == name
        )
    )
    return found


def note_received(tx: Tx, channel_id: str, now: int) -> None:
    """A delivery is the best proof of life."""
    sql = (
        "UPDATE channels SET last_received_at = ?, last_alive_at = ?, trouble = '', trouble_at = NULL\n"
        "WHERE id = ?"
    )
    bulk.run(tx, sql, (now, now, channel_id))


def note_alive(tx: Tx, channel_id: str, now: int) -> None:
    """The network answered."""
    tx.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(last_alive_at=now, trouble="", trouble_at=None)
    )


def note_trouble(tx: Tx, channel_id: str, what: str, now: int) -> None:
    """Something is wrong with a channel, in words."""
    tx.execute(update(channels).where(channels.c.id == channel_id).values(trouble=what, trouble_at=now))


def count_refusal(tx: Tx, day: str, place: str, reason: str, now: int) -> None:
    """Count a refused delivery; nothing else of it is kept."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(refusals).values(day=day, place=place, reason=reason, count=1, last_at=now)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[refusals.c.day, refusals.c.place, refusals.c.reason],
            set_={"count": refusals.c.count + 1, "last_at": now},
        )
    )


def waiting_deliveries(tx: Tx, channel_ids: Sequence[str], limit: int) -> list[Row]:
    """The oldest deliveries of these channels that wait to be read."""
    query = (
        select(deliveries)
        .where(
            text("deliveries.state <> 'read'"),
            deliveries.c.state == "waiting",
            deliveries.c.channel_id.in_(channel_ids),
        )
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return tx.rows(query)


def note_read(tx: Tx, rows: Sequence[tuple[str, int, int]]) -> None:
    """Deliveries were read: (id, messages in it, new rows among them)."""
    statement = (
        update(deliveries)
        .where(deliveries.c.id == bindparam("delivery"))
        .values(
            state="read",
            why="",
            messages=bindparam("count"),
            brought=deliveries.c.brought + bindparam("fresh"),
        )
    )
    tx.execute(statement, [{"delivery": one, "count": count, "fresh": fresh} for one, count, fresh in rows])


def note_unread(tx: Tx, delivery_id: str, why: str) -> None:
    """A delivery could not be read, or not whole. Its raw bytes stay as long as any."""
    tx.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(state="unread", why=why))


def want(tx: Tx, channel_id: str, whats: Sequence[str], now: int) -> None:
    """Note what is to be fetched."""
    rows = [(channel_id, what, now) for what in dict.fromkeys(whats)]
    bulk.insert_absent(tx, "wanted", ("channel_id", "what", "due_at"), rows, ("channel_id", "what"))


def wanted_now(tx: Tx, channel_id: str, now: int, limit: int) -> list[Row]:
    """What of a channel is to be fetched now."""
    query = (
        select(wanted)
        .where(wanted.c.channel_id == channel_id, wanted.c.due_at <= now)
        .order_by(wanted.c.due_at)
        .limit(limit)
    )
    return tx.rows(query)


def fetched(tx: Tx, channel_id: str, what: str) -> None:
    """It was fetched, or is not there any more."""
    tx.execute(delete(wanted).where(wanted.c.channel_id == channel_id, wanted.c.what == what))


def fetch_later(tx: Tx, channel_id: str, what: str, due_at: int, why: str) -> None:
    """It could not be fetched now."""
    tx.execute(
        update(wanted)
        .where(wanted.c.channel_id == channel_id, wanted.c.what == what)
        .values(tries=wanted.c.tries + 1, due_at=due_at, error=why[:1_000])
    )


def recent(tx: Tx, channel_id: str, since: int, limit: int) -> list[Row]:
    """What customers wrote on a channel since then and is still there, the newest first."""
    query = (
        select(messages.c.namespace, messages.c.native_id, messages.c.occurred_at)
        .where(
            messages.c.channel_id == channel_id,
            messages.c.direction == "inbound",
            messages.c.deleted_at.is_(None),
            messages.c.occurred_at >= since,
        )
        .order_by(messages.c.seq.desc())
        .limit(limit)
    )
    return tx.rows(query)


def own_posts(tx: Tx, channel_id: str, most: int) -> list[Row]:
    """What we posted ourselves on a channel, the newest first."""
    query = (
        select(messages.c.text, messages.c.occurred_at, messages.c.data)
        .where(
            messages.c.channel_id == channel_id,
            messages.c.direction == "outbound",
            messages.c.kind == "post",
            messages.c.deleted_at.is_(None),
        )
        .order_by(messages.c.occurred_at.desc(), messages.c.id.desc())
        .limit(most)
    )
    return tx.rows(query)


def insert_report(tx: Tx, values: dict[str, Any]) -> bool:
    """Keep what a network reported of a reply. False when it is known."""
    key = ("channel_id", "namespace", "native_id", "state")
    return bool(bulk.insert_absent(tx, "reports", tuple(values), [tuple(values.values())], key))


def reports_of(tx: Tx, channel_id: str, namespace: str, native_id: str) -> list[Row]:
    """What a network reported of one reply. It may name it without its namespace."""
    query = select(reports).where(
        reports.c.channel_id == channel_id,
        reports.c.namespace.in_((namespace, "")),
        reports.c.native_id == native_id,
    )
    return tx.rows(query)


def read_among(tx: Tx, channel_id: str, native_ids: Sequence[str]) -> set[str]:
    """Those of replies that were reported as read."""
    query = select(reports.c.native_id).where(
        reports.c.channel_id == channel_id,
        reports.c.namespace == "",
        reports.c.native_id.in_(native_ids),
        reports.c.state == "read",
    )
    return {row["native_id"] for row in tx.rows(query)}


READ_AT_ONCE = 50
"""Messages that one mark may say are read: what is older was read long ago."""


def ours_until(tx: Tx, channel_id: str, conversation: str, at: int) -> list[str]:
    """Native ids of the newest messages of ours in a conversation (by its name), not later than a moment."""
    query = (
        select(messages.c.native_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            conversations.c.channel_id == channel_id,
            conversations.c.thread == conversation,
            messages.c.direction == "outbound",
            messages.c.occurred_at <= at,
        )
        .order_by(messages.c.occurred_at.desc())
        .limit(READ_AT_ONCE)
    )
    return [row["native_id"] for row in tx.rows(query)]


def raw_of(tx: Tx, message_id: str) -> bytes:
    """The raw bytes of the delivery of a message that came alone; empty for none."""
    query = (
        select(deliveries.c.body)
        .join(messages, messages.c.delivery_id == deliveries.c.id)
        .where(messages.c.id == message_id, deliveries.c.messages == 1, deliveries.c.purged_at.is_(None))
    )
    return bytes(tx.value(query) or b"")
