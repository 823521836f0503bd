"""Searching: what people type becomes a safe query of either database."""

from sqlalchemy import TextClause, text

from earful.store.tx import Tx

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


def case_ids(tx: Tx, typed: str) -> list[str]:
    """Cases with a message that has all the words (the last one as a beginning), newest hit first."""
    words = terms(typed)
    if not words:
        return []
    statement: TextClause
    if tx.is_postgresql:
        query = " & ".join([*(f"'{word}'" for word in words[:-1]), f"'{words[-1]}':*"])
        statement = _POSTGRESQL
    else:
        query = " ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"*'])
        statement = _SQLITE
    rows = tx.rows(statement, {"query": query, "hits": HITS})
    return list(dict.fromkeys(row["case_id"] for row in rows))
