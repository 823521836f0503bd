"""What people do to calendars: save, remove, restore, read holidays in. Every save is a version that stays."""

import re
from functools import lru_cache

import msgspec
from msgspec import Struct

from earful.desk.calendars import ical, rules, store
from earful.desk.calendars.rules import Calendar, InvalidCalendarError
from earful.log.contract import Log, NewEvent
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

CHANGED = "calendar.changed"
"""A calendar was saved, removed or restored; what depends on it follows."""
CALENDARS_MOST = 200
VERSIONS_SHOWN = 20
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such calendar, or no such version of it."""


class StaleError(ValueError):
    """Somebody saved the calendar meanwhile; the message says so."""


class Kept(Struct, frozen=True, kw_only=True):
    """A calendar and its version."""

    seq: int
    at: int
    """When this version was saved."""
    calendar: Calendar


class Version(Struct, frozen=True, kw_only=True):
    """One save of a calendar."""

    seq: int
    at: int
    by: str
    removed: bool


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the version until then, 0 when there was none."""

    seq: int
    before: int
    changed: bool


class Read(Struct, frozen=True, kw_only=True):
    """What came of reading holidays in."""

    saved: Saved
    added: int
    known: int


@lru_cache(maxsize=512)
def _decoded(data: str) -> Calendar:
    # The same object each time: what is computed of a calendar is kept by it.
    return msgspec.json.decode(data, type=Calendar)


def listed(tx: Tx) -> list[Kept]:
    """Every calendar in force, by name."""
    found = [
        Kept(seq=row["seq"], at=row["at"], calendar=_decoded(row["data"]))
        for row in store.newest(tx)
        if row["data"]
    ]
    return sorted(found, key=lambda kept: (kept.calendar.name.casefold(), kept.calendar.id))


def find(tx: Tx, calendar_id: str) -> Kept:
    """One calendar in force. Raises NotFoundError."""
    row = store.newest_of(tx, calendar_id)
    if row is None or not row["data"]:
        raise NotFoundError(f"There is no calendar “{calendar_id[:40]}”.")
    return Kept(seq=row["seq"], at=row["at"], calendar=_decoded(row["data"]))


def at_version(tx: Tx, seq: int) -> Calendar | None:
    """A calendar as some version had it; None when there is no such version."""
    row = store.row(tx, seq) if seq else None
    return _decoded(row["data"]) if row is not None and row["data"] else None


def versions(tx: Tx, calendar_id: str) -> list[Version]:
    """The newest saves of a calendar, newest first."""
    return [
        Version(seq=row["seq"], at=row["at"], by=row["user_name"] or "", removed=not row["data"])
        for row in store.versions(tx, calendar_id, VERSIONS_SHOWN)
    ]


def free_id(tx: Tx, name: str) -> str:
    """An id for a new calendar, from its name."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:36].strip("-") or "calendar"
    taken = {row["id"] for row in store.newest(tx)}
    return next(
        one for n in range(1, len(taken) + 2) if (one := slug if n == 1 else f"{slug}-{n}") not in taken
    )


def save(tx: Tx, log: Log, who: Who, calendar: Calendar, now: Instant, *, seen: int | None = None) -> Saved:
    """Put a calendar in force. `seen`: the version that the writer started from, None not to care.

    The same again changes nothing. Raises InvalidCalendarError; StaleError when another version came meanwhile.
    """
    if not _ID.fullmatch(calendar.id):
        raise InvalidCalendarError("A calendar's id has small letters, digits and hyphens, at most 40.")
    kept = rules.check(calendar)
    before = store.newest_of(tx, kept.id)
    if seen is not None and seen != (before["seq"] if before is not None else 0):
        raise StaleError(
            "Somebody saved this calendar while you were editing it. Load the page again and look at theirs first."
        )
    _check_others(tx, kept)
    data = _encode(kept).decode()
    if before is not None and before["data"] == data:
        return Saved(seq=before["seq"], before=before["seq"], changed=False)
    return _put(tx, log, who, kept.id, data, before, now, "calendar.save")


def _check_others(tx: Tx, calendar: Calendar) -> None:
    others = [one.calendar for one in listed(tx) if one.calendar.id != calendar.id]
    if any(one.name.casefold() == calendar.name.casefold() for one in others):
        raise InvalidCalendarError(f"There is a calendar named {calendar.name} already; choose another name.")
    if len(others) >= CALENDARS_MOST:
        raise InvalidCalendarError(f"There are {CALENDARS_MOST} calendars already; remove one first.")


def remove(tx: Tx, log: Log, who: Who, calendar_id: str, now: Instant) -> Saved:
    """Take a calendar out of the choices; its versions stay. Raises NotFoundError.

    Whoever uses it must not allow it: see `earful.desk.sla.settings.remove_calendar`.
    """
    before = store.newest_of(tx, calendar_id)
    if before is None or not before["data"]:
        raise NotFoundError("This calendar was removed already.")
    return _put(tx, log, who, calendar_id, "", before, now, "calendar.remove")


def restore(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> Saved:
    """Put an earlier version in force again. Raises NotFoundError, InvalidCalendarError."""
    row = store.row(tx, seq)
    if row is None or not row["data"]:
        raise NotFoundError("There is no such version of a calendar; nothing was changed.")
    calendar = _decoded(row["data"])
    _check_others(tx, calendar)
    before = store.newest_of(tx, calendar.id)
    if before is not None and before["data"] == row["data"]:
        return Saved(seq=before["seq"], before=before["seq"], changed=False)
    return _put(tx, log, who, calendar.id, row["data"], before, now, "calendar.restore")


def _put(
    tx: Tx, log: Log, who: Who, calendar_id: str, data: str, before: Row | None, now: Instant, action: str
) -> Saved:
    values = {"id": calendar_id, "data": data, "user_id": who.id, "at": now}
    seq = store.insert_row(tx, values)
    record(tx, who, action, calendar_id, now, f"version {seq}")
    log.append(
        tx, [NewEvent(type=CHANGED, subject=calendar_id, at=now, actor=who.id, data=f'{{"version":{seq}}}')]
    )
    return Saved(seq=seq, before=before["seq"] if before is not None else 0, changed=True)


def read_in(tx: Tx, log: Log, who: Who, calendar_id: str, data: bytes, now: Instant) -> Read:
    """Add the holidays of an iCalendar file to a calendar; those that it has are not added again.

    Raises NotFoundError, InvalidCalendarError, and `ical.UnreadableCalendarError` with the lines: nothing is half read.
    """
    calendar = find(tx, calendar_id).calendar
    holidays = ical.read_holidays(data, calendar.zone)
    known = set(calendar.holidays)
    fresh = [
        one
        for one in rules.check(msgspec.structs.replace(calendar, holidays=holidays)).holidays
        if one not in known
    ]
    wanted = msgspec.structs.replace(calendar, holidays=(*calendar.holidays, *fresh))
    return Read(saved=save(tx, log, who, wanted, now), added=len(fresh), known=len(holidays) - len(fresh))


__all__ = [
    "CHANGED",
    "Calendar",
    "InvalidCalendarError",
    "Kept",
    "NotFoundError",
    "Saved",
    "StaleError",
    "at_version",
    "find",
    "free_id",
    "listed",
    "read_in",
    "remove",
    "restore",
    "save",
    "versions",
]
