"""mentions in notes, follows, notices and their mails"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "note_mentions",
        sa.Column("note_id", KEY, nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column("user_id", KEY, nullable=False, server_default=""),
        sa.Column("team_id", KEY, nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_note_mentions_note_id_notes")),
        sa.PrimaryKeyConstraint("note_id", "start", name=op.f("pk_note_mentions")),
    )
    op.create_table(
        "case_follows",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_follows_user_id_users")),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_follows")),
    )
    op.create_table(
        "notices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("topic", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False, server_default=""),
        sa.Column("place", KEY, nullable=False, server_default=""),
        sa.Column("actor_id", KEY, nullable=False, server_default=""),
        sa.Column("detail", sa.Text(), nullable=False, server_default=""),
        sa.Column("count", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("app", sa.Boolean(), nullable=False),
        sa.Column("browser", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("mail_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_user_id", "notices", ["user_id", "at", "id"], unique=False)
    op.create_index("ix_notices_case_id", "notices", ["case_id"], unique=False)
    op.create_index("ix_notices_at", "notices", ["at"], unique=False)
    op.create_index(
        "ix_notices_unread",
        "notices",
        ["user_id", "topic", "at"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "notice_mails",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("slot", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_mails_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_mails")),
    )
    op.create_index("uq_notice_mails_user_id_slot", "notice_mails", ["user_id", "slot"], unique=True)
    op.create_index("ix_notice_mails_made_at", "notice_mails", ["made_at"], unique=False)
    op.create_index(
        "ix_notice_mails_due",
        "notice_mails",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Back."""
    for table in ("notice_mails", "notices", "case_follows", "note_mentions"):
        op.drop_table(table)
