"""What automation rules did, and which of them are paused. The rules themselves are settings (`desk_settings`)."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from earful.store.tables.columns import At, Key, metadata, serial

# A rule acts once on a case for the same cause: a message, an event, or a wait of the customer.
automation_runs = Table(
    "automation_runs",
    metadata,
    serial("seq"),
    Column("rule_id", Key, nullable=False),
    Column("version", Integer, nullable=False),
    # No foreign key: a case that turned out to be another is removed, what was done stays told.
    Column("case_id", Key, nullable=False),
    Column("cause", Key, nullable=False),
    # What happened: an `On` of the rules.
    Column("event", String, nullable=False),
    Column("at", At, nullable=False),
    # How many rules led to this, one after the other; 1 for what no rule caused.
    Column("depth", Integer, nullable=False),
    # Acts that changed something, and acts that could not be done.
    Column("acts", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    # acted, refused or stopped
    Column("result", String, nullable=False),
    # Why something was refused or stopped, for people.
    Column("detail", Text, nullable=False),
    # JSON: the facts that made the condition hold.
    Column("because", Text, nullable=False),
    UniqueConstraint("rule_id", "case_id", "cause"),
    Index("ix_automation_runs_rule_id", "rule_id", "at"),
    Index("ix_automation_runs_at", "at"),
)

# A rule that acted too often waits here until a person lets it go on.
automation_pauses = Table(
    "automation_pauses",
    metadata,
    Column("rule_id", Key, primary_key=True),
    Column("at", At, nullable=False),
    # How often it had acted within an hour.
    Column("acts", Integer, nullable=False),
)
