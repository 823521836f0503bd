"""Every table of Earful, once, for SQLite and PostgreSQL.

Instants are whole milliseconds (UTC), ids are UUIDv7 text, native ids are kept exactly. Columns that a
consumer fills later are nullable and their indexes partial, so that intake does not pay for them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Byte order for ids and keys on both stores: faster, and independent of the server's locale.
Key = String().with_variant(String(collation="C"), "postgresql")
At = BigInteger
Serial = BigInteger().with_variant(Integer, "sqlite")


def _serial(name: str) -> Column[int]:
    return Column(name, Serial, Identity(always=False), primary_key=True, autoincrement=True)


channels = Table(
    "channels",
    metadata,
    Column("id", Key, primary_key=True),
    Column("network", String, nullable=False),
    Column("name", String, nullable=False, unique=True),
    Column("handle", String, nullable=False, server_default=""),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("secrets", LargeBinary),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", At, nullable=False),
    Column("last_alive_at", At),
    Column("last_received_at", At),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("trouble_at", At),
)

channel_cursors = Table(
    "channel_cursors",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
    Column("moved_at", At, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    _serial("seq"),
    Column("id", Key, nullable=False, unique=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("transport", String, nullable=False),
    Column("native_delivery_id", Key),
    Column("verified_by", String, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("received_at", At, nullable=False),
    Column("messages", Integer, nullable=False),
    # NULLs are distinct: a delivery without a native id is always kept.
    UniqueConstraint("channel_id", "native_delivery_id"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("day", String, primary_key=True),
    Column("place", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_at", At, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _serial("seq"),
    Column("id", Key, nullable=False, unique=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("namespace", Key, nullable=False),
    Column("native_id", Key, nullable=False),
    Column("direction", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("thread", Key, nullable=False),
    Column("parent_native_id", Key, nullable=False),
    Column("author", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("occurred_at", At, nullable=False),
    Column("received_at", At, nullable=False),
    Column("edited_at", At),
    Column("deleted_at", At),
    Column("revision", Key, nullable=False),
    Column("backfill", Boolean, nullable=False),
    Column("delivery_id", Key, nullable=False),
    # Filled by the desk.
    Column("author_id", Key, ForeignKey("authors.id")),
    Column("conversation_id", Key, ForeignKey("conversations.id")),
    Column("case_id", Key, ForeignKey("cases.id")),
    UniqueConstraint("channel_id", "namespace", "native_id"),
    Index(
        "ix_messages_case_id_occurred_at",
        "case_id",
        "occurred_at",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
    Index(
        "ix_messages_conversation_id",
        "conversation_id",
        sqlite_where=text("conversation_id IS NOT NULL"),
        postgresql_where=text("conversation_id IS NOT NULL"),
    ),
)

revisions = Table(
    "revisions",
    metadata,
    Column("message_id", Key, ForeignKey("messages.id"), primary_key=True),
    Column("revision", Key, primary_key=True),
    Column("edited_at", At, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("received_at", At, nullable=False),
)

ratings = Table(
    "ratings",
    metadata,
    Column("message_id", Key, ForeignKey("messages.id"), primary_key=True),
    Column("model", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("sentiment", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("urgency", String, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("relevance", Float, nullable=False),
    Column("data", Text, nullable=False),
    Column("rated_at", At, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", At, nullable=False),
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
    _serial("number"),
    Column("id", Key, nullable=False, unique=True),
    Column("person_id", Key, ForeignKey("people.id"), nullable=False),
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
    Column("version", Integer, nullable=False),
    # The version at which somebody last said something: a writer who saw less is shown it first.
    Column("spoken_version", Integer, nullable=False),
    Index("ix_cases_status_priority", "status", "priority", "last_message_at", "number"),
    Index("ix_cases_status_last_message_at", "status", "last_message_at", "number"),
    Index("ix_cases_status_awaiting", "status", "awaiting_since", "number"),
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
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
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
    Column("error", Text, nullable=False),
    Column("queued_at", At, nullable=False),
    Column("due_at", At),
    Column("lease_until", At),
    Column("sent_at", At),
    Column("native_id", Key),
    Column("namespace", Key),
    Column("message_id", Key, ForeignKey("messages.id")),
    Index("ix_outbox_case_id", "case_id", "queued_at"),
    Index(
        "ix_outbox_due",
        "state",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

# The event log. On PostgreSQL `tx` is the writing transaction's id; readers go by (tx, seq).
events = Table(
    "events",
    metadata,
    _serial("seq"),
    Column("tx", BigInteger, nullable=False, server_default="0"),
    Column("type", String, nullable=False),
    Column("subject", Key, nullable=False),
    Column("case_id", Key),
    Column("actor", Key, nullable=False),
    Column("at", At, nullable=False),
    Column("data", Text, nullable=False),
    Index(
        "ix_events_case_id",
        "case_id",
        "seq",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("tx", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("moved_at", At, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Key, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),
    Column("sign_off", String, nullable=False, server_default=""),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", At, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("created_at", At, nullable=False),
    Column("expires_at", At, nullable=False),
    Column("seen_at", At, nullable=False),
    Column("agent", String, nullable=False),
    Column("address", String, nullable=False),
    Index("ix_sessions_user_id", "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("expires_at", At, nullable=False),
    Column("used_at", At),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    _serial("id"),
    Column("key", String, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_sign_in_failures_key_at", "key", "at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Key, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("created_by", Key, ForeignKey("users.id"), nullable=False),
    Column("created_at", At, nullable=False),
    Column("used_at", At),
    Column("revoked_at", At),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("owner", Key, primary_key=True),
    Column("key", String, primary_key=True),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_idempotency_at", "at"),
)

audit = Table(
    "audit",
    metadata,
    _serial("id"),
    Column("at", At, nullable=False),
    Column("actor", Key, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", Key, nullable=False),
    Column("address", String, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_at", "at"),
)
