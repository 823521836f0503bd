"""Keeps the full-text index: a consumer, because a trigger would cut intake to a fifth."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.search.query import plain
from earful.store import bulk
from earful.store.tx import Row, Tx

INDEXED = 20_000
"""Characters of a message that are indexed; beyond, a mail is mostly quotation."""

_BATCH = "SELECT seq, text, subject, deleted_at FROM messages WHERE id IN ??"
_FORGET = {
    "sqlite": text("DELETE FROM search_index WHERE rowid = :seq"),
    "postgresql": text("DELETE FROM search_index WHERE message_seq = :seq"),
}
_INSERT_POSTGRESQL = text(
    "INSERT INTO search_index (message_seq, words) VALUES (:seq, to_tsvector('simple', :words))\n"
    "ON CONFLICT (message_seq) DO NOTHING"
)


class SearchConsumer:
    """Indexes new and edited messages, forgets deleted ones."""

    name = "search"
    types = frozenset({"message.received", "message.edited", "message.deleted"})

    def prepare(self, tx: Tx, events: list[Event]) -> list[bulk.Record]:
        """The messages as they now are."""
        ids = list(dict.fromkeys(event.subject for event in events))
        return bulk.select(tx, _BATCH, [ids])

    def apply(self, tx: Tx, events: list[Event], prepared: list[bulk.Record], now: Instant) -> list[NewEvent]:
        """Bring the index to what the messages say."""
        changed = {event.subject for event in events if event.type != "message.received"}
        if changed:
            tx.execute(_FORGET[tx.dialect], [{"seq": row["seq"]} for row in prepared])
        rows = [(row["seq"], words_of(row)) for row in prepared if row["deleted_at"] is None]
        if tx.is_postgresql:
            if rows:
                tx.execute(_INSERT_POSTGRESQL, [{"seq": seq, "words": plain(words)} for seq, words in rows])
        else:
            bulk.insert(tx, "search_index", ("rowid", "words"), rows)
        return []


def forget(tx: Tx, seqs: Sequence[int]) -> None:
    """Take messages out of the index at once, by their place in the table."""
    if seqs:
        tx.execute(_FORGET[tx.dialect], [{"seq": seq} for seq in seqs])


MERGED_PAGES = 500
"""Pages of SQLite's index that one call rewrites at most."""


def drop_traces(tx: Tx, *, begin: bool) -> bool:
    """Rewrite some more of SQLite's index, in whose pages the words of what was taken out stand until then.

    Returns whether more is left. PostgreSQL's index forgets by itself.
    """
    if tx.is_postgresql:
        return False
    connection: Any = tx.conn.connection.driver_connection
    before = connection.total_changes
    sql = "INSERT INTO search_index(search_index, rank) VALUES ('merge', ?)"
    connection.execute(sql, (-MERGED_PAGES if begin else MERGED_PAGES,))
    # As the documentation of FTS5 has it: a call that changes less than two rows had nothing to do.
    return bool(connection.total_changes - before >= 2)


def words_of(row: Row) -> str:
    """What a message can be found by."""
    return f"{row['subject']}\n{row['text'][:INDEXED]}"
