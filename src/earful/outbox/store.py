"""The SQL of the outbox."""

from typing import Any

from sqlalchemy import or_, select, tuple_, update

from earful.store import bulk
from earful.store.tables import channels, messages, outbox, users
from earful.store.tx import Row, Tx

_WITH_TARGET = (
    select(
        outbox,
        channels.c.network,
        users.c.name.label("user_name"),
        messages.c.native_id.label("target_native_id"),
        messages.c.namespace.label("target_namespace"),
        messages.c.thread.label("target_thread"),
        messages.c.author.label("target_author"),
        messages.c.visibility.label("target_visibility"),
        messages.c.subject.label("target_subject"),
        messages.c.data.label("target_data"),
        messages.c.parent_native_id.label("target_parent"),
        channels.c.handle.label("channel_handle"),
        channels.c.name.label("channel_name"),
    )
    .join(messages, messages.c.id == outbox.c.in_reply_to)
    .join(channels, channels.c.id == outbox.c.channel_id)
    .join(users, users.c.id == outbox.c.user_id)
)


def insert(tx: Tx, row: dict[str, Any]) -> bool:
    """Queue a reply; False when its id is already there."""
    done = bulk.insert(tx, "outbox", tuple(row), [tuple(row.values())], conflict=("id",), returning="id")
    return bool(done)


def find(tx: Tx, reply_id: str) -> Row | None:
    """One reply, locked against others' changes."""
    return tx.row(select(outbox).where(outbox.c.id == reply_id).with_for_update())


def cancelled_of(tx: Tx, case_id: str) -> list[str]:
    """Replies of a case that were taken back."""
    wanted = outbox.c.case_id == case_id, outbox.c.state == "cancelled"
    return [row["id"] for row in tx.rows(select(outbox.c.id).where(*wanted))]


def with_target(tx: Tx, reply_id: str) -> Row | None:
    """One reply with the message that it answers."""
    return tx.row(_WITH_TARGET.where(outbox.c.id == reply_id))


def due(tx: Tx, now: int, limit: int) -> list[Row]:
    """Replies to be sent or looked for, oldest first.

    A case's replies go out one after the other; one that only a person can settle any more holds up nothing.
    """
    earlier = outbox.alias("earlier")
    blocked = (
        select(earlier.c.id)
        .where(
            earlier.c.case_id == outbox.c.case_id,
            tuple_(earlier.c.queued_at, earlier.c.id) < tuple_(outbox.c.queued_at, outbox.c.id),
            or_(
                earlier.c.state.in_(("queued", "sending")),
                (earlier.c.state == "unknown") & earlier.c.due_at.is_not(None),
            ),
        )
        .exists()
    )
    query = (
        select(outbox.c.id, outbox.c.state)
        .where(
            outbox.c.due_at <= now,
            or_(outbox.c.state == "unknown", (outbox.c.state == "queued") & ~blocked),
        )
        .order_by(outbox.c.due_at)
        .limit(limit)
    )
    return tx.rows(query)


def cut_off(tx: Tx, now: int) -> list[Row]:
    """Replies whose sender stopped in the middle."""
    query = select(outbox).where(outbox.c.state == "sending", outbox.c.lease_until < now)
    return tx.rows(query.with_for_update())


def change(tx: Tx, reply_id: str, was: str, values: dict[str, Any]) -> bool:
    """Change a reply that is in state `was`; False when it is not any more."""
    done = tx.execute(update(outbox).where(outbox.c.id == reply_id, outbox.c.state == was).values(values))
    return bool(done.rowcount)


def join_message(tx: Tx, channel_id: str, namespace: str, native_id: str, reply_id: str) -> None:
    """Tie a sent reply to the message that it became."""
    message_id = tx.value(
        select(messages.c.id).where(
            messages.c.channel_id == channel_id,
            messages.c.namespace == namespace,
            messages.c.native_id == native_id,
        )
    )
    tx.execute(update(outbox).where(outbox.c.id == reply_id).values(message_id=message_id))


def target(tx: Tx, message_id: str) -> Row | None:
    """The message to be answered, with its channel."""
    query = (
        select(
            messages.c.id,
            messages.c.case_id,
            messages.c.channel_id,
            messages.c.visibility,
            messages.c.direction,
            messages.c.subject,
            messages.c.deleted_at,
            messages.c.occurred_at,
            channels.c.network,
            channels.c.enabled,
        )
        .join(channels, channels.c.id == messages.c.channel_id)
        .where(messages.c.id == message_id)
    )
    return tx.row(query)
