"""What waits is also found by the end of its messaging window."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
WINDOWED = (
    "assignee_id IS NULL AND status = 'open' AND awaiting_since IS NOT NULL AND window_until IS NOT NULL"
)


def upgrade() -> None:
    """Forward."""
    where = sa.text(WINDOWED)
    op.create_index(
        "ix_cases_queue_window",
        "cases",
        ["queue", "window_until"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_cases_queue_window", table_name="cases")
