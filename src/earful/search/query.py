"""Searching: what people type becomes a safe query of either database."""

import re
import unicodedata

from sqlalchemy import TextClause, text

from earful.store.tx import Tx

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
    "FROM search_index\n"
    "JOIN messages ON messages.seq = search_index.message_seq\n"
    "WHERE search_index.words @@ to_tsquery('simple', :query) AND messages.case_id IS NOT NULL\n"
    "ORDER BY search_index.message_seq DESC\n"
    "LIMIT :hits"
)


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
    statement: TextClause
    if tx.is_postgresql:
        words = plain(" ".join(words)).split()
        if not words:
            return []
        query = " & ".join([*(f"'{word}'" for word in words[:-1]), f"'{words[-1]}':*"])
        statement = _POSTGRESQL
    else:
        query = " ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"*'])
        statement = _SQLITE
    rows = tx.rows(statement, {"query": query, "hits": HITS})
    return list(dict.fromkeys(row["case_id"] for row in rows))
