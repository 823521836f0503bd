"""Files and pictures of messages and replies. The bytes are in the data folder, by their digest."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from earful.store.tables.columns import At, Key, metadata

# `state`: wanted (to be fetched), kept, refused (not kept, and why), dropped (to be removed with its bytes).
media = Table(
    "media",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel_id", Key, ForeignKey("channels.id"), nullable=False),
    # None while nothing was said with what a visitor sent up, or a colleague put to a reply.
    Column("message_id", Key),
    Column("place", Integer, nullable=False, server_default=text("0")),
    # The visitor or colleague who sent it up; empty for what was fetched from a network.
    Column("owner", Key, nullable=False, server_default=""),
    # Of a colleague's: the case that it was put to, and the reply that it goes out with; none while that is a draft.
    Column("case_id", Key),
    Column("reply_id", Key),
    # The picture in words, as its owner wrote them.
    Column("alt", Text, nullable=False, server_default=""),
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
        "ix_media_case_id",
        "case_id",
        "owner",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
    Index(
        "ix_media_reply_id",
        "reply_id",
        sqlite_where=text("reply_id IS NOT NULL"),
        postgresql_where=text("reply_id IS NOT NULL"),
    ),
    Index(
        "ix_media_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
