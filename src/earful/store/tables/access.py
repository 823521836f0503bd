"""Who may come in and what they did: users, sessions, tokens, audit."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata, serial

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
    serial("id"),
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
    serial("id"),
    Column("at", At, nullable=False),
    Column("actor", Key, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", Key, nullable=False),
    Column("address", String, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_at", "at"),
)
