"""What people tell triage: corrections of ratings, settings in force, own topics, and what was learned from it."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from earful.store.tables.columns import At, Key, metadata, serial

# A correction is never destroyed: taking it back sets undone_at. The newest that stands decides its field.
corrections = Table(
    "corrections",
    metadata,
    serial("seq"),
    Column("id", Key, nullable=False, unique=True),
    Column("message_id", Key, ForeignKey("messages.id"), nullable=False),
    Column("field", String, nullable=False),
    # JSON, as the field holds it.
    Column("value", Text, nullable=False),
    Column("before", Text, nullable=False),
    # A user's id, or `token:ID`.
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Column("undone_at", At),
    Index("ix_corrections_message_id", "message_id", "seq"),
)

# The newest row of a kind is in force, so that history and undo come free.
triage_settings = Table(
    "triage_settings",
    metadata,
    serial("seq"),
    Column("id", Key, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("data", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_triage_settings_kind", "kind", "seq"),
)

topics = Table(
    "topics",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Key, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("created_by", Key, nullable=False),
    Column("created_at", At, nullable=False),
    Column("archived_at", At),
)

# Models made from corrections. `state`: active, kept, rejected or rolled_back.
learned = Table(
    "learned",
    metadata,
    Column("id", Key, primary_key=True),
    Column("made_at", At, nullable=False),
    Column("model", String, nullable=False),
    # The newest correction that it has seen.
    Column("corrections_through", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("figures", Text, nullable=False),
    Column("state", String, nullable=False),
)
