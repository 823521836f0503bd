"""What colleagues should know of a person before they answer: set with a reason, for a time, and kept as history."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.cases import service as cases
from earful.desk.people import rules, store
from earful.desk.people.linking import NotFoundError, RefusedError
from earful.desk.people.rules import Flag
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

FLAGGED = "person.flagged"
_encode = msgspec.json.Encoder().encode


class Flagged(Struct, frozen=True, kw_only=True):
    """A flag, standing or not. Times are instants; `ends_at` None for no end."""

    id: str
    flag: Flag
    reason: str
    by: str
    """Name of who set it."""
    set_at: int
    ends_at: int | None
    cleared_at: int | None
    cleared_by: str
    counts: bool
    """Whether it counts now."""


def put(
    tx: Tx, log: Log, who: Who, person_id: str, flag: Flag, reason: str, ends_at: int | None, now: Instant
) -> str:
    """Flag a person. Returns the flag's id, for an undo. Raises NotFoundError; RefusedError without a reason, for an
    end that is none, and where the same flag counts already."""
    problem = rules.flag_problem(reason, ends_at, now)
    if problem:
        raise RefusedError(problem)
    row = store.person(tx, person_id)
    if row is None or row["author_id"] is None:
        raise NotFoundError("There is no such person; nothing was changed.")
    if any(one.flag is flag and one.counts for one in of_person(tx, person_id, now)):
        raise RefusedError("This flag is set already; take it off first to say something else.")
    flag_id = new_id(now)
    store.insert_flag(
        tx,
        {
            "id": flag_id, "author_id": row["author_id"], "flag": flag.value,
            "reason": reason.strip()[: rules.REASON], "user_id": who.id, "set_at": now, "ends_at": ends_at,
        },
    )  # fmt: skip
    _tell(tx, log, who, row["author_id"], flag, "flag_set", now)
    return flag_id


def clear(tx: Tx, log: Log, who: Who, flag_id: str, now: Instant) -> None:
    """Take a flag off. Raises NotFoundError, and RefusedError for one that is off already."""
    row = _flag(tx, flag_id)
    if row["cleared_at"] is not None:
        raise RefusedError("This flag was taken off already; nothing was changed.")
    store.end_flag(tx, flag_id, who.id, now)
    _tell(tx, log, who, row["author_id"], Flag(row["flag"]), "flag_cleared", now)


def restore(tx: Tx, log: Log, who: Who, flag_id: str, now: Instant) -> None:
    """Undo a taking off. Raises NotFoundError, and RefusedError for one that is not off."""
    row = _flag(tx, flag_id)
    if row["cleared_at"] is None:
        raise RefusedError("This flag is set; nothing was changed.")
    store.end_flag(tx, flag_id, None, None)
    _tell(tx, log, who, row["author_id"], Flag(row["flag"]), "flag_set", now)


def _flag(tx: Tx, flag_id: str) -> Row:
    row = store.flag(tx, flag_id)
    if row is None:
        raise NotFoundError("There is no such flag; nothing was changed.")
    return row


def _tell(tx: Tx, log: Log, who: Who, author_id: str, flag: Flag, what: str, now: Instant) -> None:
    """Every case of the person shows it, so each is told; what a program is told names the person once."""
    person_id = store.standing_links(tx, [author_id])[author_id]
    for row in store.cases_of_people(tx, [person_id]):
        cases.tell(tx, log, who, row["id"], what, flag.value, now)
    data = _encode({"flag": flag.value, "set": what == "flag_set"}).decode()
    log.append(tx, [NewEvent(type=FLAGGED, subject=person_id, actor=who.id, at=now, data=data)])
    record(tx, who, f"person.{what}", person_id, now, flag.value)


def of_person(tx: Tx, person_id: str, now: Instant) -> list[Flagged]:
    """Every flag that a person has had, newest first; those that count come before the others."""
    found = [
        Flagged(
            id=row["id"], flag=Flag(row["flag"]), reason=row["reason"], by=row["user_name"] or "Earful",
            set_at=row["set_at"], ends_at=row["ends_at"], cleared_at=row["cleared_at"],
            cleared_by=row["clearer"] or "", counts=rules.counts(row["ends_at"], row["cleared_at"], now),
        )
        for row in store.flags_of(tx, person_id)
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.counts)


def standing(tx: Tx, person_ids: Sequence[str], now: Instant) -> dict[str, list[Flag]]:
    """person -> the flags that count now, for a list. One read for all."""
    found: dict[str, list[Flag]] = {}
    for row in store.standing_flags(tx, person_ids):
        if rules.counts(row["ends_at"], None, now):
            flags = found.setdefault(row["person_id"], [])
            flags.append(Flag(row["flag"]))
    return {person: sorted(set(flags)) for person, flags in found.items()}
