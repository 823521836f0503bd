"""what automation rules did, the least priority of a case, conditions of webhooks, notes of nobody"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "automation_runs",
        sa.Column("seq", SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("rule_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("cause", KEY, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_automation_runs"),
        sa.UniqueConstraint("rule_id", "case_id", "cause", name="uq_automation_runs_rule_id_case_id_cause"),
    )
    op.create_index("ix_automation_runs_rule_id", "automation_runs", ["rule_id", "at"])
    op.create_table(
        "automation_pauses",
        sa.Column("rule_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name="pk_automation_pauses"),
    )
    op.add_column(
        "cases", sa.Column("priority_least", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("webhooks", sa.Column("condition", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("notes") as notes:
        notes.alter_column("user_id", existing_type=KEY, nullable=True)
