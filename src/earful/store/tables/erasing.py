"""Who asked for what of somebody to be erased, and how far that is."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata

erasures = Table(
    "erasures",
    metadata,
    Column("id", Key, primary_key=True),
    # The number by which whoever asked can look how far it is.
    Column("code", Key, nullable=False, unique=True),
    # `hand` or the network's family that told it (`meta`).
    Column("source", String, nullable=False),
    # The channel that was told; empty where a colleague asked.
    Column("channel_id", Key, nullable=False, server_default=""),
    # Whom it is about; empty where nobody was found.
    Column("person_id", Key, nullable=False, server_default=""),
    Column("state", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("place", BigInteger, nullable=False, server_default=text("0")),
    # JSON: accounts, cases and words to look for; gone when it is done.
    Column("data", Text, nullable=False, server_default="{}"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("asked_by", Key, nullable=False, server_default=""),
    Column("asked_at", At, nullable=False),
    Column("finished_at", At),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("0")),
    # What went: messages and answers, files, raw deliveries; and the cases that stay without content.
    Column("messages", Integer, nullable=False, server_default=text("0")),
    Column("files", Integer, nullable=False, server_default=text("0")),
    Column("deliveries", Integer, nullable=False, server_default=text("0")),
    Column("cases", Integer, nullable=False, server_default=text("0")),
    Index("ix_erasures_asked_at", "asked_at"),
    Index("ix_erasures_person_id", "person_id"),
)
