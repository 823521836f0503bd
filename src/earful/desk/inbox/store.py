"""The SQL of reading the inbox: lists, counts, and everything a case shows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from earful.store.tables import (
    case_counts,
    case_seen,
    case_tags,
    drafts,
    events,
    messages,
    notes,
    outbox,
    ratings,
    revisions,
    users,
)
from earful.store.tx import Row, Tx


def counts(tx: Tx) -> list[Row]:
    """Cases by status, assignee and network; a few hundred rows at most."""
    return tx.rows(select(case_counts).where(case_counts.c.n > 0))


def tags_of(tx: Tx, ids: Iterable[str]) -> dict[str, list[str]]:
    """The tags of cases, in order."""
    wanted = list(ids)
    query = (
        select(case_tags)
        .where(case_tags.c.case_id.in_(bindparam("ids", expanding=True)))
        .order_by(case_tags.c.tag)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in tx.rows(query, {"ids": wanted}) if wanted else []:
        found[row["case_id"]].append(row["tag"])
    return found


def notes_of(tx: Tx, case_id: str) -> list[Row]:
    """The notes of a case with their writers."""
    query = (
        select(notes, users.c.name.label("user_name"))
        .join(users, users.c.id == notes.c.user_id)
        .where(notes.c.case_id == case_id)
        .order_by(notes.c.written_at)
    )
    return tx.rows(query)


def seen_by(tx: Tx, user_id: str, ids: Iterable[str]) -> dict[str, int]:
    """case -> when a user last saw it."""
    wanted = list(ids)
    query = select(case_seen.c.case_id, case_seen.c.seen_at).where(
        case_seen.c.user_id == user_id, case_seen.c.case_id.in_(bindparam("ids", expanding=True))
    )
    rows = tx.rows(query, {"ids": wanted}) if wanted else []
    return {row["case_id"]: row["seen_at"] for row in rows}


def draft_of(tx: Tx, user_id: str, case_id: str) -> Row | None:
    """A user's draft for a case."""
    return tx.row(select(drafts).where(drafts.c.user_id == user_id, drafts.c.case_id == case_id))


def messages_of(tx: Tx, case_id: str, before: int | None, limit: int) -> list[Row]:
    """The newest messages of a case (older than `before`), with ratings, newest first."""
    query = (
        select(messages, ratings.c.data.label("rating"))
        .join(ratings, ratings.c.message_id == messages.c.id, isouter=True)
        .where(messages.c.case_id == case_id)
        .order_by(messages.c.occurred_at.desc(), messages.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(messages.c.occurred_at < before)
    return tx.rows(query)


def revisions_of(tx: Tx, message_ids: Iterable[str]) -> dict[str, list[Row]]:
    """Earlier wordings, oldest first."""
    wanted = list(message_ids)
    query = (
        select(revisions)
        .where(revisions.c.message_id.in_(bindparam("ids", expanding=True)))
        .order_by(revisions.c.edited_at)
    )
    found: dict[str, list[Row]] = defaultdict(list)
    for row in tx.rows(query, {"ids": wanted}) if wanted else []:
        found[row["message_id"]].append(row)
    return found


def acts_of(tx: Tx, case_id: str, kinds: Sequence[str]) -> list[Row]:
    """What people did to a case, oldest first."""
    query = (
        select(events.c.at, events.c.type, events.c.data, users.c.name.label("user_name"))
        .join(users, users.c.id == events.c.actor, isouter=True)
        .where(events.c.case_id == case_id, events.c.type.in_(kinds))
        .order_by(events.c.seq)
    )
    return tx.rows(query)


def replies_of(tx: Tx, case_id: str) -> list[Row]:
    """Replies of ours that are not (or not yet) a message of the case."""
    query = (
        select(outbox, users.c.name.label("user_name"))
        .join(users, users.c.id == outbox.c.user_id)
        .where(outbox.c.case_id == case_id, outbox.c.message_id.is_(None))
        .order_by(outbox.c.queued_at)
    )
    return tx.rows(query)


def senders_of(tx: Tx, case_id: str) -> dict[str, str]:
    """message id -> name of the colleague who wrote it here."""
    query = (
        select(outbox.c.message_id, users.c.name)
        .join(users, users.c.id == outbox.c.user_id)
        .where(outbox.c.case_id == case_id, outbox.c.message_id.is_not(None))
    )
    return {row["message_id"]: row["name"] for row in tx.rows(query)}
