"""The SQL of handoffs."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import and_, delete, func, insert, or_, select, update

from earful.store import bulk
from earful.store.tables import cases, conversations, handoff_tries, handoffs, messages, users
from earful.store.tx import Row, Tx


def insert_handoff(tx: Tx, row: dict[str, Any]) -> bool:
    """Keep an invitation; False when its code is taken."""
    columns = tuple(row)
    done = bulk.insert(tx, "handoffs", columns, [tuple(row.values())], conflict=("code",), returning="id")
    return bool(done)


def find(tx: Tx, handoff_id: str) -> Row | None:
    """One invitation with its case's person, locked against others' changes."""
    return tx.row(_WITH_CASE.where(handoffs.c.id == handoff_id).with_for_update(of=handoffs))


_WITH_CASE = (
    select(
        handoffs,
        cases.c.number,
        cases.c.person_id,
        cases.c.person_name,
        cases.c.assignee_id,
        users.c.name.label("user_name"),
    )
    .join(cases, cases.c.id == handoffs.c.case_id)
    .join(users, users.c.id == handoffs.c.user_id)
)


def by_codes(tx: Tx, codes: Iterable[str]) -> dict[str, Row]:
    """Invitations by code."""
    wanted = list(codes)
    query = _WITH_CASE.where(handoffs.c.code.in_(wanted))
    return {row["code"]: row for row in tx.rows(query)} if wanted else {}


def change(tx: Tx, handoff_id: str, was: tuple[str, ...], values: dict[str, Any]) -> bool:
    """Change an invitation that is in one of the states `was`; False when it is not any more."""
    wanted = handoffs.c.id == handoff_id, handoffs.c.state.in_(was)
    return bool(tx.execute(update(handoffs).where(*wanted).values(values)).rowcount)


def bind(tx: Tx, handoff_id: str, visitor: str) -> bool:
    """Give an invitation to the browser that came first; False when another was first."""
    wanted = handoffs.c.id == handoff_id, handoffs.c.visitor.is_(None), handoffs.c.state == "offered"
    return bool(tx.execute(update(handoffs).where(*wanted).values(visitor=visitor)).rowcount)


def overdue(tx: Tx, now: int, limit: int) -> list[Row]:
    """Invitations whose time is over and that nobody used."""
    query = select(handoffs).where(handoffs.c.state == "offered", handoffs.c.expires_at <= now)
    return tx.rows(query.order_by(handoffs.c.expires_at).limit(limit).with_for_update())


def of_case(tx: Tx, case_id: str) -> list[Row]:
    """The invitations of a case, newest first."""
    return tx.rows(_WITH_CASE.where(handoffs.c.case_id == case_id).order_by(handoffs.c.offered_at.desc()))


def since(tx: Tx, at: int, limit: int) -> list[Row]:
    """Invitations offered since an instant, newest first."""
    query = _WITH_CASE.where(handoffs.c.offered_at >= at).order_by(handoffs.c.offered_at.desc()).limit(limit)
    return tx.rows(query)


def said_in(tx: Tx, handoff_id: str, conversation_id: str, limit: int) -> list[Row]:
    """What was said in the conversation of a handoff, oldest first, nothing that was deleted.

    What was written on its page counts from the start, before the desk has put it into the conversation.
    """
    channel = (
        select(conversations.c.channel_id).where(conversations.c.id == conversation_id).scalar_subquery()
    )
    written = and_(
        messages.c.channel_id == channel,
        messages.c.namespace == "",
        messages.c.native_id > f"{handoff_id}.",
        messages.c.native_id < f"{handoff_id}/",
    )
    query = (
        select(messages.c.id, messages.c.direction, messages.c.text, messages.c.occurred_at)
        .where(
            or_(messages.c.conversation_id == conversation_id, written),
            messages.c.deleted_at.is_(None),
            messages.c.visibility != "internal",
        )
        .order_by(messages.c.occurred_at.desc(), messages.c.id.desc())
        .limit(limit)
    )
    return tx.rows(query)[::-1]


def tries(tx: Tx, who: str, at: int) -> int:
    """How often somebody tried since an instant."""
    wanted = handoff_tries.c.who == who, handoff_tries.c.at >= at
    return int(tx.value(select(func.count()).select_from(handoff_tries).where(*wanted)))


def note_try(tx: Tx, who: str, at: int, before: int) -> None:
    """Count a try of somebody, and forget theirs from before an instant."""
    tx.execute(delete(handoff_tries).where(handoff_tries.c.who == who, handoff_tries.c.at < before))
    tx.execute(insert(handoff_tries).values(who=who, at=at))


_FORM = (
    "SELECT messages.id, messages.data FROM messages\n"
    "JOIN channels ON channels.id = messages.channel_id\n"
    "WHERE messages.id IN ?? AND channels.name = ?"
)


class _Context(Struct):
    context: dict[str, Any] = {}


_context = msgspec.json.Decoder(_Context)


def faults(tx: Tx, message_ids: list[str], channel: str, name: str) -> dict[str, str]:
    """message of the form's channel -> what its context says under a name, for those where it does."""
    rows = bulk.select(tx, _FORM, [message_ids, channel]) if message_ids else []
    found = {row["id"]: _context.decode(row["data"]).context.get(name) for row in rows}
    return {message_id: str(fault) for message_id, fault in found.items() if fault}
