"""macros, approval, schedules, replies in parts, and answers of solved cases"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("scheduled_at", sa.BigInteger(), nullable=True),
        sa.Column("on_news", sa.String(), nullable=False, server_default=""),
        sa.Column("watch_seq", sa.BigInteger(), nullable=True),
        sa.Column("later", sa.Text(), nullable=False, server_default=""),
        sa.Column("thread_id", KEY, nullable=True),
        sa.Column("part", sa.SmallInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column("parts", sa.SmallInteger(), nullable=False, server_default=sa.text("1")),
        sa.Column("private_reason", sa.Text(), nullable=False, server_default=""),
    ]


def upgrade() -> None:
    """Forward."""
    for column in _columns():
        op.add_column("outbox", column)
    op.create_index(
        "ix_outbox_thread_id",
        "outbox",
        ["thread_id", "part"],
        unique=False,
        sqlite_where=sa.text("thread_id IS NOT NULL"),
        postgresql_where=sa.text("thread_id IS NOT NULL"),
    )
    op.create_table(
        "macros",
        sa.Column("id", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_macros_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
    )
    op.create_index("ix_macros_owner_id", "macros", ["owner_id"], unique=False)
    op.create_table(
        "reply_approvals",
        sa.Column("reply_id", KEY, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False, server_default=""),
        sa.Column("decided_by", KEY, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("before", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["reply_id"], ["outbox.id"], name=op.f("fk_reply_approvals_reply_id_outbox")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_reply_approvals_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_reply_approvals")),
    )
    op.create_index("ix_reply_approvals_asked_at", "reply_approvals", ["asked_at"], unique=False)
    op.create_table(
        "solved",
        sa.Column("doc", SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("private", sa.SmallInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_solved")),
        sa.UniqueConstraint("case_id", name=op.f("uq_solved_case_id")),
    )
    op.create_index("ix_solved_message_id", "solved", ["message_id"], unique=False)
    op.create_table(
        "solved_terms",
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term", "doc", name=op.f("pk_solved_terms")),
    )
    op.create_index("ix_solved_terms_doc", "solved_terms", ["doc"], unique=False)
    op.create_table(
        "solved_words",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("docs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=op.f("pk_solved_words")),
    )


def downgrade() -> None:
    """Back."""
    for table in ("solved_words", "solved_terms", "solved", "reply_approvals", "macros"):
        op.drop_table(table)
    op.drop_index("ix_outbox_thread_id", table_name="outbox")
    with op.batch_alter_table("outbox") as batch:
        for column in _columns():
            batch.drop_column(column.name)
