"""files that colleagues send"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INDEXES = (("ix_media_case_id", ["case_id", "owner"]), ("ix_media_reply_id", ["reply_id"]))


def upgrade() -> None:
    """Forward."""
    op.add_column("media", sa.Column("case_id", KEY, nullable=True))
    op.add_column("media", sa.Column("reply_id", KEY, nullable=True))
    op.add_column("media", sa.Column("alt", sa.Text(), nullable=False, server_default=""))
    for name, columns in INDEXES:
        there = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "media", columns, unique=False, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    """Back."""
    for name, _ in INDEXES:
        op.drop_index(name, table_name="media")
    for name in ("alt", "reply_id", "case_id"):
        op.drop_column("media", name)
