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
from earful.store.tables.answering import macros, reply_approvals, solved, solved_terms, solved_words
from earful.store.tables.arrivals import (
    channel_cursors,
    channels,
    deliveries,
    messages,
    oddities,
    ratings,
    refusals,
    reports,
    revisions,
    wanted,
)
from earful.store.tables.automation import automation_pauses, automation_runs
from earful.store.tables.chat import chat_keys, chat_visitors
from earful.store.tables.columns import metadata
from earful.store.tables.connections import channel_gaps, channel_jobs, channel_tokens, consents, spending
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
from earful.store.tables.erasing import erasures
from earful.store.tables.log import cursors, events
from earful.store.tables.media import media
from earful.store.tables.notices import case_follows, note_mentions, notice_mails, notices
from earful.store.tables.outcomes import (
    case_outcomes,
    case_returns,
    desk_settings,
    handoff_tries,
    handoffs,
    outcome_clocks,
)
from earful.store.tables.persons import case_merges, person_flags, person_hints, person_marks, person_ties
from earful.store.tables.playbooks import case_runs, playbook_versions, playbooks, run_steps
from earful.store.tables.routing import agents, bulk_acts, bulk_items, queue_states
from earful.store.tables.sla import calendars, case_clocks, sla_breaches, sla_policies, sla_progress
from earful.store.tables.templates import template_readings, templates
from earful.store.tables.triage import corrections, learned, topics, triage_settings
from earful.store.tables.views import view_checks, view_counts, view_members, views
from earful.store.tables.webhooks import webhook_deliveries, webhook_tries, webhooks

__all__ = [
    "agents",
    "audit",
    "authors",
    "automation_pauses",
    "automation_runs",
    "bulk_acts",
    "bulk_items",
    "calendars",
    "case_clocks",
    "case_counts",
    "case_follows",
    "case_merges",
    "case_outcomes",
    "case_returns",
    "case_runs",
    "case_seen",
    "case_tags",
    "cases",
    "channel_cursors",
    "channel_gaps",
    "channel_jobs",
    "channel_tokens",
    "channels",
    "chat_keys",
    "chat_visitors",
    "consents",
    "conversation_cases",
    "conversations",
    "corrections",
    "cursors",
    "deliveries",
    "desk_settings",
    "drafts",
    "erasures",
    "events",
    "handoff_tries",
    "handoffs",
    "idempotency",
    "learned",
    "macros",
    "media",
    "messages",
    "metadata",
    "note_mentions",
    "notes",
    "notice_mails",
    "notices",
    "oddities",
    "outbox",
    "outcome_clocks",
    "people",
    "person_flags",
    "person_hints",
    "person_links",
    "person_marks",
    "person_ties",
    "playbook_versions",
    "playbooks",
    "queue_states",
    "ratings",
    "refusals",
    "reply_approvals",
    "reports",
    "revisions",
    "run_steps",
    "sessions",
    "sign_in_failures",
    "sign_in_links",
    "sla_breaches",
    "sla_policies",
    "sla_progress",
    "solved",
    "solved_terms",
    "solved_words",
    "spending",
    "template_readings",
    "templates",
    "tokens",
    "topics",
    "triage_settings",
    "users",
    "view_checks",
    "view_counts",
    "view_members",
    "views",
    "wanted",
    "webhook_deliveries",
    "webhook_tries",
    "webhooks",
]
