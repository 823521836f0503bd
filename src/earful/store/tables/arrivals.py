"""What arrives: channels, raw deliveries, messages with their wordings, ratings."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from earful.store.tables.columns import At, Key, metadata, serial

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
    # Our account there as the network's deliveries name it; empty while nobody needs to tell them apart.
    Column("account", Key, nullable=False, server_default=""),
    Index("ix_channels_account", "network", "account"),
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
    serial("seq"),
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
    # How many of them were not known before: so many rows of `messages` must name this delivery.
    Column("brought", Integer, nullable=False),
    # When the raw bytes were let go: their time was over, or their only message was deleted.
    Column("purged_at", At),
    # `read`; `waiting` to be read; `unread` for one that this version cannot read, or not whole, and why.
    Column("state", String, nullable=False, server_default="read"),
    Column("why", Text, nullable=False, server_default=""),
    # NULLs are distinct: a delivery without a native id is always kept.
    UniqueConstraint("channel_id", "native_delivery_id"),
    Index(
        "ix_deliveries_received_at",
        "received_at",
        sqlite_where=text("purged_at IS NULL"),
        postgresql_where=text("purged_at IS NULL"),
    ),
    # Queries must say it in these words for the partial index.
    Index(
        "ix_deliveries_state",
        "state",
        "seq",
        sqlite_where=text("state <> 'read'"),
        postgresql_where=text("state <> 'read'"),
    ),
)

# What came and is not understood, by kind: so that an admin sees it and a later version can read it again.
oddities = Table(
    "oddities",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", At, nullable=False),
    Column("last_at", At, nullable=False),
    Column("delivery_id", Key, nullable=False),
)

# What came without its content and is to be fetched from the network.
wanted = Table(
    "wanted",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("what", Key, primary_key=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", At, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_wanted_due_at", "channel_id", "due_at"),
)

# What a network reported of our replies; it may come before the answer of the request that sent them.
reports = Table(
    "reports",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("namespace", Key, primary_key=True),
    Column("native_id", Key, primary_key=True),
    Column("state", String, primary_key=True),
    Column("at", At, nullable=False),
    Column("why", Text, nullable=False),
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
    serial("seq"),
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
    # The rating as triage gave it, kept while corrections stand in the columns before.
    Column("machine", Text),
    # The first message of the near duplicates that this one belongs to; none for the first itself.
    Column("group_id", Key),
    Column("rated_at", At, nullable=False),
    Index(
        "ix_ratings_group_id",
        "group_id",
        sqlite_where=text("group_id IS NOT NULL"),
        postgresql_where=text("group_id IS NOT NULL"),
    ),
)
