"""visitors of the web chat, files of messages"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
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
    op.create_table(
        "media",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel_id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("place", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("owner", KEY, nullable=False, server_default=""),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("mime", sa.String(), nullable=False, server_default=""),
        sa.Column("size", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("sha256", KEY, nullable=True),
        sa.Column("source", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("link_until", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_media_channel_id_channels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("message_id", "place", name=op.f("uq_media_message_id_place")),
    )
    op.create_index("ix_media_sha256", "media", ["sha256"], unique=False)
    op.create_index(
        "ix_media_due_at",
        "media",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Back."""
    for table in ("media", "chat_keys", "chat_visitors"):
        op.drop_table(table)
