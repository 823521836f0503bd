"""Saved views, their members, counts and the times at which a case may come or go."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _key() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "views",
        sa.Column("id", _key(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("icon", sa.String(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("owner_id", _key(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("list_id", _key(), nullable=False),
        sa.Column("filled_to", sa.BigInteger(), nullable=False),
        sa.Column("fill_to", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_views"),
        sa.UniqueConstraint("list_id", name="uq_views_list_id"),
    )
    op.create_table(
        "view_members",
        sa.Column("case_id", _key(), nullable=False),
        sa.Column("list_id", _key(), nullable=False),
        sa.Column("who", _key(), nullable=False),
        sa.Column("except_id", _key(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "list_id", name="pk_view_members"),
    )
    op.create_index("ix_view_members_place", "view_members", ["list_id", "who", "first", "second", "number"])
    op.create_table(
        "view_counts",
        sa.Column("list_id", _key(), nullable=False),
        sa.Column("who", _key(), nullable=False),
        sa.Column("except_id", _key(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "who", "except_id", name="pk_view_counts"),
    )
    op.create_table(
        "view_checks",
        sa.Column("case_id", _key(), nullable=False),
        sa.Column("list_id", _key(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "list_id", name="pk_view_checks"),
    )
    op.create_index("ix_view_checks_at", "view_checks", ["at"])
    op.create_index("ix_view_checks_list_id", "view_checks", ["list_id"])


def downgrade() -> None:
    """Back."""
    for name in ("view_checks", "view_counts", "view_members", "views"):
        op.drop_table(name)
