"""Every table of Earful, once, for SQLite and PostgreSQL.

Instants are whole milliseconds (UTC), ids are UUIDv7 text, native ids are kept exactly. Columns that a consumer
fills later are nullable and their indexes partial, so that intake does not pay for them.
"""

from earful.store.tables.access import (
    audit,
    idempotency,
    sessions,
    sign_in_failures,
    sign_in_links,
    tokens,
    users,
)
from earful.store.tables.arrivals import (
    channel_cursors,
    channels,
    deliveries,
    messages,
    ratings,
    refusals,
    revisions,
)
from earful.store.tables.columns import metadata
from earful.store.tables.desk import (
    authors,
    case_counts,
    case_seen,
    case_tags,
    cases,
    conversation_cases,
    conversations,
    drafts,
    notes,
    outbox,
    people,
    person_links,
)
from earful.store.tables.log import cursors, events
from earful.store.tables.triage import corrections, learned, topics, triage_settings
from earful.store.tables.views import view_checks, view_counts, view_members, views

__all__ = [
    "audit",
    "authors",
    "case_counts",
    "case_seen",
    "case_tags",
    "cases",
    "channel_cursors",
    "channels",
    "conversation_cases",
    "conversations",
    "corrections",
    "cursors",
    "deliveries",
    "drafts",
    "events",
    "idempotency",
    "learned",
    "messages",
    "metadata",
    "notes",
    "outbox",
    "people",
    "person_links",
    "ratings",
    "refusals",
    "revisions",
    "sessions",
    "sign_in_failures",
    "sign_in_links",
    "tokens",
    "topics",
    "triage_settings",
    "users",
    "view_checks",
    "view_counts",
    "view_members",
    "views",
]
