"""The SQL of backtests: the histories of many cases, slice by slice, with what is asked of them and no more."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from earful.store import bulk
from earful.store.tx import Tx

_COUNT = "SELECT COUNT(*) FROM cases WHERE last_message_at >= ? AND opened_at >= ?"
_SLICE = (
    "SELECT id, number, title, person_id, status, closed_at, snoozed_until, opened_at, queue\n"
    "FROM cases\n"
    "WHERE number > ? AND opened_at >= ?\n"
    "ORDER BY number LIMIT ?"
)
_SAID = (
    "messages.id, messages.case_id, messages.direction, messages.kind, messages.visibility, messages.occurred_at,\n"
    "  messages.received_at, messages.backfill, messages.deleted_at, messages.channel_id, ratings.kind AS rated,\n"
    "  ratings.sentiment, ratings.topic, ratings.severity, ratings.priority"
)
_TEXT = (
    "messages.text, messages.subject, authors.handle AS author_handle, authors.name AS author_name,\n"
    "  authors.network AS author_network, authors.followers AS author_followers,\n"
    "  authors.first_seen_at AS author_first_seen_at, conversations.visibility AS conversation_visibility"
)
_RATING = "ratings.data AS rating"
_FROM = "FROM messages\nLEFT JOIN ratings ON ratings.message_id = messages.id\n"
_AROUND = (
    "LEFT JOIN authors ON authors.id = messages.author_id\n"
    "LEFT JOIN conversations ON conversations.id = messages.conversation_id\n"
)
_EVENTS = (
    "SELECT seq, type, subject, case_id, actor, at, data FROM events\n"
    "WHERE case_id IN ?? AND type IN ?? ORDER BY seq"
)
_RUNS = "SELECT id, case_id, playbook_id FROM case_runs WHERE case_id IN ?? AND round = 1 AND user_id = ''"
_STEPS = "SELECT DISTINCT case_id, step FROM run_steps WHERE case_id IN ??"
_GAPS = "SELECT user_id, sent_at FROM outbox\nWHERE sent_at >= ? AND part = 1\nORDER BY user_id, sent_at"


def count(tx: Tx, since: int) -> int:
    """Cases that opened since an instant."""
    return int(bulk.tuples(tx, _COUNT, [since, since])[0][0])


def cases(tx: Tx, after: int, since: int, limit: int) -> list[bulk.Record]:
    """The next cases, by number, that opened since an instant."""
    return bulk.select(tx, _SLICE, [after, since, limit])


def said(tx: Tx, case_ids: Sequence[str], *, texts: bool, ratings: bool) -> dict[str, list[bulk.Record]]:
    """case -> its messages, deleted ones too, in order of time. `texts`: with texts, authors and conversations."""
    columns = ",\n  ".join([_SAID, *([_TEXT] if texts else []), *([_RATING] if ratings else [])])
    sql = f"SELECT {columns}\n{_FROM}{_AROUND if texts else ''}WHERE messages.case_id IN ??\n"
    rows = bulk.select(tx, sql + "ORDER BY messages.occurred_at, messages.id", [list(case_ids)])
    return _grouped(rows)


def events(tx: Tx, case_ids: Sequence[str], types: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """case -> what happened to it, in the order of the log."""
    return _grouped(bulk.select(tx, _EVENTS, [list(case_ids), list(types)]))


def runs(tx: Tx, case_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """case -> the playbook that its condition put on it."""
    return {row["case_id"]: row for row in bulk.select(tx, _RUNS, [list(case_ids)])}


def steps(tx: Tx, case_ids: Sequence[str]) -> dict[str, set[str]]:
    """case -> keys of the steps that any run of it came to."""
    found: dict[str, set[str]] = defaultdict(set)
    for case_id, step in bulk.tuples(tx, _STEPS, [list(case_ids)]):
        found[case_id].add(step)
    return found


def channels(tx: Tx) -> dict[str, tuple[str, str]]:
    """channel -> (network, name)."""
    return {
        one: (network, name)
        for one, network, name in bulk.tuples(tx, "SELECT id, network, name FROM channels")
    }


def sent(tx: Tx, since: int) -> list[tuple[str, int]]:
    """(who, when) of the replies that colleagues sent since an instant, each colleague's in order of time."""
    return [(user_id, at) for user_id, at in bulk.tuples(tx, _GAPS, [since])]


def _grouped(rows: Iterable[bulk.Record]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append(row)
    return found
