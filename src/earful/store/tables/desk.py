"""What the desk makes of it: people, conversations, cases, replies."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from earful.store.tables.columns import At, Key, metadata, serial

WAITING = "assignee_id IS NULL AND status = 'open' AND awaiting_since IS NOT NULL"
"""A customer waits, and nobody has the case. Queries must say it in these words for the partial indexes."""
WINDOWED = f"{WAITING} AND window_until IS NOT NULL"
"""... and the network limits how long we may answer freely."""

people = Table(
    "people",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", At, nullable=False),
    # The account that they were first seen as.
    Column("author_id", Key),
    # Somebody wrote the name; new cases then carry it instead of the account's.
    Column("named", Boolean, nullable=False, server_default=text("false")),
    Index("ix_people_author_id", "author_id"),
)

authors = Table(
    "authors",
    metadata,
    Column("id", Key, primary_key=True),
    Column("network", String, nullable=False),
    Column("namespace", Key, nullable=False),
    Column("native_id", Key, nullable=False),
    Column("handle", String, nullable=False),
    Column("name", String, nullable=False),
    Column("profile_url", String, nullable=False),
    Column("followers", BigInteger),
    Column("first_seen_at", At, nullable=False),
    Column("last_seen_at", At, nullable=False),
    UniqueConstraint("network", "namespace", "native_id"),
)

# A link is never destroyed: taking it back sets unlinked_at, and its evidence stays readable.
person_links = Table(
    "person_links",
    metadata,
    Column("id", Key, primary_key=True),
    Column("author_id", Key, ForeignKey("authors.id"), nullable=False),
    Column("person_id", Key, ForeignKey("people.id"), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("linked_at", At, nullable=False),
    Column("unlinked_at", At),
    Index(
        "uq_person_links_author_id_active",
        "author_id",
        unique=True,
        sqlite_where=text("unlinked_at IS NULL"),
        postgresql_where=text("unlinked_at IS NULL"),
    ),
    Index("ix_person_links_person_id", "person_id"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("thread", Key, nullable=False),
    Column("visibility", String, nullable=False),
    Column("created_at", At, nullable=False),
    UniqueConstraint("channel_id", "thread"),
)

# Which case an author's messages of a conversation belong to. In a private conversation everybody shares
# one case, under the empty author.
conversation_cases = Table(
    "conversation_cases",
    metadata,
    Column("conversation_id", Key, ForeignKey("conversations.id"), primary_key=True),
    Column("author_id", Key, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Index("ix_conversation_cases_case_id", "case_id"),
)

cases = Table(
    "cases",
    metadata,
    serial("number"),
    Column("id", Key, nullable=False, unique=True),
    Column("person_id", Key, ForeignKey("people.id"), nullable=False),
    # The account whose message opened it: the case goes with it when persons are linked and taken apart.
    Column("author_id", Key),
    Column("title", String, nullable=False),
    # Somebody wrote the title; messages no longer change it.
    Column("titled", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("assignee_id", Key, ForeignKey("users.id")),
    Column("priority", SmallInteger, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("sentiment", String, nullable=False),
    Column("network", String, nullable=False),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("person_name", String, nullable=False),
    Column("handle", String, nullable=False),
    Column("preview", String, nullable=False),
    Column("tried_before", String, nullable=False),
    Column("reach_tier", String, nullable=False),
    Column("last_direction", String, nullable=False),
    Column("last_deleted", Boolean, nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("opened_at", At, nullable=False),
    Column("last_message_at", At, nullable=False),
    Column("awaiting_since", At),
    Column("snoozed_until", At),
    Column("closed_at", At),
    # The nearest deadline that runs: which promise, when it is nearly due, and when it is.
    Column("due_kind", String),
    Column("due_warn_at", At),
    Column("due_at", At),
    # Until when the network lets us answer freely in private; empty where it has no such limit.
    Column("window_until", At),
    # Where it waits: a team's id, `skill:NAME`, or empty for anybody; and the route that said so, empty for none.
    Column("queue", Key, nullable=False, server_default=""),
    Column("route_id", Key, nullable=False, server_default=""),
    # No message makes it less urgent than this; 0 for no such wish.
    Column("priority_least", SmallInteger, nullable=False, server_default=text("0")),
    Column("version", Integer, nullable=False),
    # The version at which somebody last said something: a writer who saw less is shown it first.
    Column("spoken_version", Integer, nullable=False),
    Index("ix_cases_status_priority", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_status_last_message_at", "status", "last_message_at", "number"),
    Index("ix_cases_status_awaiting", "status", "awaiting_since", "number"),
    Index("ix_cases_status_due_at", "status", "due_at", "number"),
    Index("ix_cases_assignee", "assignee_id", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_network", "network", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_kind", "kind", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_topic", "topic", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_last_message_at", "last_message_at", "number"),
    Index("ix_cases_person_id", "person_id", "opened_at"),
    Index(
        "ix_cases_snoozed_until",
        "snoozed_until",
        sqlite_where=text("snoozed_until IS NOT NULL"),
        postgresql_where=text("snoozed_until IS NOT NULL"),
    ),
    Index(
        "ix_cases_window_until",
        "window_until",
        sqlite_where=text("window_until IS NOT NULL AND awaiting_since IS NOT NULL"),
        postgresql_where=text("window_until IS NOT NULL AND awaiting_since IS NOT NULL"),
    ),
    # What waits for somebody to take it, in the two orders in which it is taken.
    Index(
        "ix_cases_queue",
        "queue",
        "priority",
        "due_at",
        "number",
        sqlite_where=text(WAITING),
        postgresql_where=text(WAITING),
    ),
    Index(
        "ix_cases_queue_due_at",
        "queue",
        "due_at",
        "number",
        sqlite_where=text(WAITING),
        postgresql_where=text(WAITING),
    ),
    Index(
        "ix_cases_queue_window",
        "queue",
        "window_until",
        sqlite_where=text(WINDOWED),
        postgresql_where=text(WINDOWED),
    ),
    CheckConstraint("priority BETWEEN 0 AND 100", name="priority"),
    CheckConstraint("severity BETWEEN 0 AND 4", name="severity"),
)

# Counts of the inbox, kept with every change of a case: the page never counts rows.
case_counts = Table(
    "case_counts",
    metadata,
    Column("status", String, primary_key=True),
    Column("assignee_id", Key, primary_key=True),
    Column("network", String, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

case_tags = Table(
    "case_tags",
    metadata,
    Column("case_id", Key, ForeignKey("cases.id"), primary_key=True),
    Column("tag", String, primary_key=True),
    Index("ix_case_tags_tag", "tag", "case_id"),
)

case_seen = Table(
    "case_seen",
    metadata,
    Column("user_id", Key, ForeignKey("users.id"), primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), primary_key=True),
    Column("seen_at", At, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    # Null where Earful itself left it.
    Column("user_id", Key, ForeignKey("users.id")),
    Column("text", Text, nullable=False),
    Column("written_at", At, nullable=False),
    Index("ix_notes_case_id", "case_id", "written_at"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("user_id", Key, ForeignKey("users.id"), primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("audience", String, nullable=False),
    Column("in_reply_to", Key, nullable=False),
    Column("saved_at", At, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("in_reply_to", Key, ForeignKey("messages.id"), nullable=False),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("audience", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    # While its fate is unknown: how often the network could not tell, and how often in a row it said no.
    Column("looks", Integer, nullable=False, server_default=text("0")),
    Column("absences", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False),
    Column("queued_at", At, nullable=False),
    Column("due_at", At),
    Column("lease_until", At),
    Column("sent_at", At),
    Column("native_id", Key),
    Column("namespace", Key),
    Column("message_id", Key, ForeignKey("messages.id")),
    Column("scheduled_at", At),
    # What to do when something was said since `watch_seq`: `hold`, `cancel`, or empty for nothing.
    Column("on_news", String, nullable=False, server_default=""),
    Column("watch_seq", BigInteger),
    # JSON: the parts that it becomes when it is sent, where it is too long for one.
    Column("later", Text, nullable=False, server_default=""),
    # The first part of a reply in parts; each waits for the one before.
    Column("thread_id", Key),
    Column("part", SmallInteger, nullable=False, server_default=text("1")),
    Column("parts", SmallInteger, nullable=False, server_default=text("1")),
    # Why a lead let private data through in public.
    Column("private_reason", Text, nullable=False, server_default=""),
    # JSON: the template that goes out, filled in; empty for a reply in words of one's own.
    Column("template", Text, nullable=False, server_default=""),
    Index("ix_outbox_case_id", "case_id", "queued_at"),
    Index(
        "ix_outbox_sent_at",
        "sent_at",
        sqlite_where=text("sent_at IS NOT NULL"),
        postgresql_where=text("sent_at IS NOT NULL"),
    ),
    Index(
        "ix_outbox_native_id",
        "channel_id",
        "native_id",
        sqlite_where=text("native_id IS NOT NULL"),
        postgresql_where=text("native_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_thread_id",
        "thread_id",
        "part",
        sqlite_where=text("thread_id IS NOT NULL"),
        postgresql_where=text("thread_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_due",
        "state",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
