"""The SQL of the palette: cases that somebody saw last, and people who wrote last."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from earful.store.tables import case_seen, cases
from earful.store.tx import Row, Tx

_CASE = select(cases.c.id, cases.c.number, cases.c.title, cases.c.person_name, cases.c.handle)


def seen_last(tx: Tx, user_id: str, most: int) -> list[Row]:
    """The cases that somebody looked at last, the newest first."""
    query = _CASE.join(case_seen, case_seen.c.case_id == cases.c.id).where(case_seen.c.user_id == user_id)
    return tx.rows(query.order_by(case_seen.c.seen_at.desc()).limit(most))


def named(tx: Tx, case_ids: Sequence[str]) -> list[Row]:
    """Cases by id."""
    return tx.rows(_CASE.where(cases.c.id.in_(case_ids)))


def people_like(tx: Tx, words: str, among: int, most: int) -> list[Row]:
    """Newest cases whose customer's name or handle has these words, among those where something was said last."""
    recent = (
        select(
            cases.c.number, cases.c.person_id, cases.c.person_name, cases.c.handle, cases.c.last_message_at
        )
        .order_by(cases.c.last_message_at.desc(), cases.c.number.desc())
        .limit(among)
        .subquery()
    )
    like = [
        func.lower(column).contains(words.lower(), autoescape=True)
        for column in (recent.c.person_name, recent.c.handle)
    ]
    query = select(recent).where(or_(*like)).order_by(recent.c.last_message_at.desc())
    return tx.rows(query.limit(most))
