"""The SQL of changing cases: their rows, the counts kept with them, and what hangs on them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store import bulk
from earful.store.tables import (
    case_clocks,
    case_counts,
    case_outcomes,
    case_returns,
    case_runs,
    case_seen,
    case_tags,
    cases,
    conversation_cases,
    drafts,
    events,
    handoffs,
    media,
    messages,
    notes,
    outbox,
    outcome_clocks,
    run_steps,
    sla_breaches,
)
from earful.store.tx import Row, Tx

CASE_COLUMNS = (
    "id", "person_id", "author_id", "title", "titled", "status", "outcome", "assignee_id", "priority",
    "severity", "kind", "topic", "sentiment", "network", "channel_id", "person_name", "handle", "preview",
    "tried_before", "reach_tier", "last_direction", "last_deleted", "message_count", "opened_at", "last_message_at",
    "awaiting_since", "window_until", "snoozed_until", "closed_at", "version", "spoken_version",
)  # fmt: skip

_BY_ID = {
    "sqlite": "SELECT * FROM cases WHERE id IN ??",
    "postgresql": "SELECT * FROM cases WHERE id IN ?? FOR UPDATE",
}
_NAMED = '%"window"%'
_SAID = (
    "SELECT messages.id, messages.case_id, messages.direction, messages.kind, messages.occurred_at,\n"
    "  messages.text, messages.subject, messages.deleted_at, messages.channel_id, messages.visibility,\n"
    "  ratings.data AS rating,\n"
    # Few messages name a window of their own, and the data of all others would be read for nothing.
    "  CASE WHEN messages.data LIKE ? THEN messages.data ELSE '' END AS data\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ??"
)


def by_ids(tx: Tx, ids: Iterable[str]) -> dict[str, Row]:
    """Cases by id, locked against others' changes."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {row["id"]: row for row in bulk.select(tx, _BY_ID[tx.dialect], [wanted])}


def find(tx: Tx, case_id: str) -> Row | None:
    """One case, locked against others' changes."""
    return tx.row(select(cases).where(cases.c.id == case_id).with_for_update())


def said_in(tx: Tx, ids: Iterable[str]) -> dict[str, list[Row]]:
    """The messages of cases, with their ratings."""
    wanted = list(ids)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in bulk.select(tx, _SAID, [_NAMED, wanted]) if wanted else []:
        found[row["case_id"]].append(row)
    return found


def insert(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert cases and count them."""
    bulk.insert(tx, "cases", CASE_COLUMNS, [tuple(row[name] for name in CASE_COLUMNS) for row in rows])
    count(tx, [], rows)


def update_case(tx: Tx, before: Row, values: dict[str, Any]) -> None:
    """Change one case, count it where it now stands, and move its version on."""
    after = dict(before) | values
    tx.execute(
        update(cases).where(cases.c.id == before["id"]).values(**values, version=before["version"] + 1)
    )
    count(tx, [before], [after])


_FACTS = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "title", "status", "outcome", "priority", "severity", "kind", "topic", "sentiment", "network",
                "channel_id", "preview", "tried_before", "reach_tier", "last_direction", "last_deleted",
                "message_count", "opened_at", "last_message_at", "awaiting_since", "window_until",
                "snoozed_until", "closed_at",
            )
        }
        | {"version": cases.c.version + 1, "spoken_version": cases.c.version + 1}
    )
)  # fmt: skip


def update_facts(tx: Tx, before: Sequence[Row], after: Sequence[Mapping[str, Any]]) -> None:
    """Change many cases to what their messages now say."""
    if not after:
        return
    tx.execute(
        _FACTS,
        [
            {"case": row["id"]} | {f"new_{name}": value for name, value in row.items() if name != "id"}
            for row in after
        ],
    )
    old = {row["id"]: row for row in before}
    count(tx, before, [dict(old[row["id"]]) | dict(row) for row in after])


RATED_FIELDS = ("title", "priority", "severity", "kind", "topic", "sentiment", "tried_before", "reach_tier")
"""What a case's row takes from ratings."""

_RATED = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in RATED_FIELDS} | {"version": cases.c.version + 1})
)


def update_rated(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change what cases take from ratings; whoever writes in one has missed nothing that was said."""
    if rows:
        tx.execute(
            _RATED,
            [
                {"case": row["id"]} | {f"new_{name}": value for name, value in row.items() if name != "id"}
                for row in rows
            ],
        )


_DEADLINE = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in ("due_kind", "due_warn_at", "due_at")})
)


def set_deadlines(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set `due_kind`, `due_warn_at` and `due_at` of cases by `id`."""
    if rows:
        names = ("due_kind", "due_warn_at", "due_at")
        tx.execute(
            _DEADLINE, [{"case": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows]
        )


def cases_with(tx: Tx, message_ids: Iterable[str]) -> set[str]:
    """The cases of messages."""
    sql = "SELECT case_id FROM messages WHERE id IN ?? AND case_id IS NOT NULL"
    return {case_id for (case_id,) in bulk.tuples(tx, sql, [list(message_ids)])}


def count(tx: Tx, before: Iterable[Row], after: Iterable[Row | Mapping[str, Any]]) -> None:
    """Keep the counts: one off where cases stood, one on where they stand."""
    delta: Counter[tuple[str, str, str]] = Counter()
    for row in before:
        delta[row["status"], row["assignee_id"] or "", row["network"]] -= 1
    for now in after:
        delta[now["status"], now["assignee_id"] or "", now["network"]] += 1
    rows = [
        {"status": status, "assignee_id": assignee, "network": network, "n": n}
        for (status, assignee, network), n in sorted(delta.items())
        if n
    ]
    if not rows:
        return
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(case_counts)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[case_counts.c.status, case_counts.c.assignee_id, case_counts.c.network],
            set_={"n": case_counts.c.n + statement.excluded.n},
        ),
        rows,
    )


def case_of_authors(tx: Tx, conversation_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """(conversation, author or '') -> case."""
    wanted = list(conversation_ids)
    sql = "SELECT conversation_id, author_id, case_id FROM conversation_cases WHERE conversation_id IN ??"
    rows = bulk.tuples(tx, sql, [wanted]) if wanted else []
    return {(conversation_id, author_id): case_id for conversation_id, author_id, case_id in rows}


def set_case_of_authors(tx: Tx, rows: Sequence[tuple[str, str, str]]) -> None:
    """Set (conversation, author, case); a later case of the same author takes over."""
    latest = {(conversation_id, author_id): case_id for conversation_id, author_id, case_id in rows}
    columns = ("conversation_id", "author_id", "case_id")
    bulk.upsert(tx, "conversation_cases", columns, [(*key, it) for key, it in latest.items()], columns[:2])


_OUTBOUND = (
    "SELECT seq, id, channel_id, namespace, native_id, parent_native_id, conversation_id, visibility,\n"
    "  occurred_at\n"
    "FROM messages\n"
    "WHERE conversation_id IN ?? AND direction = 'outbound' AND case_id IS NULL"
)


def outbound_without_case(tx: Tx, conversation_ids: Iterable[str]) -> list[bulk.Record]:
    """Our own messages of conversations that no case has taken in yet."""
    wanted = list(conversation_ids)
    return bulk.select(tx, _OUTBOUND, [wanted]) if wanted else []


NativeKey = tuple[str, str, str]
_CASE_OF = (
    "SELECT native_id, case_id\n"
    "FROM messages\n"
    "WHERE channel_id = ? AND namespace = ? AND native_id IN ?? AND case_id IS NOT NULL"
)


def case_of_messages(tx: Tx, keys: Iterable[NativeKey]) -> dict[NativeKey, str]:
    """The cases of stored messages, by their native identity."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for channel_id, namespace, native_id in keys:
        groups[channel_id, namespace].append(native_id)
    return {
        (*group, native_id): case_id
        for group, native_ids in groups.items()
        for native_id, case_id in bulk.tuples(tx, _CASE_OF, [*group, native_ids])
    }


def place_messages(tx: Tx, rows: Sequence[tuple[int, str | None, str, str | None]]) -> None:
    """Set (message seq, author, conversation, case)."""
    bulk.update(tx, "messages", "seq", ("author_id", "conversation_id", "case_id"), rows)


def give_case(tx: Tx, case_of: Mapping[str, str]) -> None:
    """Set the case of messages that waited for one."""
    bulk.update(tx, "messages", "id", ("case_id",), list(case_of.items()))


def absorb(tx: Tx, kept: str, other: Row) -> None:
    """Move everything of one case to another and remove the emptied one."""
    for table, column in (
        (messages, messages.c.case_id),
        (notes, notes.c.case_id),
        (outbox, outbox.c.case_id),
        (events, events.c.case_id),
        (conversation_cases, conversation_cases.c.case_id),
        (sla_breaches, sla_breaches.c.case_id),
        (handoffs, handoffs.c.case_id),
        (media, media.c.case_id),
        (case_returns, case_returns.c.case_id),
        (case_returns, case_returns.c.earlier_id),
    ):
        tx.execute(update(table).where(column == other["id"]).values({column.name: kept}))
    # Clocks and outcomes are derived again, from what both have heard.
    for table in (
        case_tags,
        case_seen,
        drafts,
        case_clocks,
        case_outcomes,
        outcome_clocks,
        run_steps,
        case_runs,
    ):
        tx.execute(delete(table).where(table.c.case_id == other["id"]))
    tx.execute(delete(cases).where(cases.c.id == other["id"]))
    count(tx, [other], [])


def has_draft(tx: Tx, user_id: str, case_id: str) -> bool:
    """Whether a user has a draft in a case."""
    wanted = drafts.c.user_id == user_id, drafts.c.case_id == case_id
    return tx.value(select(drafts.c.case_id).where(*wanted)) is not None


def add_tag(tx: Tx, case_id: str, tag: str) -> bool:
    """Tag a case; False when it has the tag."""
    columns = ("case_id", "tag")
    return bool(bulk.insert(tx, "case_tags", columns, [(case_id, tag)], conflict=columns, returning="tag"))


def remove_tag(tx: Tx, case_id: str, tag: str) -> bool:
    """Take a tag off; False when it was not there."""
    done = tx.execute(delete(case_tags).where(case_tags.c.case_id == case_id, case_tags.c.tag == tag))
    return bool(done.rowcount)


def insert_note(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep a note; False when its id is already known."""
    return bool(bulk.insert(tx, "notes", tuple(row), [tuple(row.values())], conflict=("id",), returning="id"))


def saw(tx: Tx, user_id: str, case_id: str, at: int) -> None:
    """A user has seen a case up to `at`."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(case_seen).values(user_id=user_id, case_id=case_id, seen_at=at)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[case_seen.c.user_id, case_seen.c.case_id], set_={"seen_at": at}
        )
    )


def save_draft(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a user's draft for a case."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(drafts).values(row)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[drafts.c.user_id, drafts.c.case_id],
            set_={name: row[name] for name in ("text", "audience", "in_reply_to", "saved_at")},
        )
    )


def drop_draft(tx: Tx, user_id: str, case_id: str) -> None:
    """Forget a draft."""
    tx.execute(delete(drafts).where(drafts.c.user_id == user_id, drafts.c.case_id == case_id))


def snoozed_due(tx: Tx, now: int, limit: int) -> list[Row]:
    """Snoozed cases whose time has come."""
    query = select(cases).where(cases.c.snoozed_until <= now).order_by(cases.c.snoozed_until).limit(limit)
    return tx.rows(query.with_for_update())
