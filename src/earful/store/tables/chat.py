"""The web chat: visitors, and the keys of the browsers that they come with."""

from sqlalchemy import Column, ForeignKey, Index, Table, text

from earful.store.tables.columns import At, Key, metadata

# A visitor is one thread of a chat: its id is the thread of its messages.
chat_visitors = Table(
    "chat_visitors",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    # Who the site says that they are, signed; empty for a stranger.
    Column("user_id", Key, nullable=False, server_default=""),
    Column("name", Key, nullable=False, server_default=""),
    # Where an answer may go by mail, as the site signed it or the visitor wrote it.
    Column("email", Key, nullable=False, server_default=""),
    Column("page", Key, nullable=False, server_default=""),
    Column("created_at", At, nullable=False),
    Column("seen_at", At, nullable=False),
    Column("wrote_at", At),
    Column("blocked_at", At),
    Index(
        "ix_chat_visitors_user_id",
        "channel_id",
        "user_id",
        sqlite_where=text("user_id <> ''"),
        postgresql_where=text("user_id <> ''"),
    ),
)

# Digests of the secrets that browsers made for themselves.
chat_keys = Table(
    "chat_keys",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("digest", Key, primary_key=True),
    Column("visitor_id", Key, ForeignKey("chat_visitors.id"), nullable=False),
    Column("created_at", At, nullable=False),
    Index("ix_chat_keys_visitor_id", "visitor_id"),
)
