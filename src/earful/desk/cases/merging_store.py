"""The SQL of putting cases together and apart: what hangs on a case, moved and put back row by row."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Table, and_, delete, insert, or_, select, update

from earful.store import bulk
from earful.store.tables import (
    authors,
    case_clocks,
    case_merges,
    case_outcomes,
    case_returns,
    case_runs,
    case_seen,
    case_tags,
    cases,
    channels,
    conversation_cases,
    drafts,
    events,
    handoffs,
    media,
    messages,
    notes,
    outbox,
    outcome_clocks,
    people,
    person_links,
    run_steps,
    sla_breaches,
)
from earful.store.tx import Row, Tx

Keys = list[list[Any]]
_Moving = tuple[str, Column[Any], tuple[Column[Any], ...]]

MOVING: tuple[_Moving, ...] = (
    ("messages", messages.c.case_id, (messages.c.id,)),
    ("notes", notes.c.case_id, (notes.c.id,)),
    ("outbox", outbox.c.case_id, (outbox.c.id,)),
    ("events", events.c.case_id, (events.c.seq,)),
    (
        "conversations",
        conversation_cases.c.case_id,
        (conversation_cases.c.conversation_id, conversation_cases.c.author_id),
    ),
    ("breaches", sla_breaches.c.case_id, (sla_breaches.c.clock,)),
    ("handoffs", handoffs.c.case_id, (handoffs.c.id,)),
    ("files", media.c.case_id, (media.c.id,)),
    ("returns", case_returns.c.case_id, (case_returns.c.message_id,)),
    ("returns_to", case_returns.c.earlier_id, (case_returns.c.message_id,)),
)
"""What goes along with a case: a name for the journal, the column to change, and the key of the row."""
_OWN: tuple[Table, ...] = (
    case_tags, case_seen, drafts, case_clocks, case_outcomes, outcome_clocks, case_runs, run_steps,
)  # fmt: skip
"""What a case has of its own; a case that is no more has it in the journal only. Parents come before children."""


def keys_of(tx: Tx, case_id: str) -> dict[str, Keys]:
    """The keys of everything that would go along with a case."""
    return {
        name: [list(row.values()) for row in tx.rows(select(*key).where(column == case_id))]
        for name, column, key in MOVING
    }


def own_of(tx: Tx, case_id: str) -> dict[str, list[dict[str, Any]]]:
    """The rows that a case has of its own."""
    return {
        table.name: [dict(row) for row in tx.rows(select(table).where(table.c.case_id == case_id))]
        for table in _OWN
    }


def put_back(tx: Tx, name: str, keys: Keys, where: str, to: str) -> None:
    """Move rows, by their keys, from one case to another; those that have gone elsewhere stay there."""
    column, key = next((column, key) for known, column, key in MOVING if known == name)
    for start in range(0, len(keys), bulk.CHUNK):
        wanted = or_(
            *(
                and_(*(one == value for one, value in zip(key, values, strict=True)))
                for values in keys[start : start + bulk.CHUNK]
            )
        )
        tx.execute(update(column.table).where(column == where, wanted).values({column.name: to}))


def put_own(tx: Tx, table_name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of a case's own that are not there."""
    table = next(one for one in _OWN if one.name == table_name)
    columns = tuple(column.name for column in table.columns)
    key = tuple(column.name for column in table.primary_key.columns)
    bulk.insert(tx, table.name, columns, [tuple(row[name] for name in columns) for row in rows], conflict=key)


def give_runs(tx: Tx, run_ids: Iterable[str], case_id: str) -> None:
    """Put runs of playbooks with their steps into a case."""
    ids = list(run_ids)
    tx.execute(update(case_runs).where(case_runs.c.id.in_(ids)).values(case_id=case_id))
    tx.execute(update(run_steps).where(run_steps.c.run_id.in_(ids)).values(case_id=case_id))


def drop_own(tx: Tx, case_id: str, *, tags: Iterable[str], drafters: Iterable[str]) -> None:
    """Take tags and drafts off a case that came along with another."""
    tx.execute(delete(case_tags).where(case_tags.c.case_id == case_id, case_tags.c.tag.in_(list(tags))))
    tx.execute(delete(drafts).where(drafts.c.case_id == case_id, drafts.c.user_id.in_(list(drafters))))


def insert_row(tx: Tx, row: dict[str, Any]) -> None:
    """Insert a case with everything that its row said, also its number."""
    tx.execute(
        insert(cases).values({name: row[name] for column in cases.columns if (name := column.name) in row})
    )


def networks(tx: Tx) -> dict[str, str]:
    """channel -> network."""
    return {row["id"]: row["network"] for row in tx.rows(select(channels.c.id, channels.c.network))}


def said_in(tx: Tx, case_id: str) -> list[Row]:
    """As much of a case's messages as decides where each belongs, in order."""
    query = (
        select(
            messages.c.id, messages.c.direction, messages.c.kind, messages.c.author_id, messages.c.conversation_id,
            messages.c.channel_id, messages.c.namespace, messages.c.native_id, messages.c.parent_native_id,
            messages.c.occurred_at,
        )
        .where(messages.c.case_id == case_id)
        .order_by(messages.c.occurred_at, messages.c.id)
    )  # fmt: skip
    return tx.rows(query)


def pairs_of(tx: Tx, case_id: str) -> list[tuple[str, str]]:
    """(conversation, author or '') whose next message would join a case."""
    query = select(conversation_cases.c.conversation_id, conversation_cases.c.author_id)
    rows = tx.rows(query.where(conversation_cases.c.case_id == case_id))
    return [(row["conversation_id"], row["author_id"]) for row in rows]


def replies_to(tx: Tx, case_id: str, message_ids: Iterable[str]) -> Keys:
    """The replies of ours, waiting or sent, that answer these messages or are them."""
    ids = list(message_ids)
    query = select(outbox.c.id).where(
        outbox.c.case_id == case_id, or_(outbox.c.in_reply_to.in_(ids), outbox.c.message_id.in_(ids))
    )
    return [[row["id"]] for row in tx.rows(query)]


def account(tx: Tx, author_id: str) -> Row | None:
    """An account with the person that it is: (person_id, person_name, handle)."""
    query = (
        select(person_links.c.person_id, people.c.name.label("person_name"), authors.c.handle)
        .join(people, people.c.id == person_links.c.person_id)
        .join(authors, authors.c.id == person_links.c.author_id)
        .where(person_links.c.author_id == author_id, person_links.c.unlinked_at.is_(None))
    )
    return tx.row(query)


def keep(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a merge or a split."""
    tx.execute(insert(case_merges).values(row))


def find(tx: Tx, merge_id: str) -> Row | None:
    """One of them, locked against others' changes."""
    return tx.row(select(case_merges).where(case_merges.c.id == merge_id).with_for_update())


def end(tx: Tx, merge_id: str, user_id: str, now: int) -> None:
    """It was taken back."""
    tx.execute(
        update(case_merges).where(case_merges.c.id == merge_id).values(undone_at=now, undone_by=user_id)
    )


def standing_of(tx: Tx, case_ids: Iterable[str]) -> list[Row]:
    """What stands of putting these cases together and apart, newest first."""
    ids = list(case_ids)
    query = select(case_merges).where(
        case_merges.c.undone_at.is_(None),
        or_(case_merges.c.kept_id.in_(ids), case_merges.c.other_id.in_(ids)),
    )
    return tx.rows(query.order_by(case_merges.c.at.desc(), case_merges.c.id.desc()))


def merges_of_accounts(tx: Tx, author_ids: Iterable[str]) -> list[Row]:
    """Merges that stand of cases of two accounts, one of them among these; newest first."""
    ids = sorted(author_ids)
    query = select(case_merges).where(
        case_merges.c.undone_at.is_(None),
        case_merges.c.kind == "merge",
        case_merges.c.kept_author_id != case_merges.c.other_author_id,
        or_(case_merges.c.kept_author_id.in_(ids), case_merges.c.other_author_id.in_(ids)),
    )
    return tx.rows(query.order_by(case_merges.c.at.desc(), case_merges.c.id.desc()))


def gone(tx: Tx, *, number: int | None = None, case_id: str = "") -> str | None:
    """The case that took over what a case had that is no more; None when there is none."""
    which = case_merges.c.other_number == number if number is not None else case_merges.c.other_id == case_id
    merged = and_(case_merges.c.kind == "merge", case_merges.c.undone_at.is_(None))
    back = and_(case_merges.c.kind == "split", case_merges.c.undone_at.is_not(None))
    query = select(case_merges.c.kept_id).where(which, or_(merged, back))
    found: str | None = tx.value(query.order_by(case_merges.c.at.desc()).limit(1))
    return found


def number_of(tx: Tx, case_id: str) -> int | None:
    """The number of a case that there is."""
    found: int | None = tx.value(select(cases.c.number).where(cases.c.id == case_id))
    return found
