"""Keeps the full-text index: a consumer, because a trigger would cut intake to a fifth."""

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


def words_of(row: Row) -> str:
    """What a message can be found by."""
    return f"{row['subject']}\n{row['text'][:INDEXED]}"
