"""The SQL of approvals."""

from typing import Any

from sqlalchemy import func, insert, select, update

from earful.store.tables import cases, channels, messages, outbox, reply_approvals, users
from earful.store.tx import Row, Tx

_author, _decider = users.alias("author"), users.alias("decider")
_ALL = (
    select(
        reply_approvals,
        outbox.c.case_id,
        outbox.c.state,
        outbox.c.text,
        outbox.c.audience,
        outbox.c.user_id,
        _author.c.name.label("author"),
        _decider.c.name.label("decider"),
        cases.c.number,
        cases.c.title,
        cases.c.person_name,
        channels.c.network,
    )
    .join(outbox, outbox.c.id == reply_approvals.c.reply_id)
    .join(cases, cases.c.id == outbox.c.case_id)
    .join(channels, channels.c.id == outbox.c.channel_id)
    .join(_author, _author.c.id == outbox.c.user_id)
    .join(_decider, _decider.c.id == reply_approvals.c.decided_by, isouter=True)
)


def add(tx: Tx, row: dict[str, Any]) -> None:
    """Note that a reply waits."""
    tx.execute(insert(reply_approvals).values(row))


def decide(tx: Tx, reply_id: str, values: dict[str, Any]) -> None:
    """Keep what was decided."""
    tx.execute(update(reply_approvals).where(reply_approvals.c.reply_id == reply_id).values(values))


def find(tx: Tx, reply_id: str) -> Row | None:
    """One approval with its reply."""
    return tx.row(_ALL.where(reply_approvals.c.reply_id == reply_id))


def of_case(tx: Tx, case_id: str) -> list[Row]:
    """The approvals of a case, oldest first."""
    return tx.rows(_ALL.where(outbox.c.case_id == case_id).order_by(reply_approvals.c.asked_at))


def waiting(tx: Tx, limit: int) -> list[Row]:
    """What waits, oldest first."""
    query = _ALL.where(outbox.c.state == "approval").order_by(reply_approvals.c.asked_at)
    return tx.rows(query.limit(limit))


def count(tx: Tx) -> int:
    """How many replies wait."""
    query = select(func.count()).select_from(outbox).where(outbox.c.state == "approval")
    return int(tx.value(query) or 0)


def came(tx: Tx, user_id: str) -> int:
    """When a user was made."""
    return int(tx.value(select(users.c.created_at).where(users.c.id == user_id)) or 0)


def message(tx: Tx, reply_id: str) -> Row | None:
    """What a reply answers."""
    query = (
        select(messages.c.text, messages.c.occurred_at)
        .join(outbox, outbox.c.in_reply_to == messages.c.id)
        .where(outbox.c.id == reply_id)
    )
    return tx.row(query)
