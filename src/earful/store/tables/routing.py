"""Who takes cases and whether they are here, how queues stand, and acts on many cases at once."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from earful.store.tables.columns import At, Key, metadata

# What routing knows of a user; who has no row has the defaults.
agents = Table(
    "agents",
    metadata,
    Column("user_id", Key, ForeignKey("users.id"), primary_key=True),
    # JSON lists.
    Column("skills", Text, nullable=False, server_default="[]"),
    Column("languages", Text, nullable=False, server_default="[]"),
    # Open cases at most; 0 for no limit.
    Column("capacity", Integer, nullable=False, server_default="0"),
    Column("away", Boolean, nullable=False, server_default=text("false")),
    Column("away_until", At),
    # Grows with each case given: the smallest is next in turn.
    Column("turn", BigInteger, nullable=False, server_default="0"),
)

# How each queue stood when it was last looked at, once a minute.
queue_states = Table(
    "queue_states",
    metadata,
    Column("queue", Key, primary_key=True),
    Column("at", At, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("here", Integer, nullable=False),
    # Whether it is the team's day.
    Column("open", Boolean, nullable=False),
    # Answers in an hour in which there were any; hours: how many of those the figure rests on.
    Column("per_hour", Float, nullable=False),
    Column("hours", Integer, nullable=False),
    # When everything that waits now would be answered; none: it cannot be said.
    Column("done_at", At),
    # Deadlines that will be missed even in the best order.
    Column("late", Integer, nullable=False),
)

# One act on many cases. `undo_of`: the act that this one takes back.
bulk_acts = Table(
    "bulk_acts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, nullable=False),
    Column("user_name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("act", String, nullable=False),
    # JSON: what the act needs.
    Column("data", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("started_at", At, nullable=False),
    Column("finished_at", At),
    Column("undo_of", Key, unique=True),
    Index("ix_bulk_acts_started_at", "started_at"),
)

# No foreign key to cases: one that was merged meanwhile is refused with that reason.
bulk_items = Table(
    "bulk_items",
    metadata,
    Column("bulk_id", Key, ForeignKey("bulk_acts.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("case_id", Key, nullable=False),
    # Empty until it was its turn; then changed, same or refused.
    Column("result", String, nullable=False, server_default=""),
    Column("why", String, nullable=False, server_default=""),
    # JSON: how the case stood before, and after.
    Column("before", Text, nullable=False, server_default=""),
)
