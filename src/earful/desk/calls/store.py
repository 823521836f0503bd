"""The SQL of what colleagues wrote down: where it went."""

from sqlalchemy import select

from earful.store.tables import cases, messages
from earful.store.tx import Row, Tx


def message(tx: Tx, channel_id: str, namespace: str, native_id: str) -> Row | None:
    """A message by what names it in its channel."""
    query = select(messages.c.id, messages.c.deleted_at).where(
        messages.c.channel_id == channel_id,
        messages.c.namespace == namespace,
        messages.c.native_id == native_id,
    )
    found = tx.rows(query)
    return found[0] if found else None


def place(tx: Tx, message_id: str) -> Row | None:
    """A message's channel and names, and the number of its case; None for the number while it has no case."""
    query = (
        select(
            messages.c.id,
            messages.c.channel_id,
            messages.c.namespace,
            messages.c.native_id,
            messages.c.deleted_at,
            messages.c.direction,
            cases.c.number,
        )
        .select_from(messages.outerjoin(cases, cases.c.id == messages.c.case_id))
        .where(messages.c.id == message_id)
    )
    found = tx.rows(query)
    return found[0] if found else None
