"""The SQL of outgoing webhooks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earful.store.tables import (
    case_tags,
    cases,
    messages,
    users,
    webhook_deliveries,
    webhook_tries,
    webhooks,
)
from earful.store.tx import Row, Tx

_there = webhooks.c.deleted_at.is_(None)


def insert_webhook(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a new one."""
    tx.execute(insert(webhooks).values(row))


def update_webhook(tx: Tx, webhook_id: str, values: dict[str, Any]) -> bool:
    """Change one; False when there is none."""
    query = update(webhooks).where(webhooks.c.id == webhook_id, _there).values(values)
    return bool(tx.execute(query).rowcount)


def undelete(tx: Tx, webhook_id: str) -> bool:
    """Take a deletion back; False when there is none."""
    query = update(webhooks).where(webhooks.c.id == webhook_id, ~_there)
    return bool(tx.execute(query.values(deleted_at=None, enabled=True)).rowcount)


def webhook(tx: Tx, webhook_id: str) -> Row | None:
    """One that was not deleted."""
    return tx.row(select(webhooks).where(webhooks.c.id == webhook_id, _there))


def all_webhooks(tx: Tx) -> list[Row]:
    """All of them, by name."""
    return tx.rows(select(webhooks).where(_there).order_by(webhooks.c.name, webhooks.c.id))


def enabled(tx: Tx) -> list[Row]:
    """Those that are told."""
    return tx.rows(select(webhooks).where(_there, webhooks.c.enabled).order_by(webhooks.c.id))


def states(tx: Tx) -> dict[str, dict[str, int]]:
    """webhook -> state -> deliveries, of those that were not delivered."""
    found: dict[str, dict[str, int]] = {}
    table = webhook_deliveries
    query = (
        select(table.c.webhook_id, table.c.state, func.count().label("n"))
        .where(table.c.state != "delivered")
        .group_by(table.c.webhook_id, table.c.state)
    )
    for row in tx.rows(query):
        found.setdefault(row["webhook_id"], {})[row["state"]] = row["n"]
    return found


def insert_deliveries(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what is to be told; what is there already stays."""
    made = (postgresql if tx.is_postgresql else sqlite).insert(webhook_deliveries)
    tx.execute(made.on_conflict_do_nothing(), list(rows))


def delivery(tx: Tx, delivery_id: str) -> Row | None:
    """One delivery."""
    return tx.row(select(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id))


def update_delivery(tx: Tx, delivery_id: str, values: dict[str, Any]) -> None:
    """Change one."""
    tx.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id).values(values))


def due(tx: Tx, now: int, most: int) -> list[Row]:
    """What is to be tried now, the longest due first: of enabled webhooks, leased by nobody who lives."""
    table = webhook_deliveries
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = (
        select(table.c.id, table.c.webhook_id)
        .join(webhooks, webhooks.c.id == table.c.webhook_id)
        .where(table.c.due_at <= now, free, webhooks.c.enabled, _there)
        .order_by(table.c.due_at, table.c.id)
        .limit(most)
    )
    return tx.rows(query)


def claim(tx: Tx, delivery_id: str, now: int, until: int) -> bool:
    """Take a due delivery; False when somebody else has it."""
    table = webhook_deliveries
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = update(table).where(table.c.id == delivery_id, table.c.due_at <= now, free)
    return bool(tx.execute(query.values(lease_until=until)).rowcount)


def insert_try(tx: Tx, row: dict[str, Any]) -> None:
    """Keep one try."""
    tx.execute(insert(webhook_tries).values(row))


def tries_of(tx: Tx, delivery_ids: Sequence[str]) -> list[Row]:
    """The tries of deliveries, in order."""
    query = select(webhook_tries).where(webhook_tries.c.delivery_id.in_(delivery_ids))
    return tx.rows(query.order_by(webhook_tries.c.seq))


def deliveries(tx: Tx, webhook_id: str, state: str, after: tuple[int, str] | None, most: int) -> list[Row]:
    """Deliveries of a webhook, the newest first, from a place on."""
    table = webhook_deliveries
    query = select(table).where(table.c.webhook_id == webhook_id)
    if state:
        query = query.where(table.c.state == state)
    if after:
        at, last = after
        query = query.where(or_(table.c.created_at < at, and_(table.c.created_at == at, table.c.id < last)))
    return tx.rows(query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(most))


def requeue_failed(tx: Tx, webhook_id: str, now: int) -> int:
    """Queue what failed once more, from the first try on. Returns how many."""
    table = webhook_deliveries
    query = update(table).where(table.c.webhook_id == webhook_id, table.c.state == "failed")
    return tx.execute(query.values(state="queued", tries=0, due_at=now, done_at=None)).rowcount


def drop_queued(tx: Tx, webhook_id: str, now: int) -> int:
    """What is still to be told to a webhook that is deleted will not be."""
    table = webhook_deliveries
    query = update(table).where(table.c.webhook_id == webhook_id, table.c.state == "queued")
    return tx.execute(query.values(state="dropped", due_at=None, lease_until=None, done_at=now)).rowcount


def purge(tx: Tx, before: int, most: int) -> int:
    """Forget what is done and older than an instant. Returns how many."""
    table = webhook_deliveries
    old = select(table.c.id).where(table.c.created_at < before, table.c.state != "queued").limit(most)
    ids = [row["id"] for row in tx.rows(old)]
    if ids:
        tx.execute(delete(webhook_tries).where(webhook_tries.c.delivery_id.in_(ids)))
        tx.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def cases_now(tx: Tx, case_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How cases stand, by id, with their tags."""
    named = (
        "id", "number", "title", "status", "outcome", "priority", "severity", "kind", "topic", "sentiment", "network",
        "channel_id", "person_id", "person_name", "handle", "tried_before", "message_count", "opened_at",
        "last_message_at", "awaiting_since", "closed_at",
    )  # fmt: skip
    query = (
        select(*(cases.c[name] for name in named), users.c.email.label("assignee"))
        .join(users, users.c.id == cases.c.assignee_id, isouter=True)
        .where(cases.c.id.in_(case_ids))
    )
    found = {row["id"]: {**row, "tags": []} for row in tx.rows(query)}
    tags = select(case_tags.c.case_id, case_tags.c.tag).where(case_tags.c.case_id.in_(case_ids))
    for row in tx.rows(tags.order_by(case_tags.c.tag)):
        found[row["case_id"]]["tags"].append(row["tag"])
    return found


def texts_of(tx: Tx, message_ids: Sequence[str]) -> dict[str, Row]:
    """What messages say, by id; deleted ones say nothing."""
    query = select(
        messages.c.id, messages.c.direction, messages.c.visibility, messages.c.subject, messages.c.text,
        messages.c.occurred_at,
    ).where(messages.c.id.in_(message_ids), messages.c.deleted_at.is_(None))  # fmt: skip
    return {row["id"]: row for row in tx.rows(query)}
