"""The event log and its readers' cursors."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata, serial

# The event log. On PostgreSQL `tx` is the writing transaction's id; readers go by (tx, seq).
events = Table(
    "events",
    metadata,
    serial("seq"),
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
