"""When somebody is there, what was promised, and how it goes: calendars, policies, clocks, breaches."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata, serial

# The newest row of a calendar is in force, so that history and undo come free; empty data: it was removed.
calendars = Table(
    "calendars",
    metadata,
    serial("seq"),
    Column("id", Key, nullable=False),
    Column("data", Text, nullable=False),
    # A user's id, `token:ID`, or empty for Earful.
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_calendars_id", "id", "seq"),
)

# All policies in their order; the newest row is in force.
sla_policies = Table(
    "sla_policies",
    metadata,
    serial("seq"),
    Column("data", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
)

# How far the open cases have been recomputed by policies and calendars; one row, while and after it runs.
sla_progress = Table(
    "sla_progress",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("run", Key, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("finished_at", At),
)

case_clocks = Table(
    "case_clocks",
    metadata,
    Column("case_id", Key, ForeignKey("cases.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    # A case has a clock of a kind again and again: after each answer, after each return.
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("policy_id", Key, nullable=False),
    # Which version of policies and calendar it runs, or ran, under.
    Column("policy_seq", BigInteger, nullable=False),
    Column("calendar_seq", BigInteger, nullable=False),
    # Business time, in milliseconds.
    Column("target", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("started_at", At, nullable=False),
    # None while it is paused.
    Column("warn_at", At),
    Column("due_at", At),
    Column("paused_at", At),
    Column("done_at", At),
    # When the desk was told.
    Column("warned_at", At),
    Column("breached_at", At),
    # When the next of both is to be told; the only thing that the timer looks for.
    Column("watch_at", At),
    Index(
        "ix_case_clocks_watch_at",
        "watch_at",
        sqlite_where=text("watch_at IS NOT NULL"),
        postgresql_where=text("watch_at IS NOT NULL"),
    ),
)

# What was not kept, for good: a row stays when its case is closed, merged, or its clock ran under old policies.
sla_breaches = Table(
    "sla_breaches",
    metadata,
    # `case/kind/round` as it was when the clock ran out.
    Column("clock", Key, primary_key=True),
    Column("case_id", Key, nullable=False),
    Column("kind", String, nullable=False),
    Column("policy_id", Key, nullable=False),
    Column("policy_name", String, nullable=False),
    Column("policy_seq", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("started_at", At, nullable=False),
    Column("due_at", At, nullable=False),
    Column("breached_at", At, nullable=False),
    Column("ended_at", At),
    # Business time from due to ended, in milliseconds.
    Column("late", BigInteger),
    # It turned out that the promise was kept: an answer came to light that was older.
    Column("withdrawn_at", At),
    Index("ix_sla_breaches_case_id", "case_id"),
    Index("ix_sla_breaches_due_at", "due_at"),
)
