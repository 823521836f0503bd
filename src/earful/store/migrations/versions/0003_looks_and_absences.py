"""Looking for a reply of unknown fate is counted apart from sending it, and "not there" apart from "cannot tell"."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward."""
    for name in ("looks", "absences"):
        op.add_column("outbox", sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Back."""
    for name in ("absences", "looks"):
        op.drop_column("outbox", name)
