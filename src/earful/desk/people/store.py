"""The SQL of authors and people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from earful.store import bulk
from earful.store.tables import authors, cases, people, person_flags, person_links, person_ties, users
from earful.store.tx import Row, Tx

AuthorKey = tuple[str, str, str]
"""(network, namespace, native id)."""

AUTHOR_COLUMNS = (
    "id", "network", "namespace", "native_id", "handle", "name", "profile_url", "followers",
    "first_seen_at", "last_seen_at",
)  # fmt: skip
_FIND = (
    "SELECT authors.id, authors.network, authors.namespace, authors.native_id, authors.handle, authors.name,\n"
    "  authors.followers, authors.last_seen_at, person_links.person_id,\n"
    "  CASE WHEN people.named THEN people.name ELSE '' END AS called\n"
    "FROM authors\n"
    "JOIN person_links ON person_links.author_id = authors.id AND person_links.unlinked_at IS NULL\n"
    "JOIN people ON people.id = person_links.person_id\n"
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
    """Insert (id, name, created_at, author_id)."""
    bulk.insert(tx, "people", ("id", "name", "created_at", "author_id"), rows)


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


def ties_of(tx: Tx, persons: Iterable[str], *, all_: bool = False) -> list[Row]:
    """The ties with one of these persons as they were first seen; without `all_` those that stand."""
    ids = sorted(persons)
    either = or_(person_ties.c.first_id.in_(ids), person_ties.c.second_id.in_(ids))
    query = select(person_ties).where(either).order_by(person_ties.c.at, person_ties.c.id)
    return tx.rows(query if all_ else query.where(person_ties.c.undone_at.is_(None)))


def was_tied(tx: Tx, one: str, other: str) -> bool:
    """Whether these two were ever tied, also when that was taken back."""
    return any({row["first_id"], row["second_id"]} == {one, other} for row in ties_of(tx, [one], all_=True))


def tie(tx: Tx, tie_id: str) -> Row | None:
    """One tie, locked against others' changes."""
    return tx.row(select(person_ties).where(person_ties.c.id == tie_id).with_for_update())


def insert_tie(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a tie."""
    tx.execute(insert(person_ties).values(row))


def end_tie(tx: Tx, tie_id: str, user_id: str, now: int) -> None:
    """Take a tie back."""
    tx.execute(update(person_ties).where(person_ties.c.id == tie_id).values(undone_at=now, undone_by=user_id))


def lock_people(tx: Tx, ids: Iterable[str]) -> dict[str, Row]:
    """Persons by id, locked against others' changes."""
    query = select(people).where(people.c.id.in_(sorted(ids))).order_by(people.c.id).with_for_update()
    return {row["id"]: row for row in tx.rows(query)}


def person(tx: Tx, person_id: str) -> Row | None:
    """One person."""
    return tx.row(select(people).where(people.c.id == person_id))


def standing_links(tx: Tx, author_ids: Iterable[str]) -> dict[str, str]:
    """author -> the person that they now are."""
    wanted = person_links.c.author_id.in_(sorted(author_ids)), person_links.c.unlinked_at.is_(None)
    query = select(person_links.c.author_id, person_links.c.person_id).where(*wanted)
    return {row["author_id"]: row["person_id"] for row in tx.rows(query)}


def cases_of_people(tx: Tx, ids: Iterable[str]) -> list[Row]:
    """(id, author_id, person_id, last_message_at) of everything that these persons have."""
    query = select(cases.c.id, cases.c.author_id, cases.c.person_id, cases.c.last_message_at)
    return tx.rows(query.where(cases.c.person_id.in_(sorted(ids))).order_by(cases.c.number))


def rename(tx: Tx, person_id: str, name: str, *, named: bool) -> None:
    """Set a person's name; one that is `named` no longer follows the account's in new cases."""
    tx.execute(update(people).where(people.c.id == person_id).values(name=name, named=named))


def own_person(tx: Tx, author_id: str) -> str | None:
    """The person that an account was first seen as."""
    found: str | None = tx.value(select(people.c.id).where(people.c.author_id == author_id))
    return found


_MISPLACED = (
    "SELECT cases.id, people.id AS now_id, people.name\n"
    "FROM cases\n"
    "JOIN person_links ON person_links.author_id = cases.author_id AND person_links.unlinked_at IS NULL\n"
    "JOIN people ON people.id = person_links.person_id\n"
    "WHERE cases.id IN ?? AND cases.person_id <> person_links.person_id"
)


def misplaced(tx: Tx, case_ids: Sequence[str]) -> list[Row]:
    """Cases whose account is another person by now: (id, now_id, name)."""
    return list(bulk.select(tx, _MISPLACED, [list(case_ids)])) if case_ids else []


def insert_flag(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a flag."""
    tx.execute(insert(person_flags).values(row))


def flag(tx: Tx, flag_id: str) -> Row | None:
    """One flag, locked against others' changes."""
    return tx.row(select(person_flags).where(person_flags.c.id == flag_id).with_for_update())


def end_flag(tx: Tx, flag_id: str, user_id: str | None, at: int | None) -> None:
    """Take a flag off, or with None put it on again."""
    tx.execute(
        update(person_flags).where(person_flags.c.id == flag_id).values(cleared_at=at, cleared_by=user_id)
    )


def flags_of(tx: Tx, person_id: str) -> list[Row]:
    """The flags of a person's accounts with the names of who set them and took them off, newest first."""
    setter, clearer = users.alias("setter"), users.alias("clearer")
    query = (
        select(person_flags, setter.c.name.label("user_name"), clearer.c.name.label("clearer"))
        .join(person_links, person_links.c.author_id == person_flags.c.author_id)
        .join(setter, setter.c.id == person_flags.c.user_id, isouter=True)
        .join(clearer, clearer.c.id == person_flags.c.cleared_by, isouter=True)
        .where(person_links.c.person_id == person_id, person_links.c.unlinked_at.is_(None))
        .order_by(person_flags.c.set_at.desc(), person_flags.c.id.desc())
    )
    return tx.rows(query)


_FLAGGED = (
    "SELECT person_links.person_id, person_flags.flag, person_flags.ends_at\n"
    "FROM person_links\n"
    "JOIN person_flags ON person_flags.author_id = person_links.author_id\n"
    "WHERE person_links.person_id IN ?? AND person_links.unlinked_at IS NULL\n"
    "  AND person_flags.cleared_at IS NULL"
)


def standing_flags(tx: Tx, person_ids: Sequence[str]) -> list[Row]:
    """(person_id, flag, ends_at) of flags that nobody took off; some may have ended."""
    return list(bulk.select(tx, _FLAGGED, [list(person_ids)])) if person_ids else []


def case_by_number(tx: Tx, number: int) -> Row | None:
    """(id, person_id) of a case."""
    return tx.row(select(cases.c.id, cases.c.person_id).where(cases.c.number == number))


def person_of_case(tx: Tx, case_id: str) -> str | None:
    """Whose a case is."""
    found: str | None = tx.value(select(cases.c.person_id).where(cases.c.id == case_id))
    return found
