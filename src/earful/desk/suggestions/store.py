"""The SQL of suggestions: the answers of solved cases and the index of their questions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text

from earful.store import bulk
from earful.store.tables import cases, channels, messages, ratings, solved, solved_terms, solved_words, users
from earful.store.tx import Row, Tx

CANDIDATES = 200
"""Answers that are ranked after the words have chosen them."""
_COLUMNS = (
    "case_id",
    "message_id",
    "answer",
    "language",
    "network",
    "topic",
    "outcome",
    "private",
    "answered_at",
)


def cases_of(tx: Tx, case_ids: Iterable[str]) -> list[Row]:
    """The cases that there are, with what they are about."""
    wanted = list(case_ids)
    query = select(cases.c.id, cases.c.outcome, cases.c.topic, cases.c.person_name, cases.c.handle)
    return tx.rows(query.where(cases.c.id.in_(wanted))) if wanted else []


def cases_with(tx: Tx, message_ids: Iterable[str]) -> list[str]:
    """Cases that have one of these messages."""
    wanted = list(message_ids)
    query = select(messages.c.case_id).where(messages.c.id.in_(wanted), messages.c.case_id.is_not(None))
    return [row["case_id"] for row in tx.rows(query)] if wanted else []


def said_in(tx: Tx, case_id: str, limit: int) -> list[Row]:
    """What was said in a case and still stands, oldest first."""
    query = (
        select(
            messages.c.id,
            messages.c.direction,
            messages.c.subject,
            messages.c.text,
            messages.c.author,
            messages.c.visibility,
            messages.c.occurred_at,
            channels.c.network,
            ratings.c.data.label("rating"),
        )
        .join(channels, channels.c.id == messages.c.channel_id)
        .join(ratings, ratings.c.message_id == messages.c.id, isouter=True)
        .where(messages.c.case_id == case_id, messages.c.deleted_at.is_(None), messages.c.kind != "system")
        .order_by(messages.c.occurred_at, messages.c.id)
        .limit(limit)
    )
    return tx.rows(query)


def signatures(tx: Tx) -> list[str]:
    """How colleagues sign."""
    found = tx.rows(select(users.c.name, users.c.sign_off))
    return [one for row in found for one in (row["sign_off"], row["name"]) if one]


def forget(tx: Tx, case_ids: Sequence[str]) -> None:
    """Take the answers of these cases out of the index."""
    if not case_ids:
        return
    docs = [row["doc"] for row in tx.rows(select(solved.c.doc).where(solved.c.case_id.in_(case_ids)))]
    for doc in docs:
        tx.execute(
            text(
                "UPDATE solved_words SET docs = docs - 1\n"
                "WHERE term IN (SELECT term FROM solved_terms WHERE doc = :doc)"
            ),
            {"doc": doc},
        )
        tx.execute(text("DELETE FROM solved_terms WHERE doc = :doc"), {"doc": doc})
        tx.execute(text("DELETE FROM solved WHERE doc = :doc"), {"doc": doc})


def add(tx: Tx, row: Mapping[str, Any], weights: Mapping[int, int]) -> None:
    """Put an answer into the index."""
    values = tuple(row[name] for name in _COLUMNS)
    made = bulk.insert(tx, "solved", _COLUMNS, [values], conflict=("case_id",), returning="doc")
    if not made:
        return
    doc = made[0][0]
    entries = sorted(weights.items())
    bulk.insert(
        tx, "solved_terms", ("term", "doc", "weight"), [(term, doc, weight) for term, weight in entries]
    )
    bulk.insert(tx, "solved_words", ("term", "docs"), [(term, 0) for term, _ in entries], conflict=("term",))
    tx.execute(
        text(
            "UPDATE solved_words SET docs = docs + 1\n"
            "WHERE term IN (SELECT term FROM solved_terms WHERE doc = :doc)"
        ),
        {"doc": doc},
    )


def docs(tx: Tx) -> int:
    """Answers in the index, at most: the highest number of one."""
    return int(tx.value(select(func.max(solved.c.doc))) or 0)


def found_in(tx: Tx, terms: Iterable[int], except_case: str) -> dict[int, int]:
    """term -> answers of other cases that have it, for those that any has."""
    wanted = list(terms)
    own = (
        select(solved_terms.c.term)
        .join(solved, solved.c.doc == solved_terms.c.doc)
        .where(solved.c.case_id == except_case)
    )
    mine = {row["term"] for row in tx.rows(own)}
    query = select(solved_words).where(solved_words.c.term.in_(wanted), solved_words.c.docs > 0)
    rows = tx.rows(query) if wanted else []
    return {row["term"]: n for row in rows if (n := row["docs"] - (row["term"] in mine)) > 0}


def candidates(tx: Tx, weights: Mapping[int, int], except_case: str) -> list[Row]:
    """The answers whose questions share most with these words."""
    if not weights:
        return []
    pairs = ", ".join(f"({int(term)}, {int(weight)})" for term, weight in weights.items())
    query = text(
        f"WITH asked (term, weight) AS (VALUES {pairs}),\n"
        "  scored AS (\n"
        "    SELECT solved_terms.doc AS doc, SUM(CAST(solved_terms.weight AS BIGINT) * asked.weight) AS score\n"
        "    FROM asked JOIN solved_terms ON solved_terms.term = asked.term\n"
        "    GROUP BY solved_terms.doc\n"
        "    ORDER BY score DESC, doc DESC\n"
        "    LIMIT :candidates\n"
        "  )\n"
        "SELECT solved.*, scored.score AS score, cases.number AS number, cases.title AS title\n"
        "FROM scored JOIN solved ON solved.doc = scored.doc JOIN cases ON cases.id = solved.case_id\n"
        "WHERE solved.case_id <> :except_case\n"
        "ORDER BY scored.score DESC"
    )
    return tx.rows(query, {"candidates": CANDIDATES, "except_case": except_case})
