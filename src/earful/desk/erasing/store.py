"""The SQL of erasing. It touches the tables of all features on purpose: what one of them forgot would stay."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from earful.desk.erasing import rules
from earful.desk.erasing.rules import Account
from earful.store.tables import (
    audit,
    authors,
    case_merges,
    cases,
    chat_keys,
    chat_visitors,
    conversation_cases,
    deliveries,
    erasures,
    idempotency,
    media,
    messages,
    notes,
    people,
    person_flags,
    person_hints,
    person_links,
    person_marks,
    person_ties,
)
from earful.store.tx import Row, Tx

WAITING = "waiting"
ERASING = "person.erase"


def add(tx: Tx, row: dict[str, Any]) -> None:
    """Keep what was asked for."""
    tx.execute(insert(erasures).values(row))


def find(tx: Tx, erasure_id: str) -> Row | None:
    """One erasure, locked against others' changes."""
    return tx.row(select(erasures).where(erasures.c.id == erasure_id).with_for_update())


def by_code(tx: Tx, code: str) -> Row | None:
    """One erasure by the number that was given out."""
    return tx.row(select(erasures).where(erasures.c.code == code))


def running_of(tx: Tx, person_id: str) -> str | None:
    """The erasure of a person that is not done."""
    wanted = erasures.c.person_id == person_id, erasures.c.state == rules.State.RUNNING.value
    found: str | None = tx.value(select(erasures.c.id).where(*wanted))
    return found


def newest(tx: Tx, limit: int) -> list[Row]:
    """What was asked for last."""
    return tx.rows(select(erasures).order_by(erasures.c.asked_at.desc()).limit(limit))


def change(tx: Tx, erasure_id: str, **values: Any) -> None:
    """Note how far it is."""
    tx.execute(update(erasures).where(erasures.c.id == erasure_id).values(values))


def accounts_of(tx: Tx, person_id: str) -> list[Account]:
    """The accounts that a person now has."""
    query = (
        select(authors)
        .join(person_links, person_links.c.author_id == authors.c.id)
        .where(person_links.c.person_id == person_id, person_links.c.unlinked_at.is_(None))
    )
    return _accounts(tx.rows(query))


def accounts_named(tx: Tx, networks: Sequence[str], native_id: str) -> list[Account]:
    """The accounts that some networks call by an id."""
    wanted = authors.c.network.in_(networks), authors.c.native_id == native_id
    return _accounts(tx.rows(select(authors).where(*wanted)))


def _accounts(rows: Sequence[Row]) -> list[Account]:
    return [Account(row["id"], row["network"], row["native_id"], row["handle"], row["name"]) for row in rows]


def name_of(tx: Tx, person_id: str) -> str:
    """What somebody is called."""
    return str(tx.value(select(people.c.name).where(people.c.id == person_id)) or "")


def persons_of(tx: Tx, author_ids: Sequence[str]) -> list[str]:
    """Whoever these accounts were first seen as, and are now."""
    first = select(people.c.id).where(people.c.author_id.in_(author_ids))
    now = select(person_links.c.person_id).where(person_links.c.author_id.in_(author_ids))
    return sorted({row[0] for query in (first, now) for row in tx.execute(query)})


def cases_of(tx: Tx, author_ids: Sequence[str], person_ids: Sequence[str]) -> list[str]:
    """The cases that are theirs or that they spoke in. `person_ids`: those all of whose accounts are erased."""
    theirs = select(cases.c.id).where(
        or_(cases.c.author_id.in_(author_ids), cases.c.person_id.in_(person_ids))
    )
    spoke = select(conversation_cases.c.case_id).where(conversation_cases.c.author_id.in_(author_ids))
    return sorted({row[0] for query in (theirs, spoke) for row in tx.execute(query)})


def absorbed_by(tx: Tx, case_ids: Sequence[str]) -> list[str]:
    """Cases that are no more since they were merged into these, under whose ids things were still written down."""
    query = select(case_merges.c.other_id).where(case_merges.c.kept_id.in_(case_ids))
    return sorted({row[0] for row in tx.execute(query)} - set(case_ids))


def channels_of(tx: Tx, case_ids: Sequence[str]) -> list[str]:
    """Through which channels something was said in cases."""
    query = select(messages.c.channel_id).where(messages.c.case_id.in_(case_ids)).distinct()
    return sorted(row[0] for row in tx.execute(query))


def counts(tx: Tx, case_ids: Sequence[str], author_ids: Sequence[str]) -> dict[str, int]:
    """What there is to be erased: messages of theirs, answers of ours, files, notes."""
    inside = messages.c.case_id.in_(case_ids), messages.c.deleted_at.is_(None)
    theirs = select(func.count()).where(*inside, messages.c.author_id.in_(author_ids))
    ours = select(func.count()).where(*inside, messages.c.direction == "outbound")
    files = (
        select(func.count())
        .select_from(media.join(messages, messages.c.id == media.c.message_id))
        .where(messages.c.case_id.in_(case_ids), media.c.state == "kept")
    )
    written = select(func.count()).where(notes.c.case_id.in_(case_ids), notes.c.text != "")
    queries = {"messages": theirs, "answers": ours, "files": files, "notes": written}
    return {name: int(tx.value(query) or 0) for name, query in queries.items()}


def said_in(tx: Tx, case_ids: Sequence[str], author_ids: Sequence[str]) -> list[Row]:
    """What they said in cases, and what we answered; others who spoke there stay."""
    query = select(
        messages.c.id, messages.c.seq, messages.c.channel_id, messages.c.native_id, messages.c.parent_native_id,
        messages.c.direction, messages.c.author_id, messages.c.deleted_at, messages.c.delivery_id,
        messages.c.conversation_id, messages.c.visibility,
    ).where(
        messages.c.case_id.in_(case_ids),
        or_(messages.c.author_id.in_(author_ids), messages.c.direction == "outbound"),
    )  # fmt: skip
    return tx.rows(query)


def purge(tx: Tx, delivery_ids: Sequence[str], now: int) -> int:
    """Let raw deliveries go that were read; keys, times and checksums stay. Returns how many."""
    done = tx.execute(
        update(deliveries)
        .where(
            deliveries.c.id.in_(delivery_ids), deliveries.c.purged_at.is_(None), deliveries.c.state != WAITING
        )
        .values(body=b"", headers="{}", why="", purged_at=now)
    )
    return int(done.rowcount)


def raw_after(tx: Tx, channel_ids: Sequence[str], seq: int, limit: int) -> list[Row]:
    """Raw deliveries that are still kept, in order."""
    query = (
        select(deliveries.c.seq, deliveries.c.id, deliveries.c.body)
        .where(
            deliveries.c.channel_id.in_(channel_ids), deliveries.c.purged_at.is_(None), deliveries.c.seq > seq
        )
        .order_by(deliveries.c.seq)
        .limit(limit)
    )
    return tx.rows(query)


def count_raw(tx: Tx, channel_ids: Sequence[str]) -> int:
    """How many raw deliveries are still kept."""
    wanted = deliveries.c.channel_id.in_(channel_ids), deliveries.c.purged_at.is_(None)
    return int(tx.value(select(func.count()).select_from(deliveries).where(*wanted)) or 0)


def purge_told(tx: Tx, native_delivery_id: str, now: int) -> None:
    """Let the request itself go: it names the person."""
    wanted = deliveries.c.native_delivery_id == native_delivery_id
    tx.execute(update(deliveries).where(wanted).values(body=b"", headers="{}", purged_at=now))


def rename_accounts(tx: Tx, author_ids: Sequence[str]) -> None:
    """Accounts without id, handle, name and address; they keep our own id, on which cases stand."""
    statement = (
        update(authors)
        .where(authors.c.id == bindparam("author"))
        .values(native_id=bindparam("native"), handle="", name="", profile_url="", followers=None)
    )
    tx.execute(statement, [{"author": one, "native": f"{rules.AUTHOR}{one}"} for one in author_ids])


def forget_people(tx: Tx, person_ids: Sequence[str], author_ids: Sequence[str], whole: Sequence[str]) -> None:
    """What is known of somebody apart from what was said. `whole`: persons of whom no account stays."""
    tx.execute(update(people).where(people.c.id.in_(whole)).values(name=rules.NAME, named=True))
    tx.execute(delete(person_marks).where(person_marks.c.person_id.in_(person_ids)))
    either = or_(person_hints.c.first_id.in_(person_ids), person_hints.c.second_id.in_(person_ids))
    tx.execute(delete(person_hints).where(either))
    ties = or_(person_ties.c.first_id.in_(person_ids), person_ties.c.second_id.in_(person_ids))
    tx.execute(update(person_ties).where(ties).values(evidence="[]", reason=""))
    tx.execute(update(person_links).where(person_links.c.author_id.in_(author_ids)).values(evidence="{}"))
    tx.execute(update(person_flags).where(person_flags.c.author_id.in_(author_ids)).values(reason=""))


def forget_visitors(tx: Tx, visitor_ids: Sequence[str], now: int) -> None:
    """Visitors of the web chat: whoever comes back with the same browser is a stranger."""
    tx.execute(delete(chat_keys).where(chat_keys.c.visitor_id.in_(visitor_ids)))
    gone = {"name": "", "email": "", "page": "", "user_id": ""}
    tx.execute(update(chat_visitors).where(chat_visitors.c.id.in_(visitor_ids)).values(gone))
    unsaid = media.c.owner.in_(visitor_ids), media.c.message_id.is_(None)
    tx.execute(update(media).where(*unsaid).values(state="dropped", due_at=now, name="", source="{}", why=""))


def forget_answers(tx: Tx, words: Sequence[str]) -> None:
    """What programs were answered is kept for a day, to be said again: without them."""
    for row in tx.rows(select(idempotency.c.owner, idempotency.c.key, idempotency.c.response)):
        if rules.stands_in(bytes(row["response"] or b""), words):
            same = idempotency.c.owner == row["owner"], idempotency.c.key == row["key"]
            tx.execute(delete(idempotency).where(*same))


def clean_audit(tx: Tx, subjects: Sequence[str], words: Sequence[str]) -> None:
    """Lines about them say who did what and when, no longer with which words; nor does any other that names them."""
    about = audit.c.subject.in_(subjects), audit.c.action != ERASING
    tx.execute(update(audit).where(*about).values(detail=""))
    for word in words:
        named = audit.c.detail.contains(word, autoescape=True)
        for row in tx.rows(select(audit.c.id, audit.c.detail).where(named)):
            clean = rules.without(row["detail"], [word])
            tx.execute(update(audit).where(audit.c.id == row["id"]).values(detail=clean))
