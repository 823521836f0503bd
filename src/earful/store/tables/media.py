"""Files and pictures of messages. The bytes are in the data folder, by their digest."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from earful.store.tables.columns import At, Key, metadata

# `state`: wanted (to be fetched), kept, refused (not kept, and why), dropped (to be removed with its bytes).
media = Table(
    "media",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    # None while a visitor has sent it up and not said anything with it.
    Column("message_id", Key),
    Column("place", Integer, nullable=False, server_default=text("0")),
    # The visitor who sent it up; empty for what was fetched from a network.
    Column("owner", Key, nullable=False, server_default=""),
    Column("state", String, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("mime", String, nullable=False, server_default=""),
    Column("size", Integer, nullable=False, server_default=text("0")),
    Column("sha256", Key),
    # The attachment as the message has it, to be fetched by.
    Column("source", Text, nullable=False, server_default="{}"),
    Column("link_until", At),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", At),
    Column("why", Text, nullable=False, server_default=""),
    Column("made_at", At, nullable=False),
    UniqueConstraint("message_id", "place"),
    Index("ix_media_sha256", "sha256"),
    Index(
        "ix_media_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
