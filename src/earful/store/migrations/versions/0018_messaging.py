"""Templates that networks approved, replies that are one, and what is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
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
    op.create_table(
        "erasures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", KEY, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("channel_id", KEY, nullable=False, server_default=""),
        sa.Column("person_id", KEY, nullable=False, server_default=""),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("data", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("asked_by", KEY, nullable=False, server_default=""),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
            for name in ("done", "total", "messages", "files", "deliveries", "cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("code", name=op.f("uq_erasures_code")),
    )
    op.create_index("ix_erasures_asked_at", "erasures", ["asked_at"], unique=False)
    op.create_index("ix_erasures_person_id", "erasures", ["person_id"], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table("erasures")
    op.drop_table("template_readings")
    op.drop_table("templates")
    op.drop_column("outbox", "template")
