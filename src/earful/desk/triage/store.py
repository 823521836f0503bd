"""The SQL of what people tell triage: corrections, settings, topics."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from earful.model.rating import Rating
from earful.store import bulk
from earful.store.tables import (
    channels,
    corrections,
    messages,
    ratings,
    tokens,
    topics,
    triage_settings,
    users,
)
from earful.store.tx import Row, Tx
from earful.triage.record import record_of

NEAR = 20_000
"""Events among which the newest of a kind is looked for."""
_MESSAGE = (
    messages.c.id, messages.c.seq, messages.c.case_id, messages.c.text, messages.c.subject, messages.c.kind,
    messages.c.visibility, messages.c.author, messages.c.data, messages.c.occurred_at, messages.c.deleted_at,
    messages.c.direction, channels.c.network,
)  # fmt: skip


def message(tx: Tx, message_id: str, *, hold: bool = False) -> Row | None:
    """A message with its rating as `rating` and as triage gave it as `machine`; locked with `hold`."""
    if hold:
        tx.row(select(ratings.c.message_id).where(ratings.c.message_id == message_id).with_for_update())
    query = (
        select(*_MESSAGE, ratings.c.data.label("rating"), ratings.c.machine, ratings.c.group_id)
        .join(channels, channels.c.id == messages.c.channel_id)
        .join(ratings, ratings.c.message_id == messages.c.id, isouter=True)
        .where(messages.c.id == message_id)
    )
    return tx.row(query)


def keep_rating(tx: Tx, message_id: str, rating: Rating, machine: str | None) -> None:
    """Replace a stored rating; when it was rated stays."""
    record = record_of(rating)
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    tx.execute(update(ratings).where(ratings.c.message_id == message_id).values(**values, machine=machine))


def insert_correction(tx: Tx, row: Mapping[str, Any]) -> None:
    """Keep a correction."""
    tx.execute(insert(corrections).values(row))


def correction(tx: Tx, correction_id: str) -> Row | None:
    """One correction."""
    return tx.row(select(corrections).where(corrections.c.id == correction_id))


def undo_correction(tx: Tx, correction_id: str, now: int) -> bool:
    """Mark a correction as taken back; False when it was already."""
    wanted = corrections.c.id == correction_id, corrections.c.undone_at.is_(None)
    return bool(tx.execute(update(corrections).where(*wanted).values(undone_at=now)).rowcount)


def corrections_of(tx: Tx, message_id: str) -> list[Row]:
    """Every correction of a message with who made it, oldest first, those taken back included."""
    query = (
        select(corrections, func.coalesce(users.c.name, tokens.c.name, "").label("user_name"))
        .join(users, users.c.id == corrections.c.user_id, isouter=True)
        .join(tokens, ("token:" + tokens.c.id) == corrections.c.user_id, isouter=True)
        .where(corrections.c.message_id == message_id)
        .order_by(corrections.c.seq)
    )
    return tx.rows(query)


def setting(tx: Tx, seq: int) -> Row | None:
    """One row of the settings, in force or not."""
    return tx.row(select(triage_settings).where(triage_settings.c.seq == seq))


def insert_setting(tx: Tx, row: Mapping[str, Any]) -> int:
    """Put settings in force; returns their place."""
    tx.execute(insert(triage_settings).values(row))
    return int(tx.value(select(triage_settings.c.seq).where(triage_settings.c.id == row["id"])))


def all_topics(tx: Tx) -> list[Row]:
    """Every own topic, archived ones included, by title."""
    return tx.rows(select(topics).order_by(topics.c.title, topics.c.name))


def topic_examples(tx: Tx) -> list[Row]:
    """`value`, `message_id` of the corrections of topic that stand, newest last; none of deleted messages."""
    query = (
        select(corrections.c.message_id, corrections.c.value)
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(
            corrections.c.field == "topic",
            corrections.c.undone_at.is_(None),
            messages.c.deleted_at.is_(None),
        )
        .order_by(corrections.c.seq)
    )
    return tx.rows(query)


def insert_topic(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep a topic; False when there is one of that name."""
    columns = tuple(row)
    done = bulk.insert(tx, "topics", columns, [tuple(row.values())], conflict=("name",), returning="name")
    return bool(done)


def archive_topic(tx: Tx, topic_id: str, at: int | None) -> bool:
    """Archive a topic, or bring it back with None; False when there is none."""
    done = tx.execute(update(topics).where(topics.c.id == topic_id).values(archived_at=at))
    return bool(done.rowcount)


def topic(tx: Tx, topic_id: str) -> Row | None:
    """One own topic."""
    return tx.row(select(topics).where(topics.c.id == topic_id))


def recent_cases(tx: Tx, since: int, limit: int) -> list[Row]:
    """Cases with something said since, newest first."""
    # Written for the driver: the what-if reads thousands of them.
    sql = (
        "SELECT id, number, title, person_name, priority, status, last_message_at FROM cases\n"
        "WHERE status IN ?? AND last_message_at >= ? ORDER BY last_message_at DESC LIMIT ?"
    )
    return list(bulk.select(tx, sql, [["open", "waiting", "snoozed", "closed"], since, limit]))


_RATED = (
    "SELECT messages.id, messages.case_id, messages.direction, messages.kind, messages.occurred_at,\n"
    "  messages.deleted_at IS NOT NULL, ratings.data\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ??"
)


def rated_in(tx: Tx, case_ids: Iterable[str]) -> Sequence[tuple[Any, ...]]:
    """(id, case, direction, kind, at, deleted, rating) of every message of cases."""
    wanted = list(case_ids)
    return bulk.tuples(tx, _RATED, [wanted]) if wanted else []


_TO_WEIGH = (
    "SELECT id, number FROM cases WHERE number > ? AND status IN ('open', 'waiting', 'snoozed')\n"
    "ORDER BY number LIMIT ?"
)


def cases_to_weigh(tx: Tx, after: int, limit: int) -> list[tuple[str, int]]:
    """(id, number) of the next cases that are not closed."""
    return [(case_id, number) for case_id, number in bulk.tuples(tx, _TO_WEIGH, [after, limit])]


def count_to_weigh(tx: Tx) -> int:
    """Cases that are not closed."""
    sql = "SELECT COALESCE(SUM(n), 0) FROM case_counts WHERE status IN ('open', 'waiting', 'snoozed')"
    return int(bulk.tuples(tx, sql)[0][0])


_RATINGS = (
    "SELECT ratings.message_id, ratings.data, ratings.priority FROM ratings\n"
    "JOIN messages ON messages.id = ratings.message_id\n"
    "WHERE messages.case_id IN ?? ORDER BY ratings.message_id"
)


def ratings_in(tx: Tx, case_ids: list[str]) -> list[tuple[str, str, int]]:
    """(message, rating, priority) of cases' messages, locked against raters and correctors."""
    sql = _RATINGS + (" FOR UPDATE OF ratings" if tx.is_postgresql else "")
    return [(one, data, priority) for one, data, priority in bulk.tuples(tx, sql, [case_ids])]


def set_priorities(tx: Tx, rows: Sequence[tuple[str, str, int]]) -> None:
    """Set (message, rating, priority)."""
    statement = update(ratings)
    for message_id, data, priority in rows:
        tx.execute(statement.where(ratings.c.message_id == message_id).values(data=data, priority=priority))


def newest_event(tx: Tx, kind: str, subject: str) -> str | None:
    """The data of the newest event of a kind about something, among the newest of all."""
    sql = (
        "SELECT data FROM events WHERE seq > (SELECT COALESCE(MAX(seq), 0) - ? FROM events)\n"
        "AND type = ? AND subject = ? ORDER BY seq DESC LIMIT 1"
    )
    rows = bulk.tuples(tx, sql, [NEAR, kind, subject])
    return str(rows[0][0]) if rows else None
