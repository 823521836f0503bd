"""What people do to ratings: correct a field, take a correction back, and read what stands."""

from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.triage import store
from earful.desk.triage import topics as own
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.message import Direction
from earful.model.rating import Rating
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx
from earful.triage import corrections, guidance
from earful.triage.corrections import InvalidCorrectionError, Value

CORRECTED = "message.corrected"

_encode = msgspec.json.Encoder().encode
_rating = msgspec.json.Decoder(Rating)


class NotFoundError(LookupError):
    """There is no such message or correction."""


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class Correction(Struct, frozen=True, kw_only=True):
    """What somebody said of one field of one message."""

    id: str
    seq: int
    message_id: str
    field: str
    value: Value
    before: Value
    """What the rating said until then."""
    by: str
    at: int
    undone_at: int | None = None


class Rated(Struct, frozen=True, kw_only=True):
    """A message's rating with the corrections in it."""

    message_id: str
    rating: Rating
    corrections: list[Correction]
    """Oldest first, those taken back included."""
    group: str | None = None
    """The first of its near duplicates, None if it is that itself or alone."""


def correct(
    tx: Tx, log: Log, who: Who, message_id: str, field: str, value: object, now: Instant
) -> Correction:
    """Say what a field of a rating is. The rating changes in the same transaction.

    The same value as a correction that stands changes nothing and returns that one. Raises NotFoundError,
    RefusedError for what is not rated, InvalidCorrectionError for a value that the field cannot have.
    """
    row = _rated(tx, message_id)
    kept = corrections.read(field, value, own.names(tx))
    shown = _rating.decode(row["rating"])
    standing = [one for one in _of(tx, message_id) if one.field == field and one.undone_at is None]
    if standing and standing[-1].value == kept:
        return standing[-1]
    before = corrections.value_of(shown, field)
    made = {
        "id": new_id(now),
        "message_id": message_id,
        "field": field,
        "value": corrections.written(kept),
        "before": corrections.written(before),
        "user_id": who.id,
        "at": now,
    }
    store.insert_correction(tx, made)
    _apply(tx, log, who, row, made, now)
    detail = f"{field}: {corrections.written(before)} -> {made['value']}"
    record(tx, who, "rating.correct", message_id, now, detail)
    return next(one for one in _of(tx, message_id) if one.id == made["id"])


def undo_correction(tx: Tx, log: Log, who: Who, correction_id: str, now: Instant) -> Correction:
    """Take a correction back: an earlier one of the field stands again, else what triage said.

    Raises NotFoundError, or RefusedError for a message that is no longer rated. Twice is once.
    """
    found = store.correction(tx, correction_id)
    if found is None:
        raise NotFoundError("There is no such correction; nothing was changed.")
    row = _rated(tx, found["message_id"])
    if store.undo_correction(tx, correction_id, now):
        _apply(tx, log, who, row, dict(found), now)
        record(tx, who, "rating.undo", found["message_id"], now, f"{found['field']}: {found['value']}")
    return next(one for one in _of(tx, found["message_id"]) if one.id == correction_id)


def _rated(tx: Tx, message_id: str) -> Row:
    row = store.message(tx, message_id, hold=True)
    if row is None:
        raise NotFoundError("There is no such message.")
    if row["deleted_at"] is not None:
        raise RefusedError(
            "Its author deleted this message; there is nothing left to rate. Nothing was changed."
        )
    if row["direction"] != Direction.INBOUND:
        raise RefusedError("Only what customers say is rated. Nothing was changed.")
    if row["rating"] is None:
        raise RefusedError("This message is not rated yet; try again in a moment. Nothing was changed.")
    return row


def _apply(tx: Tx, log: Log, who: Who, row: Row, change: dict[str, Any], now: Instant) -> None:
    """Bring the stored rating to what stands now, from what triage said, and tell the log."""
    message_id = row["id"]
    machine = row["machine"] or row["rating"]
    changes = guidance.changes(tx, [message_id]).get(message_id, [])
    rating = corrections.corrected(_rating.decode(machine), changes, guidance.weights(tx))
    store.keep_rating(tx, message_id, rating, machine if changes else None)
    data = _encode({"correction": change["id"], "field": change["field"]}).decode()
    log.append(tx, [NewEvent(type=CORRECTED, subject=message_id, actor=who.id, at=now, data=data)])


def rated(tx: Tx, message_id: str) -> Rated:
    """A message's rating with its corrections. Raises NotFoundError where there is none."""
    row = store.message(tx, message_id)
    if row is None or row["rating"] is None:
        raise NotFoundError("There is no such message, or it is not rated: only what customers say is.")
    return Rated(
        message_id=message_id, rating=_rating.decode(row["rating"]), corrections=_of(tx, message_id),
        group=row["group_id"],
    )  # fmt: skip


def case_of(tx: Tx, message_id: str) -> str:
    """The case that a message belongs to; empty before it has one."""
    row = store.message(tx, message_id)
    return (row["case_id"] or "") if row is not None else ""


def _of(tx: Tx, message_id: str) -> list[Correction]:
    return [
        Correction(
            id=row["id"],
            seq=row["seq"],
            message_id=row["message_id"],
            field=row["field"],
            value=corrections.value_from(row["value"]),
            before=corrections.value_from(row["before"]),
            by=row["user_name"],
            at=row["at"],
            undone_at=row["undone_at"],
        )
        for row in store.corrections_of(tx, message_id)
    ]


__all__ = [
    "CORRECTED",
    "Correction",
    "InvalidCorrectionError",
    "NotFoundError",
    "Rated",
    "RefusedError",
    "case_of",
    "correct",
    "rated",
    "undo_correction",
]
