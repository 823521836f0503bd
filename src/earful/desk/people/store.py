"""The SQL of authors and people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from earful.store import bulk
from earful.store.tables import authors, cases, person_links
from earful.store.tx import Row, Tx

AuthorKey = tuple[str, str, str]
"""(network, namespace, native id)."""

AUTHOR_COLUMNS = (
    "id", "network", "namespace", "native_id", "handle", "name", "profile_url", "followers",
    "first_seen_at", "last_seen_at",
)  # fmt: skip
_FIND = (
    "SELECT authors.id, authors.network, authors.namespace, authors.native_id, authors.handle, authors.name,\n"
    "  authors.followers, authors.last_seen_at, person_links.person_id\n"
    "FROM authors\n"
    "JOIN person_links ON person_links.author_id = authors.id AND person_links.unlinked_at IS NULL\n"
    "WHERE authors.network = ? AND authors.namespace = ? AND authors.native_id IN ??"
)


def find_authors(tx: Tx, keys: Iterable[AuthorKey]) -> dict[AuthorKey, Row]:
    """Known authors with the person each is linked to."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for network, namespace, native_id in keys:
        groups[network, namespace].append(native_id)
    return {
        (*group, row["native_id"]): row
        for group, native_ids in groups.items()
        for row in bulk.select(tx, _FIND, [*group, native_ids])
    }


def insert_authors(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> set[str]:
    """Insert authors whose key is new; the ids of those inserted."""
    ids = [row[0] for row in rows]
    if bulk.insert_absent(tx, "authors", AUTHOR_COLUMNS, rows, AUTHOR_COLUMNS[1:4]) == len(rows):
        return set(ids)
    return {row[0] for row in bulk.tuples(tx, "SELECT id FROM authors WHERE id IN ??", [ids])}


def insert_people(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert (id, name, created_at)."""
    bulk.insert(tx, "people", ("id", "name", "created_at"), rows)


def insert_links(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert (id, author_id, person_id, evidence, linked_at)."""
    bulk.insert(tx, "person_links", ("id", "author_id", "person_id", "evidence", "linked_at"), rows)


def relink(tx: Tx, author_id: str, link_id: str, person_id: str, evidence: str, now: int) -> None:
    """End the link of an author that stands, and begin another."""
    standing = person_links.c.author_id == author_id, person_links.c.unlinked_at.is_(None)
    tx.execute(update(person_links).where(*standing).values(unlinked_at=now))
    insert_links(tx, [(link_id, author_id, person_id, evidence, now)])


_RENAME = (
    update(authors)
    .where(authors.c.id == bindparam("author"))
    .values(
        handle=bindparam("new_handle"),
        name=bindparam("new_name"),
        followers=bindparam("new_followers"),
        last_seen_at=bindparam("seen"),
    )
)


def update_authors(tx: Tx, changes: Sequence[dict[str, Any]]) -> None:
    """Names and followers are volatile: the newest sight wins."""
    if changes:
        tx.execute(_RENAME, changes)


def authors_of(tx: Tx, person_id: str) -> list[Row]:
    """The accounts linked to a person, first seen first."""
    query = (
        select(authors)
        .join(person_links, person_links.c.author_id == authors.c.id)
        .where(person_links.c.person_id == person_id, person_links.c.unlinked_at.is_(None))
        .order_by(authors.c.first_seen_at)
    )
    return tx.rows(query)


def cases_of(tx: Tx, person_id: str, limit: int) -> list[Row]:
    """A person's cases, newest first."""
    query = (
        select(cases.c.id, cases.c.number, cases.c.title, cases.c.status, cases.c.outcome, cases.c.opened_at)
        .where(cases.c.person_id == person_id)
        .order_by(cases.c.opened_at.desc())
        .limit(limit)
    )
    return tx.rows(query)
