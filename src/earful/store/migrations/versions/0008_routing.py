"""routing: queues of cases, teams and routes, agents, acts on many cases"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
WAITING = "assignee_id IS NULL AND status = 'open' AND awaiting_since IS NOT NULL"


def upgrade() -> None:
    """Forward."""
    op.add_column("cases", sa.Column("queue", KEY, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("route_id", KEY, nullable=False, server_default=""))
    for name, columns in (
        ("ix_cases_queue", ["queue", "priority", "due_at", "number"]),
        ("ix_cases_queue_due_at", ["queue", "due_at", "number"]),
    ):
        op.create_index(
            name, "cases", columns, sqlite_where=sa.text(WAITING), postgresql_where=sa.text(WAITING)
        )
    sent = sa.text("sent_at IS NOT NULL")
    op.create_index("ix_outbox_sent_at", "outbox", ["sent_at"], sqlite_where=sent, postgresql_where=sent)
    op.create_table(
        "agents",
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("skills", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("languages", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("capacity", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("away", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("away_until", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_agents_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agents")),
    )
    op.create_table(
        "queue_states",
        sa.Column("queue", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("here", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("per_hour", sa.Float(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_states")),
    )
    op.create_table(
        "bulk_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_of", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_acts")),
        sa.UniqueConstraint("undo_of", name=op.f("uq_bulk_acts_undo_of")),
    )
    op.create_index("ix_bulk_acts_started_at", "bulk_acts", ["started_at"], unique=False)
    op.create_table(
        "bulk_items",
        sa.Column("bulk_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("result", sa.String(), nullable=False, server_default=""),
        sa.Column("why", sa.String(), nullable=False, server_default=""),
        sa.Column("before", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk_acts.id"], name=op.f("fk_bulk_items_bulk_id_bulk_acts")),
        sa.PrimaryKeyConstraint("bulk_id", "place", name=op.f("pk_bulk_items")),
    )


def downgrade() -> None:
    """Back."""
    for table in ("bulk_items", "bulk_acts", "queue_states", "agents"):
        op.drop_table(table)
    op.drop_index("ix_outbox_sent_at", table_name="outbox")
    for index in ("ix_cases_queue", "ix_cases_queue_due_at"):
        op.drop_index(index, table_name="cases")
    op.drop_column("cases", "route_id")
    op.drop_column("cases", "queue")
