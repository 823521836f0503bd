"""calendars, policies, clocks and breaches; the nearest deadline on each case"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _key(name: str) -> "sa.Column[str]":
    kind = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=False)


def _serial() -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("seq", kind, sa.Identity(always=False), autoincrement=True, nullable=False)


def _number(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "calendars",
        _serial(),
        _key("id"),
        sa.Column("data", sa.Text(), nullable=False),
        _key("user_id"),
        _number("at"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_calendars")),
    )
    op.create_index("ix_calendars_id", "calendars", ["id", "seq"])
    op.create_table(
        "sla_policies",
        _serial(),
        sa.Column("data", sa.Text(), nullable=False),
        _key("user_id"),
        _number("at"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sla_policies")),
    )
    op.create_table(
        "sla_progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        _key("run"),
        _number("after"),
        _number("done"),
        _number("total"),
        _number("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_progress")),
    )
    op.create_table(
        "case_clocks",
        _key("case_id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        _key("policy_id"),
        *(_number(name) for name in ("policy_seq", "calendar_seq", "target", "remaining", "started_at")),
        *(
            _number(name, nullable=True)
            for name in ("warn_at", "due_at", "paused_at", "done_at", "warned_at", "breached_at", "watch_at")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_clocks_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "kind", "round", name=op.f("pk_case_clocks")),
    )
    op.create_index(
        "ix_case_clocks_watch_at",
        "case_clocks",
        ["watch_at"],
        sqlite_where=sa.text("watch_at IS NOT NULL"),
        postgresql_where=sa.text("watch_at IS NOT NULL"),
    )
    op.create_table(
        "sla_breaches",
        _key("clock"),
        _key("case_id"),
        sa.Column("kind", sa.String(), nullable=False),
        _key("policy_id"),
        sa.Column("policy_name", sa.String(), nullable=False),
        *(_number(name) for name in ("policy_seq", "target", "started_at", "due_at", "breached_at")),
        *(_number(name, nullable=True) for name in ("ended_at", "late", "withdrawn_at")),
        sa.PrimaryKeyConstraint("clock", name=op.f("pk_sla_breaches")),
    )
    op.create_index("ix_sla_breaches_case_id", "sla_breaches", ["case_id"])
    op.create_index("ix_sla_breaches_due_at", "sla_breaches", ["due_at"])
    op.add_column("cases", sa.Column("due_kind", sa.String(), nullable=True))
    op.add_column("cases", _number("due_warn_at", nullable=True))
    op.add_column("cases", _number("due_at", nullable=True))
    op.create_index("ix_cases_status_due_at", "cases", ["status", "due_at", "number"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_cases_status_due_at", "cases")
    for name in ("due_at", "due_warn_at", "due_kind"):
        op.drop_column("cases", name)
    for table in ("sla_breaches", "case_clocks", "sla_progress", "sla_policies", "calendars"):
        op.drop_table(table)
