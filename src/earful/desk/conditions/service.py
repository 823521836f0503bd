"""Facts of cases and messages for predicates, and looking how many cases a condition holds of."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from earful.desk.conditions import sql, store
from earful.desk.conditions.facts import NO_ENDS, NO_SET, Facts
from earful.desk.conditions.fields import GROUPS
from earful.model.conditions import Condition
from earful.model.time import Instant
from earful.store.tables import cases
from earful.store.tx import Row, Tx

EVERYTHING = frozenset(GROUPS)
COUNTED = 1_000
"""Matches are counted up to here."""
LOOKED_AT = 20_000
"""Newest cases among which matches are counted: an answer while somebody edits, not a measure."""
_OF_MESSAGES = frozenset({"message", "rating", "author", "conversation"})


class _Named(Struct):
    type: str = ""
    channel: str = ""


class _Rating(Struct):
    """What conditions ask of a rating."""

    relevance: float
    kind: str
    sentiment: str
    topic: str
    severity: int
    urgency: str
    wants: str
    tried_before: list[_Named]
    churn_risk: float
    abuse: list[str]
    pii: list[_Named]
    language: str
    reach_tier: str
    priority: int


_rating = msgspec.json.Decoder(_Rating)
_CASE_FACTS = (
    "number", "title", "status", "outcome", "queue", "network", "channel", "kind", "topic", "sentiment", "severity",
    "priority", "reach_tier", "message_count", "opened_at", "last_message_at", "last_direction",
    "awaiting_since", "snoozed_until", "closed_at",
)  # fmt: skip


def of_cases(tx: Tx, case_ids: Iterable[str], groups: frozenset[str] = EVERYTHING) -> dict[str, Facts]:
    """case -> its facts, for the cases that there are. `groups` (of `rules.groups`) spares loading the others."""
    rows = store.cases(tx, list(dict.fromkeys(case_ids)))
    ids = [row["id"] for row in rows]
    said = store.newest_messages(tx, ids) if groups & _OF_MESSAGES else {}
    around = _around(tx, rows, groups)
    return {row["id"]: Facts(**of_said(said.get(row["id"]), groups), **around[row["id"]]) for row in rows}


def of_messages(tx: Tx, message_ids: Iterable[str], groups: frozenset[str] = EVERYTHING) -> dict[str, Facts]:
    """message -> its facts as it came, with those of its case where it has one."""
    said = store.messages(tx, list(dict.fromkeys(message_ids)))
    rows = store.cases(tx, list({row["case_id"] for row in said if row["case_id"]}))
    around = _around(tx, rows, groups)
    return {row["id"]: Facts(**of_said(row, groups), **around.get(row["case_id"], {})) for row in said}


def _around(tx: Tx, rows: Sequence[Row], groups: frozenset[str]) -> dict[str, dict[str, Any]]:
    """case -> facts of its row, its tags and its person."""
    tags = store.tags(tx, [row["id"] for row in rows]) if "case" in groups else {}
    people = of_people(tx, {row["person_id"] for row in rows}) if "person" in groups else {}
    found = {}
    for row in rows:
        values: dict[str, Any] = {f"case_{name}": row[name] for name in _CASE_FACTS}
        values |= {
            "case_id": row["id"],
            "case_assignee": row["assignee_id"],
            "case_unanswered": row["awaiting_since"] is not None,
            "case_tags": tags.get(row["id"], NO_SET),
            "case_tried_before": frozenset(row["tried_before"].split()),
        }
        found[row["id"]] = values | people.get(row["person_id"], {})
    return found


def of_people(tx: Tx, person_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """person -> their facts, for the people that there are."""
    ids = list(person_ids)
    flags = store.flags(tx, ids)
    return {
        person_id: {f"person_{name}": row[name] for name in ("name", "cases", "authors")}
        | {"person_flags": flags.get(person_id, NO_ENDS)}
        for person_id, row in store.people(tx, ids).items()
    }


def of_said(row: Row | None, groups: frozenset[str]) -> dict[str, Any]:
    """The facts of a message by its row, with its rating, author and conversation; none of None."""
    if row is None:
        return {}
    values = {
        "message_text": row["text"],
        "message_subject": row["subject"],
        "message_network": row["network"],
        "message_channel": row["channel"],
        "message_visibility": row["visibility"],
        "message_kind": row["kind"],
        "message_direction": row["direction"],
        "message_occurred_at": row["occurred_at"],
        "conversation_visibility": row["conversation_visibility"],
    }
    values |= {name: row[name] for name in row if name.startswith("author_")}
    if row["rating"] and groups & {"rating", "message"}:
        values |= _of_rating(_rating.decode(row["rating"]))
    return values


def _of_rating(rating: _Rating) -> dict[str, Any]:
    return {
        "message_language": None if rating.language == "und" else rating.language,
        "rating_relevance": rating.relevance,
        "rating_kind": rating.kind,
        "rating_sentiment": rating.sentiment,
        "rating_topic": rating.topic,
        "rating_severity": rating.severity,
        "rating_urgency": rating.urgency,
        "rating_wants": rating.wants,
        "rating_tried_before": frozenset(one.channel for one in rating.tried_before),
        "rating_churn_risk": rating.churn_risk,
        "rating_abuse": frozenset(rating.abuse),
        "rating_pii": frozenset(one.type for one in rating.pii),
        "rating_reach_tier": rating.reach_tier,
        "rating_priority": rating.priority,
    }


class Matches(Struct, frozen=True, kw_only=True):
    """How many of the newest cases a condition holds of. At most `COUNTED` are counted: `more` says so."""

    count: int
    more: bool
    looked_at: int
    """How many cases were looked at, the newest; fewer than `LOOKED_AT` means all of them."""


def matches(tx: Tx, condition: Condition, now: Instant, me: str = "") -> Matches:
    """Count, among the newest cases, those that it holds of."""
    newest = tx.value(select(func.max(cases.c.number))) or 0
    floor = max(0, newest - LOOKED_AT)
    held = (
        select(cases.c.number)
        .where(cases.c.number > floor, sql.where(condition, tx.dialect, now, me))
        .limit(COUNTED + 1)
        .subquery()
    )
    count = int(tx.value(select(func.count()).select_from(held)) or 0)
    return Matches(count=min(count, COUNTED), more=count > COUNTED, looked_at=newest - floor)
