"""Templates that networks approved, and replies that are one."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Two tables and a column."""
    op.add_column("outbox", sa.Column("template", sa.Text(), nullable=False, server_default=""))
    channel = sa.ForeignKeyConstraint
    op.create_table(
        "templates",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        channel(["channel_id"], ["channels.id"], name=op.f("fk_templates_channel_id_channels")),
        sa.PrimaryKeyConstraint("channel_id", "native_id", name=op.f("pk_templates")),
    )
    op.create_table(
        "template_readings",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        channel(["channel_id"], ["channels.id"], name=op.f("fk_template_readings_channel_id_channels")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_template_readings")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("template_readings")
    op.drop_table("templates")
    op.drop_column("outbox", "template")
