"""What only one of the databases has: full text search in its own way, and the log's order on PostgreSQL."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_index (message_seq BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_index_words ON search_index USING GIN (words)")
        op.execute("CREATE INDEX ix_events_tx_seq ON events (tx, seq)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5(words, tokenize = 'unicode61 remove_diacritics 2')"
    )


def downgrade() -> None:
    """Back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_events_tx_seq")
    op.execute("DROP TABLE search_index")
