"""The SQL of facts: what conditions ask of many cases or messages, in a few queries."""

import math
from collections import defaultdict

from earful.store import bulk
from earful.store.tx import Tx

_CASES = (
    "SELECT cases.*, channels.name AS channel\n"
    "FROM cases\n"
    "JOIN channels ON channels.id = cases.channel_id\n"
    "WHERE cases.id IN ??"
)
_COLUMNS = (
    "SELECT messages.id, messages.case_id, messages.text, messages.subject, messages.visibility, messages.kind,\n"
    "  messages.direction, messages.occurred_at, channels.network, channels.name AS channel,\n"
    "  ratings.data AS rating, authors.handle AS author_handle, authors.name AS author_name,\n"
    "  authors.network AS author_network, authors.followers AS author_followers,\n"
    "  authors.first_seen_at AS author_first_seen_at, conversations.visibility AS conversation_visibility\n"
    "FROM messages\n"
    "JOIN channels ON channels.id = messages.channel_id\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "LEFT JOIN authors ON authors.id = messages.author_id\n"
    "LEFT JOIN conversations ON conversations.id = messages.conversation_id\n"
)
_NEWEST = (
    _COLUMNS + "WHERE messages.seq IN (\n"
    "  SELECT (\n"
    "    SELECT newest.seq FROM messages AS newest\n"
    "    WHERE newest.case_id = cases.id AND newest.direction = 'inbound' AND newest.kind <> 'system'\n"
    "      AND newest.deleted_at IS NULL\n"
    "    ORDER BY newest.occurred_at DESC, newest.id DESC LIMIT 1\n"
    "  ) FROM cases WHERE cases.id IN ??\n"
    ")"
)
_MESSAGES = _COLUMNS + "WHERE messages.id IN ??"
_TAGS = "SELECT case_id, tag FROM case_tags WHERE case_id IN ??"
_PEOPLE = (
    "SELECT people.id, people.name,\n"
    "  (SELECT COUNT(*) FROM cases WHERE cases.person_id = people.id) AS cases,\n"
    "  (SELECT COUNT(*) FROM person_links\n"
    "   WHERE person_links.person_id = people.id AND person_links.unlinked_at IS NULL) AS authors\n"
    "FROM people\n"
    "WHERE people.id IN ??"
)
_FLAGS = (
    "SELECT person_links.person_id, person_flags.flag, person_flags.ends_at\n"
    "FROM person_links\n"
    "JOIN person_flags ON person_flags.author_id = person_links.author_id\n"
    "WHERE person_links.person_id IN ?? AND person_links.unlinked_at IS NULL\n"
    "  AND person_flags.cleared_at IS NULL"
)


def cases(tx: Tx, ids: list[str]) -> list[bulk.Record]:
    """Rows of cases, each with the name of its channel."""
    return bulk.select(tx, _CASES, [ids]) if ids else []


def newest_messages(tx: Tx, case_ids: list[str]) -> dict[str, bulk.Record]:
    """case -> its customer's newest message with rating, author and conversation."""
    rows = bulk.select(tx, _NEWEST, [case_ids]) if case_ids else []
    return {row["case_id"]: row for row in rows}


def messages(tx: Tx, ids: list[str]) -> list[bulk.Record]:
    """Messages with rating, author and conversation."""
    return bulk.select(tx, _MESSAGES, [ids]) if ids else []


def tags(tx: Tx, case_ids: list[str]) -> dict[str, frozenset[str]]:
    """case -> its tags."""
    found: dict[str, set[str]] = defaultdict(set)
    for case_id, tag in bulk.tuples(tx, _TAGS, [case_ids]) if case_ids else []:
        found[case_id].add(tag)
    return {case_id: frozenset(all_) for case_id, all_ in found.items()}


def people(tx: Tx, ids: list[str]) -> dict[str, bulk.Record]:
    """person -> name, and how many cases and authors they have."""
    return {row["id"]: row for row in bulk.select(tx, _PEOPLE, [ids])} if ids else {}


def flags(tx: Tx, ids: list[str]) -> dict[str, dict[str, float]]:
    """person -> flag -> until when it counts; infinity where it has no end."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for person_id, flag, ends_at in bulk.tuples(tx, _FLAGS, [ids]) if ids else []:
        until = math.inf if ends_at is None else float(ends_at)
        found[person_id][flag] = max(until, found[person_id].get(flag, until))
    return dict(found)
