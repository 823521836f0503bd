"""visitors of the web chat"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "chat_visitors",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False, server_default=""),
        sa.Column("name", KEY, nullable=False, server_default=""),
        sa.Column("email", KEY, nullable=False, server_default=""),
        sa.Column("page", KEY, nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("wrote_at", sa.BigInteger(), nullable=True),
        sa.Column("blocked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_chat_visitors_channel_id_channels")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_visitors")),
    )
    op.create_index(
        "ix_chat_visitors_user_id",
        "chat_visitors",
        ["channel_id", "user_id"],
        unique=False,
        sqlite_where=sa.text("user_id <> ''"),
        postgresql_where=sa.text("user_id <> ''"),
    )
    op.create_table(
        "chat_keys",
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("visitor_id", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_chat_keys_channel_id_channels")
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["chat_visitors.id"], name=op.f("fk_chat_keys_visitor_id_chat_visitors")
        ),
        sa.PrimaryKeyConstraint("channel_id", "digest", name=op.f("pk_chat_keys")),
    )
    op.create_index("ix_chat_keys_visitor_id", "chat_keys", ["visitor_id"], unique=False)


def downgrade() -> None:
    """Back."""
    for table in ("chat_keys", "chat_visitors"):
        op.drop_table(table)
