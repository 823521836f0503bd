"""Searching: what people type becomes a safe query of either database."""

import re
import unicodedata

from sqlalchemy import text

from earful.store.tx import Row, Tx

_NO_WORD = re.compile(r"[\W_]+")
HITS = 400
"""Newest hits that are looked at for one page of results."""

_SQLITE = text(
    "SELECT messages.case_id AS case_id\n"
    "FROM search_index\n"
    "JOIN messages ON messages.seq = search_index.rowid\n"
    "WHERE search_index MATCH :query AND messages.case_id IS NOT NULL\n"
    "ORDER BY search_index.rowid DESC\n"
    "LIMIT :hits"
)
_POSTGRESQL = text(
    "SELECT messages.case_id AS case_id\n"
    "FROM (\n"
    "  SELECT message_seq FROM search_index\n"
    "  WHERE words @@ to_tsquery('simple', :query) AND message_seq > :after\n"
    "  ORDER BY message_seq + 0 DESC LIMIT :hits\n"
    ") AS newest\n"
    "JOIN messages ON messages.seq = newest.message_seq\n"
    "WHERE messages.case_id IS NOT NULL\n"
    "ORDER BY newest.message_seq DESC"
)
# `+ 0`: ordered by the key itself, PostgreSQL would rather walk through all messages from the newest on, in the hope
# that the word is everywhere. So it finds all hits by the word, and each of its workers sorts its own.
_NEWEST = text("SELECT max(message_seq) AS seq FROM search_index")
WINDOW = 50_000
"""Newest messages in which PostgreSQL looks first: a word that many use is found often enough among them, and of a
rarer one all hits together are few enough to be sorted."""


def terms(typed: str) -> list[str]:
    """The words of a search, at most ten; punctuation separates."""
    cleaned = "".join(char if char.isalnum() else " " for char in typed)
    return cleaned.split()[:10]


def plain(text: str) -> str:
    """Words as PostgreSQL is given them: without the marks and the punctuation that SQLite's index ignores.

    Its own parser would keep `AB-1234/x`, addresses and links in one piece, so that no part of them was found.
    """
    if not text.isascii():
        text = "".join(
            char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
        )
    return _NO_WORD.sub(" ", text)


def case_ids(tx: Tx, typed: str) -> list[str]:
    """Cases with a message that has all the words (the last one as a beginning), newest hit first."""
    words = terms(typed)
    if not words:
        return []
    if tx.is_postgresql:
        words = plain(" ".join(words)).split()
        if not words:
            return []
        query = " & ".join([*(f"'{word}'" for word in words[:-1]), f"'{words[-1]}':*"])
        rows = _newest_hits(tx, query)
    else:
        query = " ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"*'])
        rows = tx.rows(_SQLITE, {"query": query, "hits": HITS})
    return list(dict.fromkeys(row["case_id"] for row in rows))


def _newest_hits(tx: Tx, query: str) -> list[Row]:
    newest = tx.rows(_NEWEST)[0]["seq"] or 0
    if newest > WINDOW:
        found = tx.rows(_POSTGRESQL, {"query": query, "hits": HITS, "after": newest - WINDOW})
        if len(found) >= HITS:
            return found
    return tx.rows(_POSTGRESQL, {"query": query, "hits": HITS, "after": -1})
