"""Whom we tell: outgoing webhooks, what is to be told to each, and every try."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from earful.store.tables.columns import At, Key, Serial, metadata, serial

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String, nullable=False),
    Column("url", String, nullable=False),
    # Sealed by the vault: the secret, and for a while the one before it.
    Column("secrets", LargeBinary, nullable=False),
    # JSON: types of events.
    Column("types", Text, nullable=False),
    # JSON: the condition that must hold of the case or the message; empty for any.
    Column("condition", Text, nullable=False, server_default=""),
    Column("personal", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    # Why Earful switched it off; empty when a person did, or nobody.
    Column("trouble", Text, nullable=False),
    # Since when every try fails.
    Column("failing_since", At),
    Column("created_by", Key, nullable=False),
    Column("created_at", At, nullable=False),
    Column("deleted_at", At),
)

# One thing to tell to one webhook. Its id is the `webhook-id` of every try, so that a receiver knows a copy.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("webhook_id", Key, ForeignKey("webhooks.id"), nullable=False),
    # Null for a test.
    Column("event_seq", Serial),
    Column("type", String, nullable=False),
    Column("body", Text, nullable=False),
    # queued, delivered, failed or dropped
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", At, nullable=False),
    Column("due_at", At),
    Column("lease_until", At),
    Column("done_at", At),
    UniqueConstraint("webhook_id", "event_seq"),
    Index("ix_webhook_deliveries_log", "webhook_id", "created_at", "id"),
    Index(
        "ix_webhook_deliveries_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("ix_webhook_deliveries_created_at", "created_at"),
    Index(
        "ix_webhook_deliveries_open",
        "webhook_id",
        "state",
        sqlite_where=text("state <> 'delivered'"),
        postgresql_where=text("state <> 'delivered'"),
    ),
)

webhook_tries = Table(
    "webhook_tries",
    metadata,
    serial("seq"),
    Column("delivery_id", Key, ForeignKey("webhook_deliveries.id"), nullable=False),
    Column("at", At, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    # Null when there was no answer.
    Column("status", Integer),
    # The first words of the answer, or what went wrong.
    Column("said", Text, nullable=False),
    Index("ix_webhook_tries_delivery_id", "delivery_id", "seq"),
)
