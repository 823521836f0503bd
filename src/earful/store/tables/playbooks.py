"""Playbooks in all their versions, and how cases go through them."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from earful.store.tables.columns import At, Key, metadata, serial

# `version` is the newest of `playbook_versions`, which is in force unless the playbook was deleted.
playbooks = Table(
    "playbooks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("deleted_at", At),
)

# Never rewritten: a run keeps the version that it started with.
playbook_versions = Table(
    "playbook_versions",
    metadata,
    serial("seq"),
    Column("playbook_id", Key, ForeignKey("playbooks.id"), nullable=False),
    Column("version", Integer, nullable=False),
    # JSON: the whole playbook.
    Column("data", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    UniqueConstraint("playbook_id", "version"),
)

# A playbook on a case. `watch_at`: when time has something to say to it next; null for never.
case_runs = Table(
    "case_runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    # How many runs the case has had.
    Column("round", Integer, nullable=False),
    Column("playbook_id", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("path", Key, nullable=False),
    # The version of the calendar that deadlines count by; 0 for around the clock.
    Column("calendar_seq", At, nullable=False),
    # JSON: the facts that matched; an empty list where a person chose the playbook.
    Column("because", Text, nullable=False),
    # Who chose it; empty where the condition did.
    Column("user_id", Key, nullable=False),
    Column("state", String, nullable=False),
    Column("step", Key, nullable=False),
    Column("step_started_at", At),
    Column("step_due_at", At),
    Column("watch_at", At),
    Column("started_at", At, nullable=False),
    Column("ended_at", At),
    UniqueConstraint("case_id", "round"),
    Index("ix_case_runs_watch_at", "watch_at", sqlite_where=text("watch_at IS NOT NULL"),
          postgresql_where=text("watch_at IS NOT NULL")),
    Index("ix_case_runs_playbook_id", "playbook_id", "state"),
)  # fmt: skip

# The steps that a run came to, in order.
run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", Key, ForeignKey("case_runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("case_id", Key, ForeignKey("cases.id"), nullable=False),
    Column("step", Key, nullable=False),
    Column("started_at", At, nullable=False),
    Column("due_at", At, nullable=False),
    Column("ended_at", At),
    # What ended it: an end, `skipped` or `late`; and the message or event that did.
    Column("ended_by", String, nullable=False),
    Column("ref", Key, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("reason", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    # Whether the log was told that it is due.
    Column("told", Boolean, nullable=False),
    Index("ix_run_steps_case_id", "case_id"),
)
