"""playbooks in all their versions, and how cases go through them"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "playbooks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_playbooks"),
    )
    op.create_table(
        "playbook_versions",
        sa.Column("seq", SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("playbook_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["playbook_id"], ["playbooks.id"], name="fk_playbook_versions_playbook_id_playbooks"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_playbook_versions"),
        sa.UniqueConstraint("playbook_id", "version", name="uq_playbook_versions_playbook_id_version"),
    )
    op.create_table(
        "case_runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("playbook_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("calendar_seq", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", KEY, nullable=False),
        sa.Column("step_started_at", sa.BigInteger(), nullable=True),
        sa.Column("step_due_at", sa.BigInteger(), nullable=True),
        sa.Column("watch_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_runs_case_id_cases"),
        sa.PrimaryKeyConstraint("id", name="pk_case_runs"),
        sa.UniqueConstraint("case_id", "round", name="uq_case_runs_case_id_round"),
    )
    op.create_index(
        "ix_case_runs_watch_at",
        "case_runs",
        ["watch_at"],
        sqlite_where=sa.text("watch_at IS NOT NULL"),
        postgresql_where=sa.text("watch_at IS NOT NULL"),
    )
    op.create_index("ix_case_runs_playbook_id", "case_runs", ["playbook_id", "state"])
    op.create_table(
        "run_steps",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("step", KEY, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("ref", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["case_runs.id"], name="fk_run_steps_run_id_case_runs"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_run_steps_case_id_cases"),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_run_steps"),
    )
    op.create_index("ix_run_steps_case_id", "run_steps", ["case_id"])


def downgrade() -> None:
    """Back."""
    for name in ("run_steps", "case_runs", "playbook_versions", "playbooks"):
        op.drop_table(name)
