"""What the people of a desk told triage, as it reads it where it rates: weights, brand, corrections that stand."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from earful.store import bulk
from earful.store.tables import triage_settings
from earful.store.tx import Row, Tx
from earful.triage.corrections import Change, value_from
from earful.triage.priority import DEFAULT, Weights
from earful.triage.subject import Brand

BRAND, PRIORITY = "brand", "priority"

_STANDING = (
    "SELECT corrections.message_id, corrections.field, corrections.value,\n"
    "  COALESCE(users.name, tokens.name, '') AS name\n"
    "FROM corrections\n"
    "LEFT JOIN users ON users.id = corrections.user_id\n"
    "LEFT JOIN tokens ON 'token:' || tokens.id = corrections.user_id\n"
    "WHERE corrections.message_id IN ?? AND corrections.undone_at IS NULL\n"
    "ORDER BY corrections.seq"
)
_HOLD = "SELECT message_id FROM ratings WHERE message_id IN ?? ORDER BY message_id FOR UPDATE"
_weights = msgspec.json.Decoder(Weights)
_brand = msgspec.json.Decoder(Brand)


def newest(tx: Tx, kind: str) -> Row | None:
    """The row of a kind of settings that is in force."""
    query = select(triage_settings).where(triage_settings.c.kind == kind)
    return tx.row(query.order_by(triage_settings.c.seq.desc()).limit(1))


def weights(tx: Tx) -> Weights:
    """The weights in force."""
    row = newest(tx, PRIORITY)
    return DEFAULT if row is None else _weights.decode(row["data"])


def brand(tx: Tx) -> Brand | None:
    """The brand's profile in force; None before anybody wrote one."""
    row = newest(tx, BRAND)
    return None if row is None else _brand.decode(row["data"])


def hold(tx: Tx, message_ids: Iterable[str]) -> None:
    """Keep others from rating or correcting these messages until the transaction ends."""
    if tx.is_postgresql:
        bulk.tuples(tx, _HOLD, [sorted(message_ids)])


def changes(tx: Tx, message_ids: Iterable[str]) -> dict[str, list[Change]]:
    """The corrections that stand, the newest of each field, by message."""
    found: dict[str, dict[str, Change]] = defaultdict(dict)
    wanted = list(message_ids)
    for row in bulk.select(tx, _STANDING, [wanted]) if wanted else []:
        field = row["field"]
        found[row["message_id"]].pop(field, None)
        found[row["message_id"]][field] = Change(field=field, value=value_from(row["value"]), by=row["name"])
    return {message_id: list(by_field.values()) for message_id, by_field in found.items()}
