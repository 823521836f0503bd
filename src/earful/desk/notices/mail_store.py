"""The SQL of mails to colleagues: what is to be carried, the mails themselves, and figures of a week."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store.tables import (
    case_counts,
    case_outcomes,
    case_returns,
    cases,
    notice_mails,
    notices,
    sla_breaches,
    users,
)
from earful.store.tx import Row, Tx

_TO_CARRY = notices.c.mail & notices.c.mail_id.is_(None) & notices.c.read_at.is_(None)


def wanting(tx: Tx, since: int) -> list[str]:
    """Users with notices that a mail is to carry."""
    query = select(notices.c.user_id).where(_TO_CARRY, notices.c.at >= since).distinct()
    return [row["user_id"] for row in tx.rows(query.order_by(notices.c.user_id))]


def to_carry(tx: Tx, user_id: str, before: int) -> list[str]:
    """Unread notices of somebody from before an instant that no mail carries yet, oldest first."""
    query = select(notices.c.id).where(_TO_CARRY, notices.c.user_id == user_id, notices.c.at < before)
    return [row["id"] for row in tx.rows(query.order_by(notices.c.at, notices.c.id))]


def carried(tx: Tx, notice_ids: Sequence[str], mail_id: str) -> None:
    """Note which mail carries notices."""
    tx.execute(update(notices).where(notices.c.id.in_(notice_ids)).values(mail_id=mail_id))


def there(tx: Tx, user_id: str, slot: str) -> bool:
    """Whether there is a mail for a slot."""
    query = select(notice_mails.c.id).where(notice_mails.c.user_id == user_id, notice_mails.c.slot == slot)
    return tx.value(query) is not None


def add(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Queue a mail; False when there is one for its slot."""
    made = (postgresql if tx.is_postgresql else sqlite).insert(notice_mails).values(row)
    return bool(tx.execute(made.on_conflict_do_nothing()).rowcount)


def due(tx: Tx, now: int, most: int) -> list[str]:
    """Mails to be sent now, the longest due first."""
    query = select(notice_mails.c.id).where(notice_mails.c.due_at <= now, notice_mails.c.state == "queued")
    return [row["id"] for row in tx.rows(query.order_by(notice_mails.c.due_at).limit(most))]


def claim(tx: Tx, mail_id: str, now: int, until: int) -> Row | None:
    """Take a due mail to send it; None when somebody else has."""
    query = update(notice_mails).where(
        notice_mails.c.id == mail_id, notice_mails.c.state == "queued", notice_mails.c.due_at <= now
    )
    values = {"state": "sending", "due_at": until, "attempts": notice_mails.c.attempts + 1}
    if not tx.execute(query.values(values)).rowcount:
        return None
    query_ = select(notice_mails, users.c.email, users.c.name, users.c.active)
    return tx.row(
        query_.join(users, users.c.id == notice_mails.c.user_id).where(notice_mails.c.id == mail_id)
    )


def change(tx: Tx, mail_id: str, values: Mapping[str, Any]) -> None:
    """Change a mail."""
    tx.execute(update(notice_mails).where(notice_mails.c.id == mail_id).values(values))


def lost(tx: Tx, now: int, words: str) -> int:
    """What was being sent when its process died may be out: unknown. Returns how many."""
    query = update(notice_mails).where(notice_mails.c.due_at <= now, notice_mails.c.state == "sending")
    return tx.execute(query.values(state="unknown", due_at=None, error=words)).rowcount


def purge(tx: Tx, before: int, most: int) -> None:
    """Forget mails that are done and older than an instant."""
    old = select(notice_mails.c.id).where(notice_mails.c.made_at < before, notice_mails.c.due_at.is_(None))
    ids = [row["id"] for row in tx.rows(old.limit(most))]
    if ids:
        tx.execute(delete(notice_mails).where(notice_mails.c.id.in_(ids)))


def troubled(tx: Tx, user_id: str, since: int) -> Row | None:
    """The newest mail to somebody that failed, or whose fate is unknown."""
    query = select(notice_mails).where(
        notice_mails.c.user_id == user_id,
        notice_mails.c.made_at >= since,
        notice_mails.c.state.in_(("failed", "unknown")),
    )
    return tx.row(query.order_by(notice_mails.c.made_at.desc()).limit(1))


def waiting(tx: Tx) -> int:
    """Customers who wait for an answer."""
    query = select(func.count()).select_from(cases)
    return int(tx.value(query.where(cases.c.status == "open", cases.c.awaiting_since.is_not(None))))


def unassigned(tx: Tx) -> int:
    """Open cases that nobody has."""
    query = select(func.coalesce(func.sum(case_counts.c.n), 0))
    return int(tx.value(query.where(case_counts.c.status == "open", case_counts.c.assignee_id == "")))


def breached(tx: Tx, since: int) -> int:
    """Promises that were not kept."""
    where = sla_breaches.c.due_at >= since, sla_breaches.c.withdrawn_at.is_(None)
    return int(tx.value(select(func.count()).select_from(sla_breaches).where(*where)))


def returned(tx: Tx, since: int) -> int:
    """Matters that came back."""
    return int(tx.value(select(func.count()).select_from(case_returns).where(case_returns.c.at >= since)))


def outcomes(tx: Tx, since: int) -> dict[str, int]:
    """outcome -> cases that came to it."""
    query = select(case_outcomes.c.outcome, func.count(case_outcomes.c.case_id.distinct()).label("n"))
    rows = tx.rows(query.where(case_outcomes.c.found_at >= since).group_by(case_outcomes.c.outcome))
    return {row["outcome"]: row["n"] for row in sorted(rows, key=lambda row: row["outcome"])}
