"""What rules did long ago is found by its time, to be forgotten."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_automation_runs_at", "automation_runs", ["at"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_automation_runs_at", table_name="automation_runs")
