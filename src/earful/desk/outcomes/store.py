"""The SQL of outcomes: what happened in cases, what became of them, and the same matter in two cases."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from earful.store import bulk
from earful.store.tables import case_outcomes, cases, events, messages, outcome_clocks, users
from earful.store.tx import Row, Tx, read_once

_CASES = "SELECT id, outcome, opened_at FROM cases WHERE id IN ??"
_MESSAGES = (
    "SELECT messages.id, messages.case_id, messages.direction, messages.kind, messages.visibility,\n"
    "  messages.occurred_at, messages.deleted_at, channels.network, ratings.kind AS rated,\n"
    "  ratings.sentiment\n"
    "FROM messages\n"
    "JOIN channels ON channels.id = messages.channel_id\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ??"
)
_TEXTS = (
    "SELECT messages.id, messages.text, ratings.data AS rating\n"
    "FROM messages\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.case_id IN ?? AND messages.deleted_at IS NULL"
)
_EVENTS = (
    "SELECT seq, type, subject, case_id, actor, at, data FROM events WHERE case_id IN ?? AND type IN ??\n"
    "ORDER BY seq"
)
_LATEST = (
    "SELECT seq, case_id, outcome, since FROM case_outcomes\n"
    "WHERE seq IN (SELECT MAX(seq) FROM case_outcomes WHERE case_id IN ?? GROUP BY case_id)"
)
_RETURNS = (
    "SELECT message_id, case_id, earlier_id, because, words, after, at FROM case_returns WHERE {} IN ??"
)
_CLOCKS = "SELECT case_id, due_at FROM outcome_clocks WHERE case_id IN ??"
_OUTCOMES = ("case_id", "outcome", "since", "rules", "because", "found_at")


def case_rows(tx: Tx, ids: Sequence[str]) -> list[bulk.Record]:
    """id, outcome and opened_at of cases."""
    return bulk.select(tx, _CASES, [list(ids)]) if ids else []


def messages_in(tx: Tx, ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """The messages of cases, without their texts."""
    return _by_case(bulk.select(tx, _MESSAGES, [list(ids)]) if ids else [])


def texts_in(tx: Tx, ids: Sequence[str]) -> dict[str, bulk.Record]:
    """message -> text and rating, of cases; nothing of deleted messages."""
    return {row["id"]: row for row in bulk.select(tx, _TEXTS, [list(ids)])} if ids else {}


def events_in(tx: Tx, ids: Sequence[str], types: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """Events of cases, in order."""
    return _by_case(bulk.select(tx, _EVENTS, [list(ids), list(types)]) if ids else [])


def _by_case(rows: Iterable[bulk.Record]) -> dict[str, list[bulk.Record]]:
    found: dict[str, list[bulk.Record]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append(row)
    return found


def latest(tx: Tx, ids: Sequence[str]) -> dict[str, bulk.Record]:
    """case -> its newest outcome."""
    return {row["case_id"]: row for row in bulk.select(tx, _LATEST, [list(ids)])} if ids else {}


def insert_outcomes(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep changes, in order."""
    bulk.insert(tx, "case_outcomes", _OUTCOMES, [tuple(row[name] for name in _OUTCOMES) for row in rows])


@read_once
def history(tx: Tx, case_id: str) -> list[Row]:
    """Every outcome of a case, oldest first."""
    query = select(case_outcomes).where(case_outcomes.c.case_id == case_id)
    return tx.rows(query.order_by(case_outcomes.c.seq))


def newest(tx: Tx, case_id: str) -> Row | None:
    """The outcome of a case that stands; None before anything happened in it."""
    query = select(case_outcomes).where(case_outcomes.c.case_id == case_id)
    return tx.row(query.order_by(case_outcomes.c.seq.desc()).limit(1))


def clocks(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """case -> when it falls silent."""
    return dict(bulk.tuples(tx, _CLOCKS, [list(ids)])) if ids else {}


def set_clocks(tx: Tx, due: Mapping[str, int], gone: Sequence[str]) -> None:
    """Set when cases fall silent; those `gone` do not."""
    if gone:
        tx.execute(delete(outcome_clocks).where(outcome_clocks.c.case_id.in_(gone)))
    columns = ("case_id", "due_at")
    bulk.upsert(tx, "outcome_clocks", columns, list(due.items()), columns[:1])


def due(tx: Tx, now: int, limit: int) -> list[str]:
    """Cases that fall silent now, the longest due first."""
    query = select(outcome_clocks.c.case_id).where(outcome_clocks.c.due_at <= now)
    return [row["case_id"] for row in tx.rows(query.order_by(outcome_clocks.c.due_at).limit(limit))]


def insert_returns(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep (message_id, case_id, earlier_id, because, words, after, at); one of a known message changes nothing."""
    columns = ("message_id", "case_id", "earlier_id", "because", "words", "after", "at")
    bulk.insert(tx, "case_returns", columns, rows, conflict=columns[:1])


def returns_to(tx: Tx, ids: Sequence[str]) -> dict[str, list[bulk.Record]]:
    """earlier case -> what came back from it."""
    found: dict[str, list[bulk.Record]] = defaultdict(list)
    for row in bulk.select(tx, _RETURNS.format("earlier_id"), [list(ids)]) if ids else []:
        found[row["earlier_id"]].append(row)
    return found


def returns_of(tx: Tx, case_ids: Sequence[str]) -> dict[str, bulk.Record]:
    """case -> what it came back from, for those that did."""
    rows = bulk.select(tx, _RETURNS.format("case_id"), [list(case_ids)]) if case_ids else []
    return {row["case_id"]: row for row in rows}


_SETTLED = (
    "SELECT id, number, person_id, topic, closed_at FROM cases\n"
    "WHERE person_id IN ?? AND status = 'closed' AND closed_at >= ?"
)
_RATED = (
    "SELECT messages.id, messages.case_id, messages.text, ratings.data AS rating, ratings.group_id\n"
    "FROM messages\n"
    "JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.{} IN ?? AND messages.deleted_at IS NULL"
)


def settled(tx: Tx, person_ids: Iterable[str], since: int) -> list[bulk.Record]:
    """Cases of people that were closed since an instant."""
    wanted = list(person_ids)
    return bulk.select(tx, _SETTLED, [wanted, since]) if wanted else []


def rated_in(tx: Tx, case_ids: Sequence[str]) -> list[bulk.Record]:
    """Rated messages of cases with text, rating and group."""
    return bulk.select(tx, _RATED.format("case_id"), [list(case_ids)]) if case_ids else []


def rated(tx: Tx, message_ids: Sequence[str]) -> list[bulk.Record]:
    """Rated messages by id, likewise."""
    return bulk.select(tx, _RATED.format("id"), [list(message_ids)]) if message_ids else []


_AFTER = "SELECT id, number FROM cases WHERE number > ? ORDER BY number LIMIT ?"


def cases_after(tx: Tx, number: int, limit: int) -> list[tuple[str, int]]:
    """(id, number) of the cases after a number."""
    return [(case_id, at) for case_id, at in bulk.tuples(tx, _AFTER, [number, limit])]


def count_cases(tx: Tx) -> int:
    """The highest number of a case, which is how many there are at most."""
    return int(tx.value(select(cases.c.number).order_by(cases.c.number.desc()).limit(1)) or 0)


def message(tx: Tx, message_id: str) -> Row | None:
    """A message's case, direction and whether it was deleted."""
    columns = messages.c.id, messages.c.case_id, messages.c.direction, messages.c.deleted_at
    return tx.row(select(*columns).where(messages.c.id == message_id))


def names(tx: Tx, ids: Iterable[str]) -> dict[str, str]:
    """user -> name."""
    wanted = sorted(set(ids))
    query = select(users.c.id, users.c.name).where(users.c.id.in_(wanted))
    return {row["id"]: row["name"] for row in tx.rows(query)} if wanted else {}


def event_of(tx: Tx, case_id: str, subject: str, kind: str) -> Row | None:
    """The newest event of a kind about something in a case."""
    wanted = events.c.case_id == case_id, events.c.subject == subject, events.c.type == kind
    return tx.row(select(events).where(*wanted).order_by(events.c.seq.desc()).limit(1))


_LATEST_BECAUSE = (
    "SELECT case_id, because FROM case_outcomes\n"
    "WHERE seq IN (SELECT MAX(seq) FROM case_outcomes WHERE case_id IN ?? GROUP BY case_id) AND outcome = ?"
)


def latest_because(tx: Tx, case_ids: Sequence[str], outcome: str) -> list[bulk.Record]:
    """case and because of those whose newest outcome is this one."""
    return bulk.select(tx, _LATEST_BECAUSE, [list(case_ids), outcome]) if case_ids else []
