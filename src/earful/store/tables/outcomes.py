"""What became of cases, change by change; and invitations to a private place, followed until somebody arrives."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from earful.store.tables.columns import At, Key, metadata, serial

# Every change that the rules have found, never rewritten. The newest of a case stands.
case_outcomes = Table(
    "case_outcomes",
    metadata,
    serial("seq"),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("outcome", String, nullable=False),
    # Since when it holds, which is when it happened, not when it was found.
    Column("since", At, nullable=False),
    Column("rules", Integer, nullable=False),
    # JSON: a list of evidence.
    Column("because", Text, nullable=False),
    Column("found_at", At, nullable=False),
    Index("ix_case_outcomes_case_id", "case_id", "seq"),
)

# When a case falls silent unless somebody says something first.
outcome_clocks = Table(
    "outcome_clocks",
    metadata,
    Column("case_id", Key, ForeignKey("cases.id"), primary_key=True),
    Column("due_at", At, nullable=False),
    Index("ix_outcome_clocks_due_at", "due_at"),
)

# The same matter in two cases: `case_id` came back from `earlier_id`.
case_returns = Table(
    "case_returns",
    metadata,
    Column("message_id", Key, ForeignKey("messages.id"), primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("earlier_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("because", String, nullable=False),
    Column("words", Text, nullable=False),
    # How long after the earlier case was settled, in milliseconds.
    Column("after", At, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_case_returns_case_id", "case_id"),
    Index("ix_case_returns_earlier_id", "earlier_id"),
)

# The newest row of a kind is in force, so that history and undo come free. Kinds: `outcomes`, `handoff`.
desk_settings = Table(
    "desk_settings",
    metadata,
    serial("seq"),
    Column("id", Key, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("data", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_desk_settings_kind", "kind", "seq"),
)

# `state`: offered, arrived, expired or cancelled. The code is as good as the link; both go through public replies.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("way", String, nullable=False),
    Column("code", Key, nullable=False),
    Column("state", String, nullable=False),
    Column("offered_at", At, nullable=False),
    Column("expires_at", At, nullable=False),
    Column("opened_at", At),
    Column("arrived_at", At),
    # How they came, which may be another way than was offered.
    Column("arrived_by", String, nullable=False, server_default=""),
    # Digest of the cookie of the browser that came first; only that one sees the conversation.
    Column("visitor", Key),
    Column("conversation_id", Key, ForeignKey("conversations.id")),
    Column("author_id", Key, ForeignKey("authors.id")),
    UniqueConstraint("code"),
    Index("ix_handoffs_case_id", "case_id"),
    Index("ix_handoffs_offered_at", "offered_at"),
    Index(
        "ix_handoffs_expires_at",
        "expires_at",
        sqlite_where=text("state = 'offered'"),
        postgresql_where=text("state = 'offered'"),
    ),
    Index("ix_handoffs_conversation_id", "conversation_id"),
)

# Codes and links that were tried in vain, and what strangers sent: by a digest of who tried.
handoff_tries = Table(
    "handoff_tries",
    metadata,
    serial("seq"),
    Column("who", Key, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_handoff_tries_who", "who", "at"),
)
