"""The SQL of marks and suggestions: what may tell that two accounts are one person's."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from earful.store import bulk
from earful.store.tables import authors, people, person_hints, person_links, person_marks
from earful.store.tx import Row, Tx

MARK_COLUMNS = ("kind", "digest", "person_id", "role", "message_id", "start", "stop", "at")
_SAID = (
    "SELECT messages.id, messages.subject, messages.text, messages.author, messages.occurred_at,\n"
    "  ratings.data AS rating, authors.network, authors.handle, authors.native_id, people.id AS person_id\n"
    "FROM messages\n"
    "JOIN authors ON authors.id = messages.author_id\n"
    "JOIN people ON people.author_id = authors.id\n"
    "LEFT JOIN ratings ON ratings.message_id = messages.id\n"
    "WHERE messages.id IN ?? AND messages.direction = 'inbound' AND messages.kind <> 'system'\n"
    "  AND messages.deleted_at IS NULL"
)


def said(tx: Tx, message_ids: Sequence[str]) -> list[Row]:
    """What customers said, with rating, account and the person that it was first seen as."""
    return list(bulk.select(tx, _SAID, [list(message_ids)])) if message_ids else []


def insert_marks(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> set[tuple[str, str]]:
    """Keep marks; the (kind, digest) of those that are new."""
    fresh = bulk.insert(
        tx, "person_marks", MARK_COLUMNS, rows, conflict=MARK_COLUMNS[:4], returning="kind, digest"
    )
    return {(kind, digest) for kind, digest in fresh}


def sharing(tx: Tx, kind: str, digest: str, limit: int) -> list[Row]:
    """Who has a mark, first come first, with who they now are and the network of their account."""
    query = (
        select(person_marks, person_links.c.person_id.label("now_id"), authors.c.network)
        .join(people, people.c.id == person_marks.c.person_id)
        .join(authors, authors.c.id == people.c.author_id)
        .join(person_links, person_links.c.author_id == people.c.author_id)
        .where(
            person_marks.c.kind == kind, person_marks.c.digest == digest, person_links.c.unlinked_at.is_(None)
        )
        .order_by(person_marks.c.at, person_marks.c.person_id, person_marks.c.role)
        .limit(limit)
    )
    return tx.rows(query)


def shared_widely(tx: Tx, persons: Iterable[str], most: int) -> list[Row]:
    """(kind, n) of marks of these persons that more than `most` have, and that so suggest nothing."""
    own = select(person_marks.c.kind, person_marks.c.digest).where(
        person_marks.c.person_id.in_(sorted(persons))
    )
    mine = own.distinct().subquery()
    count = (
        select(func.count(person_marks.c.person_id.distinct()))
        .where(person_marks.c.kind == mine.c.kind, person_marks.c.digest == mine.c.digest)
        .scalar_subquery()
    )
    return tx.rows(select(mine.c.kind, count.label("n")).where(count > most).limit(5))


def hint(tx: Tx, first_id: str, second_id: str) -> Row | None:
    """The suggestion about two persons, locked against others' changes."""
    where = person_hints.c.first_id == first_id, person_hints.c.second_id == second_id
    return tx.row(select(person_hints).where(*where).with_for_update())


def hint_by_id(tx: Tx, hint_id: str) -> Row | None:
    """One suggestion, locked against others' changes."""
    return tx.row(select(person_hints).where(person_hints.c.id == hint_id).with_for_update())


def hint_of_tie(tx: Tx, tie_id: str) -> Row | None:
    """The suggestion that became a tie."""
    return tx.row(select(person_hints).where(person_hints.c.tie_id == tie_id))


def insert_hint(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a suggestion."""
    tx.execute(insert(person_hints).values(row))


def change_hint(tx: Tx, hint_id: str, values: dict[str, Any]) -> None:
    """Change a suggestion."""
    tx.execute(update(person_hints).where(person_hints.c.id == hint_id).values(values))


def drop_hint(tx: Tx, hint_id: str) -> None:
    """Forget a suggestion whose evidence turned out to be none."""
    tx.execute(delete(person_hints).where(person_hints.c.id == hint_id))


def open_among(tx: Tx, persons: Iterable[str]) -> list[Row]:
    """Open suggestions about these persons, the strongest first."""
    ids = sorted(persons)
    query = select(person_hints).where(
        person_hints.c.state == "suggested",
        or_(person_hints.c.first_id.in_(ids), person_hints.c.second_id.in_(ids)),
    )
    return tx.rows(query.order_by(person_hints.c.strength.desc(), person_hints.c.at, person_hints.c.id))


def open_hints(tx: Tx, limit: int) -> list[Row]:
    """Open suggestions about everybody, the strongest first."""
    query = select(person_hints).where(person_hints.c.state == "suggested")
    return tx.rows(
        query.order_by(person_hints.c.strength.desc(), person_hints.c.at, person_hints.c.id).limit(limit)
    )


def now_are(tx: Tx, persons: Iterable[str]) -> dict[str, Row]:
    """Person as first seen -> who they now are (person_id, name) and the account (network, handle, author_name)."""
    ids = sorted(persons)
    now = people.alias("now")
    query = (
        select(
            people.c.id, person_links.c.person_id, now.c.name, authors.c.network, authors.c.handle,
            authors.c.name.label("author_name"), authors.c.native_id,
        )
        .join(authors, authors.c.id == people.c.author_id)
        .join(person_links, person_links.c.author_id == authors.c.id)
        .join(now, now.c.id == person_links.c.person_id)
        .where(people.c.id.in_(bindparam("ids", expanding=True)), person_links.c.unlinked_at.is_(None))
    )  # fmt: skip
    return {row["id"]: row for row in tx.rows(query, {"ids": ids})} if ids else {}


_WORDS = (
    "SELECT messages.id, messages.subject, messages.text, messages.deleted_at, messages.occurred_at, cases.number\n"
    "FROM messages\n"
    "LEFT JOIN cases ON cases.id = messages.case_id\n"
    "WHERE messages.id IN ??"
)


def words_of(tx: Tx, message_ids: Iterable[str]) -> dict[str, Row]:
    """Messages that evidence points to, with the number of their case."""
    ids = sorted(set(message_ids))
    return {row["id"]: row for row in bulk.select(tx, _WORDS, [ids])} if ids else {}
