"""The SQL of the outbox."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select, tuple_, update

from earful.store import bulk
from earful.store.tables import channels, messages, outbox, users
from earful.store.tx import Row, Tx

_before = outbox.alias("before")
_WITH_TARGET = (
    select(
        outbox,
        _before.c.native_id.label("before_native_id"),
        _before.c.namespace.label("before_namespace"),
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
    .join(
        _before,
        (_before.c.thread_id == outbox.c.thread_id)
        & (_before.c.part == outbox.c.part - 1)
        & (_before.c.case_id == outbox.c.case_id),
        isouter=True,
    )
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
    unsent = (
        select(_before.c.id)
        .where(
            _before.c.case_id == outbox.c.case_id,
            _before.c.thread_id == outbox.c.thread_id,
            _before.c.part == outbox.c.part - 1,
            _before.c.state.not_in(("sent", "delivered", "read")),
        )
        .exists()
    )
    query = (
        select(outbox.c.id, outbox.c.state)
        .where(
            outbox.c.due_at <= now,
            or_(outbox.c.state == "unknown", (outbox.c.state == "queued") & ~blocked & ~unsent),
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


def newest_seq(tx: Tx, case_id: str) -> int:
    """The place of the newest message of a case; 0 for none."""
    return int(tx.value(select(func.max(messages.c.seq)).where(messages.c.case_id == case_id)) or 0)


def said_since(tx: Tx, case_id: str, seq: int, except_id: str) -> list[Row]:
    """Messages of a case after a place that are still there, without those that one colleague wrote here."""
    own = (
        select(outbox.c.id)
        .where(outbox.c.message_id == messages.c.id, outbox.c.user_id == except_id)
        .exists()
    )
    query = (
        select(messages.c.id, messages.c.seq, messages.c.direction, messages.c.text, messages.c.occurred_at)
        .where(
            messages.c.case_id == case_id,
            messages.c.seq > seq,
            messages.c.deleted_at.is_(None),
            messages.c.kind != "system",
            ~own,
        )
        .order_by(messages.c.seq)
    )
    return tx.rows(query)


def scheduled_due(tx: Tx, now: int, limit: int) -> list[Row]:
    """Scheduled replies whose time has come."""
    query = select(outbox).where(outbox.c.state == "scheduled", outbox.c.due_at <= now)
    return tx.rows(query.order_by(outbox.c.due_at).limit(limit).with_for_update())


def in_state(tx: Tx, state: str, case_ids: Sequence[str] = ()) -> list[Row]:
    """Replies in a state, oldest first; with `case_ids` only theirs."""
    query = select(outbox).where(outbox.c.state == state).order_by(outbox.c.queued_at)
    if case_ids:
        query = query.where(outbox.c.case_id.in_(case_ids))
    return tx.rows(query)


def waiting_beside(tx: Tx, reply_id: str, case_id: str, states: Sequence[str]) -> list[Row]:
    """Other replies of a case that are in one of these states, with who wrote them."""
    query = (
        select(outbox, users.c.name.label("user_name"))
        .join(users, users.c.id == outbox.c.user_id)
        .where(outbox.c.case_id == case_id, outbox.c.id != reply_id, outbox.c.state.in_(states))
        .order_by(outbox.c.queued_at)
    )
    return tx.rows(query)


def parts_after(tx: Tx, thread_id: str, part: int) -> list[Row]:
    """The later parts of a reply in parts, in order."""
    query = select(outbox).where(outbox.c.thread_id == thread_id, outbox.c.part > part)
    return tx.rows(query.order_by(outbox.c.part))


def join_message(tx: Tx, channel_id: str, namespace: str, native_id: str, reply_id: str) -> str:
    """Tie a sent reply to the message that it became. Returns the message."""
    message_id: str = tx.value(
        select(messages.c.id).where(
            messages.c.channel_id == channel_id,
            messages.c.namespace == namespace,
            messages.c.native_id == native_id,
        )
    )
    tx.execute(update(outbox).where(outbox.c.id == reply_id).values(message_id=message_id))
    return message_id


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
            messages.c.author,
            channels.c.network,
            channels.c.enabled,
        )
        .join(channels, channels.c.id == messages.c.channel_id)
        .where(messages.c.id == message_id)
    )
    return tx.row(query)


def by_native_id(tx: Tx, channel_id: str, namespace: str, native_id: str) -> Row | None:
    """A reply as its network names it, locked. An empty namespace is any: not every report says it."""
    query = select(outbox).where(outbox.c.channel_id == channel_id, outbox.c.native_id == native_id)
    if namespace:
        query = query.where(outbox.c.namespace == namespace)
    return tx.row(query.with_for_update())
