"""What keeps a channel working: tokens, jobs, gaps, and what was spent of its network's limits."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata

# Tokens got by consent. Whoever renews them holds the lease, for a refresh token is often good for one use only.
channel_tokens = Table(
    "channel_tokens",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", At),
    Column("refresh_expires_at", At),
    Column("renewed_at", At, nullable=False),
    Column("lease_until", At),
    Column("error", Text, nullable=False, server_default=""),
)

# A consent under way: who began it, and what proves the answer.
consents = Table(
    "consents",
    metadata,
    Column("state", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("began_at", At, nullable=False),
)

# Backfill and reconcile: asked for by somebody, done by the connector, seen by everybody.
channel_jobs = Table(
    "channel_jobs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("since", At),
    Column("place", Text, nullable=False, server_default=""),
    Column("looked_at", Integer, nullable=False, server_default=text("0")),
    Column("found", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    Column("asked_by", Key, nullable=False),
    Column("asked_at", At, nullable=False),
    Column("ended_at", At),
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_channel_jobs_channel_id", "channel_id", "asked_at"),
)

# Times from which messages may be missing: a stream that broke, an address that was down.
channel_gaps = Table(
    "channel_gaps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    Column("since", At, nullable=False),
    Column("until", At),
    Column("why", Text, nullable=False),
    Column("filled_at", At),
    Index("ix_channel_gaps_channel_id", "channel_id", "since"),
)

# What was spent of a limit in its present window, so that a restart does not spend it again.
spending = Table(
    "spending",
    metadata,
    Column("budget", Key, primary_key=True),
    Column("span", Key, primary_key=True),
    Column("began_at", At, nullable=False),
    Column("spent", BigInteger, nullable=False),
)
