"""deliveries read after they are kept, reports of networks, tokens, jobs, gaps, budgets, messaging windows"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.add_column("channels", sa.Column("account", KEY, nullable=False, server_default=""))
    op.create_index("ix_channels_account", "channels", ["network", "account"], unique=False)
    op.add_column("deliveries", sa.Column("state", sa.String(), nullable=False, server_default="read"))
    op.add_column("deliveries", sa.Column("why", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_deliveries_state",
        "deliveries",
        ["state", "seq"],
        unique=False,
        sqlite_where=sa.text("state <> 'read'"),
        postgresql_where=sa.text("state <> 'read'"),
    )
    op.add_column("cases", sa.Column("window_until", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_cases_window_until",
        "cases",
        ["window_until"],
        unique=False,
        sqlite_where=sa.text("window_until IS NOT NULL AND awaiting_since IS NOT NULL"),
        postgresql_where=sa.text("window_until IS NOT NULL AND awaiting_since IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_native_id",
        "outbox",
        ["channel_id", "native_id"],
        unique=False,
        sqlite_where=sa.text("native_id IS NOT NULL"),
        postgresql_where=sa.text("native_id IS NOT NULL"),
    )
    _create_arrivals()
    _create_channels()


def _channel(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["channel_id"], ["channels.id"], name=op.f(f"fk_{table}_channel_id_channels")
    )


def _create_arrivals() -> None:
    op.create_table(
        "oddities",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", KEY, nullable=False),
        _channel("oddities"),
        sa.PrimaryKeyConstraint("channel_id", "kind", name=op.f("pk_oddities")),
    )
    op.create_table(
        "wanted",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("what", KEY, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        _channel("wanted"),
        sa.PrimaryKeyConstraint("channel_id", "what", name=op.f("pk_wanted")),
    )
    op.create_index("ix_wanted_due_at", "wanted", ["channel_id", "due_at"], unique=False)
    op.create_table(
        "reports",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("namespace", KEY, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        _channel("reports"),
        sa.PrimaryKeyConstraint("channel_id", "namespace", "native_id", "state", name=op.f("pk_reports")),
    )


def _create_channels() -> None:
    op.create_table(
        "channel_tokens",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("refresh_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        _channel("channel_tokens"),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_tokens")),
    )
    op.create_table(
        "consents",
        sa.Column("state", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        _channel("consents"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consents_user_id_users")),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_consents")),
    )
    op.create_table(
        "channel_jobs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False, server_default=""),
        sa.Column("looked_at", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("found", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("asked_by", KEY, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        _channel("channel_jobs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_jobs")),
    )
    op.create_index("ix_channel_jobs_channel_id", "channel_jobs", ["channel_id", "asked_at"], unique=False)
    op.create_table(
        "channel_gaps",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("filled_at", sa.BigInteger(), nullable=True),
        _channel("channel_gaps"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_gaps")),
    )
    op.create_index("ix_channel_gaps_channel_id", "channel_gaps", ["channel_id", "since"], unique=False)
    op.create_table(
        "spending",
        sa.Column("budget", KEY, nullable=False),
        sa.Column("span", KEY, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("budget", "span", name=op.f("pk_spending")),
    )


def downgrade() -> None:
    """Back."""
    for table in (
        "spending",
        "channel_gaps",
        "channel_jobs",
        "consents",
        "channel_tokens",
        "reports",
        "wanted",
        "oddities",
    ):
        op.drop_table(table)
    op.drop_index("ix_outbox_native_id", table_name="outbox")
    op.drop_index("ix_cases_window_until", table_name="cases")
    op.drop_column("cases", "window_until")
    op.drop_index("ix_deliveries_state", table_name="deliveries")
    op.drop_column("deliveries", "why")
    op.drop_column("deliveries", "state")
    op.drop_index("ix_channels_account", table_name="channels")
    op.drop_column("channels", "account")
