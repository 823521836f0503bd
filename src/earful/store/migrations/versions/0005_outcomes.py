"""What became of cases, and invitations to a private place."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "case_outcomes",
        sa.Column("seq", _SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_outcomes_case_id_cases"),
        sa.PrimaryKeyConstraint("seq", name="pk_case_outcomes"),
    )
    op.create_index("ix_case_outcomes_case_id", "case_outcomes", ["case_id", "seq"])
    op.create_table(
        "outcome_clocks",
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_outcome_clocks_case_id_cases"),
        sa.PrimaryKeyConstraint("case_id", name="pk_outcome_clocks"),
    )
    op.create_index("ix_outcome_clocks_due_at", "outcome_clocks", ["due_at"])
    op.create_table(
        "case_returns",
        sa.Column("message_id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("earlier_id", _KEY, nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_case_returns_message_id_messages"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_returns_case_id_cases"),
        sa.ForeignKeyConstraint(["earlier_id"], ["cases.id"], name="fk_case_returns_earlier_id_cases"),
        sa.PrimaryKeyConstraint("message_id", name="pk_case_returns"),
    )
    op.create_index("ix_case_returns_case_id", "case_returns", ["case_id"])
    op.create_index("ix_case_returns_earlier_id", "case_returns", ["earlier_id"])
    op.create_table(
        "desk_settings",
        sa.Column("seq", _SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_desk_settings"),
        sa.UniqueConstraint("id", name="uq_desk_settings_id"),
    )
    op.create_index("ix_desk_settings_kind", "desk_settings", ["kind", "seq"])
    _handoffs()


def _handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("code", _KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=True),
        sa.Column("arrived_by", sa.String(), server_default="", nullable=False),
        sa.Column("visitor", _KEY, nullable=True),
        sa.Column("conversation_id", _KEY, nullable=True),
        sa.Column("author_id", _KEY, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_handoffs_case_id_cases"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_handoffs_user_id_users"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_handoffs_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_handoffs_author_id_authors"),
        sa.PrimaryKeyConstraint("id", name="pk_handoffs"),
        sa.UniqueConstraint("code", name="uq_handoffs_code"),
    )
    op.create_index("ix_handoffs_case_id", "handoffs", ["case_id"])
    op.create_index("ix_handoffs_offered_at", "handoffs", ["offered_at"])
    op.create_index(
        "ix_handoffs_expires_at",
        "handoffs",
        ["expires_at"],
        sqlite_where=sa.text("state = 'offered'"),
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_index("ix_handoffs_conversation_id", "handoffs", ["conversation_id"])
    op.create_table(
        "handoff_tries",
        sa.Column("seq", _SERIAL, sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("who", _KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_handoff_tries"),
    )
    op.create_index("ix_handoff_tries_who", "handoff_tries", ["who", "at"])


def downgrade() -> None:
    """Back."""
    for name in (
        "handoff_tries", "handoffs", "desk_settings", "case_returns", "outcome_clocks", "case_outcomes",
    ):  # fmt: skip
        op.drop_table(name)
