"""The SQL of the pages about people: the list, and one timeline over all channels."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, func, or_, select, tuple_

from earful.store.tables import (
    authors,
    cases,
    channels,
    messages,
    outbox,
    people,
    person_links,
    person_ties,
    users,
)
from earful.store.tx import Row, Tx

_LINKED = person_links.c.person_id == people.c.id, person_links.c.unlinked_at.is_(None)


def listed(tx: Tx, words: str, after: str, limit: int) -> list[Row]:
    """Persons, who was met last first; with `words`, those whose name, handle or address has them."""
    held = select(person_links.c.author_id).where(*_LINKED)
    if words:
        like = f"%{_escaped(words.casefold())}%"
        columns = authors.c.handle, authors.c.name, authors.c.native_id
        found = select(person_links.c.person_id).join(authors, authors.c.id == person_links.c.author_id)
        found = found.where(person_links.c.unlinked_at.is_(None), or_(*(_has(one, like) for one in columns)))
        among: ColumnElement[bool] = or_(_has(people.c.name, like), people.c.id.in_(found))
    else:
        among = people.c.id != ""
    query = select(people).where(held.correlate(people).exists(), among).order_by(people.c.id.desc())
    if after:
        query = query.where(people.c.id < after)
    return tx.rows(query.limit(limit))


def _has(column: ColumnElement[str], like: str) -> ColumnElement[bool]:
    return func.lower(column).like(like, escape="\\")


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def accounts(tx: Tx, person_ids: Iterable[str]) -> list[Row]:
    """The accounts of persons with `person_id`, first seen first."""
    ids = list(person_ids)
    query = (
        select(authors, person_links.c.person_id)
        .join(person_links, person_links.c.author_id == authors.c.id)
        .where(
            person_links.c.person_id.in_(bindparam("ids", expanding=True)),
            person_links.c.unlinked_at.is_(None),
        )
        .order_by(authors.c.first_seen_at)
    )
    return tx.rows(query, {"ids": ids}) if ids else []


def case_numbers(tx: Tx, person_ids: Iterable[str]) -> dict[str, int]:
    """person -> how many cases they have."""
    ids = list(person_ids)
    query = (
        select(cases.c.person_id, func.count().label("n"))
        .where(cases.c.person_id.in_(bindparam("ids", expanding=True)))
        .group_by(cases.c.person_id)
    )
    return {row["person_id"]: int(row["n"]) for row in tx.rows(query, {"ids": ids})} if ids else {}


def timeline(tx: Tx, person_id: str, after: tuple[int, str] | None, limit: int) -> list[Row]:
    """What was said in a person's cases, by them and by us, newest first."""
    query = (
        select(
            messages.c.id, messages.c.occurred_at, messages.c.direction, messages.c.kind, messages.c.visibility,
            messages.c.text, messages.c.subject, messages.c.author, messages.c.deleted_at, messages.c.edited_at,
            channels.c.network, channels.c.name.label("channel"), cases.c.number, cases.c.title,
            users.c.name.label("sent_by"),
        )
        .join(cases, cases.c.id == messages.c.case_id)
        .join(channels, channels.c.id == messages.c.channel_id)
        .join(outbox, outbox.c.message_id == messages.c.id, isouter=True)
        .join(users, users.c.id == outbox.c.user_id, isouter=True)
        .where(cases.c.person_id == person_id)
        .order_by(messages.c.occurred_at.desc(), messages.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    if after is not None:
        query = query.where(tuple_(messages.c.occurred_at, messages.c.id) < tuple_(*after))
    return tx.rows(query)


def ties(tx: Tx, persons: Iterable[str]) -> list[Row]:
    """Every tie of persons as they were first seen, with the names of who made it and took it back, newest first."""
    ids = sorted(persons)
    maker, undoer = users.alias("maker"), users.alias("undoer")
    either = or_(person_ties.c.first_id.in_(ids), person_ties.c.second_id.in_(ids))
    query = (
        select(person_ties, maker.c.name.label("by_name"), undoer.c.name.label("undone_name"))
        .join(maker, maker.c.id == person_ties.c.user_id, isouter=True)
        .join(undoer, undoer.c.id == person_ties.c.undone_by, isouter=True)
        .where(either)
        .order_by(person_ties.c.at.desc(), person_ties.c.id.desc())
    )
    return tx.rows(query)
