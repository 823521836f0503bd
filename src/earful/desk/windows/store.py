"""The SQL of messaging windows."""

from sqlalchemy import select

from earful.model.message import Direction, Visibility
from earful.store.tables import messages
from earful.store.tx import Row, Tx

LOOKED_AT = 50
"""The newest messages of a conversation that are looked at: one that opened a longer window is never far behind."""


def openings(tx: Tx, conversation_id: str) -> list[Row]:
    """When the customer wrote in a private conversation, with what was named for each message; newest first."""
    query = (
        select(messages.c.occurred_at, messages.c.data)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.direction == Direction.INBOUND.value,
            messages.c.visibility.in_([Visibility.DIRECT.value, Visibility.GROUP.value]),
        )
        .order_by(messages.c.occurred_at.desc())
        .limit(LOOKED_AT)
    )
    return tx.rows(query)
