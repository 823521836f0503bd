"""Templates that networks approved, as they were last read."""

from sqlalchemy import Column, ForeignKey, Table, Text

from earful.store.tables.columns import At, Key, metadata

templates = Table(
    "templates",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("native_id", Key, primary_key=True),
    # JSON: the template whole.
    Column("data", Text, nullable=False),
)

# When the templates of a channel were read, and when somebody asked for that.
template_readings = Table(
    "template_readings",
    metadata,
    Column("channel_id", Key, ForeignKey("channels.id"), primary_key=True),
    Column("asked_at", At),
    Column("tried_at", At),
    Column("fetched_at", At),
    # Why the last reading failed; empty when it did not.
    Column("why", Text, nullable=False, server_default=""),
)
