"""Settings that people change in the pages. The newest of a kind is in force; earlier ones stay for undo."""

from typing import TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select

from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tables import desk_settings
from earful.store.tx import Row, Tx, read_once

S = TypeVar("S", bound=Struct)
_encode = msgspec.json.Encoder().encode


def in_force(tx: Tx, kind: str, shape: type[S]) -> S:
    """The newest settings of a kind, or how Earful comes."""
    row = _newest(tx, kind)
    return msgspec.json.decode(row["data"], type=shape) if row is not None else shape()


def place(tx: Tx, kind: str) -> int:
    """The place of what is in force; 0 for how Earful comes."""
    row = _newest(tx, kind)
    return int(row["seq"]) if row is not None else 0


def keep(tx: Tx, who: Who, kind: str, value: Struct, now: Instant) -> tuple[bool, int]:
    """Put settings in force. Returns whether that changed anything, and the place of those before."""
    before = place(tx, kind)
    if in_force(tx, kind, type(value)) == value:
        return False, before
    made = new_id(now)
    data = _encode(value).decode()
    tx.execute(insert(desk_settings).values(id=made, kind=kind, data=data, user_id=who.id, at=now))
    record(tx, who, f"settings.{kind}", made, now)
    return True, before


def restore(tx: Tx, who: Who, kind: str, shape: type[S], seq: int, now: Instant) -> bool:
    """Put earlier settings in force again; 0 means how Earful comes. False when there are none at that place."""
    value = at(tx, kind, shape, seq)
    if value is None:
        return False
    keep(tx, who, kind, value, now)
    return True


def at(tx: Tx, kind: str, shape: type[S], seq: int) -> S | None:
    """Settings as some place had them; 0 means how Earful comes. None when there are none at that place."""
    row = tx.row(select(desk_settings).where(desk_settings.c.seq == seq, desk_settings.c.kind == kind))
    if row is None:
        return None if seq else shape()
    return msgspec.json.decode(row["data"], type=shape)


@read_once
def _newest(tx: Tx, kind: str) -> Row | None:
    query = select(desk_settings).where(desk_settings.c.kind == kind)
    return tx.row(query.order_by(desk_settings.c.seq.desc()).limit(1))
