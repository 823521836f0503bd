"""The SQL of notices: mentions, follows, and who was told what."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store.tables import (
    case_follows,
    cases,
    messages,
    note_mentions,
    notes,
    notices,
    outbox,
    users,
)
from earful.store.tx import Row, Tx

_LISTED = (
    select(
        notices,
        cases.c.number,
        cases.c.title,
        cases.c.person_name,
        cases.c.network,
        users.c.name.label("actor"),
        notes.c.text.label("said"),
    )
    .join(cases, cases.c.id == notices.c.case_id, isouter=True)
    .join(users, users.c.id == notices.c.actor_id, isouter=True)
    .join(notes, "n-" + notes.c.id == notices.c.place, isouter=True)
)


def put_mentions(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep whom a note names."""
    if rows:
        tx.execute(insert(note_mentions), [dict(row) for row in rows])


def mentions_of(tx: Tx, case_id: str) -> list[Row]:
    """Mentions in the notes of a case."""
    query = select(note_mentions).join(notes, notes.c.id == note_mentions.c.note_id)
    return tx.rows(query.where(notes.c.case_id == case_id).order_by(note_mentions.c.start))


def mentions_in(tx: Tx, note_ids: Sequence[str]) -> list[Row]:
    """Mentions in some notes."""
    return tx.rows(select(note_mentions).where(note_mentions.c.note_id.in_(note_ids)))


def follow(tx: Tx, case_id: str, user_id: str, now: int) -> bool:
    """Follow a case; False when they did already."""
    made = (postgresql if tx.is_postgresql else sqlite).insert(case_follows)
    query = made.values(case_id=case_id, user_id=user_id, at=now).on_conflict_do_nothing()
    return bool(tx.execute(query).rowcount)


def unfollow(tx: Tx, case_id: str, user_id: str) -> bool:
    """Follow it no more; False when they did not."""
    where = case_follows.c.case_id == case_id, case_follows.c.user_id == user_id
    return bool(tx.execute(delete(case_follows).where(*where)).rowcount)


def followers(tx: Tx, case_ids: Sequence[str]) -> list[Row]:
    """(case, user) of those who follow cases."""
    return tx.rows(select(case_follows).where(case_follows.c.case_id.in_(case_ids)))


def move(tx: Tx, gone: str, kept: str) -> None:
    """A case became part of another: its notices and who follows it too."""
    for row in followers(tx, [gone]):
        follow(tx, kept, row["user_id"], row["at"])
    tx.execute(delete(case_follows).where(case_follows.c.case_id == gone))
    tx.execute(update(notices).where(notices.c.case_id == gone).values(case_id=kept))


def cases_now(tx: Tx, case_ids: Sequence[str]) -> dict[str, Row]:
    """Who has cases, by id."""
    query = select(cases.c.id, cases.c.assignee_id).where(cases.c.id.in_(case_ids))
    return {row["id"]: row for row in tx.rows(query)}


def said_by_customers(tx: Tx, message_ids: Sequence[str]) -> list[str]:
    """Of messages, those that a customer just said, in order: not imported, edited or deleted ones."""
    query = select(messages.c.id).where(
        messages.c.id.in_(message_ids),
        messages.c.direction == "inbound",
        messages.c.backfill.is_(False),
        messages.c.edited_at.is_(None),
        messages.c.deleted_at.is_(None),
    )
    return [row["id"] for row in tx.rows(query.order_by(messages.c.occurred_at, messages.c.seq))]


def writers(tx: Tx, reply_ids: Sequence[str]) -> dict[str, str]:
    """reply -> who wrote it."""
    query = select(outbox.c.id, outbox.c.user_id).where(outbox.c.id.in_(reply_ids))
    return {row["id"]: row["user_id"] for row in tx.rows(query)}


def open_one(tx: Tx, user_id: str, topic: str, since: int) -> Row | None:
    """The unread notice of a topic that a new one joins."""
    query = select(notices).where(
        notices.c.user_id == user_id,
        notices.c.topic == topic,
        notices.c.at >= since,
        notices.c.read_at.is_(None),
        notices.c.mail_id.is_(None),
    )
    return tx.row(query.order_by(notices.c.at.desc(), notices.c.id.desc()).limit(1))


def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a notice."""
    tx.execute(insert(notices).values(row))


def change(tx: Tx, notice_id: str, values: Mapping[str, Any]) -> None:
    """Change one."""
    tx.execute(update(notices).where(notices.c.id == notice_id).values(values))


def find(tx: Tx, user_id: str, notice_id: str) -> Row | None:
    """A notice of somebody."""
    return tx.row(_LISTED.where(notices.c.user_id == user_id, notices.c.id == notice_id))


def listed(tx: Tx, user_id: str, most: int, before: tuple[int, str] | None, *, unread: bool) -> list[Row]:
    """Notices in the app, the newest first, from a place on."""
    query = _LISTED.where(notices.c.user_id == user_id, notices.c.app)
    if unread:
        query = query.where(notices.c.read_at.is_(None))
    if before is not None:
        at, last = before
        query = query.where(or_(notices.c.at < at, (notices.c.at == at) & (notices.c.id < last)))
    return tx.rows(query.order_by(notices.c.at.desc(), notices.c.id.desc()).limit(most))


def to_show(tx: Tx, user_id: str, since: int, most: int) -> list[Row]:
    """Unread notices that the browser shows, made or changed since an instant, oldest first."""
    query = _LISTED.where(
        notices.c.user_id == user_id, notices.c.browser, notices.c.read_at.is_(None), notices.c.at >= since
    )
    return tx.rows(query.order_by(notices.c.at, notices.c.id).limit(most))


def unread(tx: Tx, user_id: str, most: int) -> int:
    """How many are unread in the app, counted up to `most`."""
    some = select(notices.c.id).where(
        notices.c.user_id == user_id, notices.c.read_at.is_(None), notices.c.app
    )
    return int(tx.value(select(func.count()).select_from(some.limit(most).subquery())))


def read(tx: Tx, user_id: str, now: int, *, notice_id: str = "", case_id: str = "") -> int:
    """Mark unread ones as read: one, those of a case, or all. Returns how many."""
    query = update(notices).where(notices.c.user_id == user_id, notices.c.read_at.is_(None))
    if notice_id:
        query = query.where(notices.c.id == notice_id)
    if case_id:
        query = query.where(notices.c.case_id == case_id)
    return tx.execute(query.values(read_at=now)).rowcount


def read_back(tx: Tx, user_id: str, at: int) -> int:
    """Take back what was marked as read at an instant."""
    query = update(notices).where(notices.c.user_id == user_id, notices.c.read_at == at)
    return tx.execute(query.values(read_at=None)).rowcount


def purge(tx: Tx, before: int, most: int) -> None:
    """Forget what was read and is older than an instant."""
    old = select(notices.c.id).where(notices.c.at < before, notices.c.read_at.is_not(None)).limit(most)
    ids = [row["id"] for row in tx.rows(old)]
    if ids:
        tx.execute(delete(notices).where(notices.c.id.in_(ids)))
