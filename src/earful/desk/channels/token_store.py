"""The SQL of tokens and of consents under way."""

from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store.tables import channel_tokens, consents
from earful.store.tx import Row, Tx


def find(tx: Tx, channel_id: str) -> Row | None:
    """The tokens of a channel."""
    return tx.row(select(channel_tokens).where(channel_tokens.c.channel_id == channel_id))


def keep(tx: Tx, values: dict[str, Any]) -> None:
    """Keep the tokens of a channel in place of those before."""
    upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
    statement = upsert(channel_tokens).values(values)
    changes = {name: value for name, value in values.items() if name != "channel_id"}
    tx.execute(statement.on_conflict_do_update(index_elements=[channel_tokens.c.channel_id], set_=changes))


def lease(tx: Tx, channel_id: str, now: int, until: int) -> bool:
    """Take the right to renew; False when somebody has it."""
    free = or_(channel_tokens.c.lease_until.is_(None), channel_tokens.c.lease_until < now)
    done = tx.execute(
        update(channel_tokens)
        .where(channel_tokens.c.channel_id == channel_id, free)
        .values(lease_until=until)
    )
    return bool(done.rowcount)


def release(tx: Tx, channel_id: str) -> None:
    """Give the right to renew back."""
    tx.execute(
        update(channel_tokens).where(channel_tokens.c.channel_id == channel_id).values(lease_until=None)
    )


def fail(tx: Tx, channel_id: str, why: str) -> None:
    """The network gives no token any more."""
    tx.execute(
        update(channel_tokens)
        .where(channel_tokens.c.channel_id == channel_id)
        .values(lease_until=None, error=why[:1_000])
    )


def insert_consent(tx: Tx, values: dict[str, Any]) -> None:
    """Keep a consent that was begun."""
    tx.execute(insert(consents).values(values))


def take_consent(tx: Tx, state: str) -> Row | None:
    """A consent by its state, which is good for once."""
    row = tx.row(select(consents).where(consents.c.state == state).with_for_update())
    if row is not None:
        tx.execute(delete(consents).where(consents.c.state == state))
    return row


def drop_consents(tx: Tx, before: int) -> None:
    """Forget consents that nobody finished."""
    tx.execute(delete(consents).where(consents.c.began_at < before))
