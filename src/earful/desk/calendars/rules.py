"""What a calendar is, and whether it can be used. Times of day are minutes of the calendar's own zone."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from earful.desk.calendars.yearly import InvalidRepeatError, Repeat, read_repeat

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES = 24 * 60
NAME_MOST = 60
SPANS_MOST = 12
HOLIDAYS_MOST = 2_000
DAYS_MOST = 366
FIRST_YEAR, LAST_YEAR = 1970, 2200
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")

Minutes = tuple[int, int]
"""From, until (not included), in minutes after a day's midnight; the end may lie in the next day."""


class InvalidCalendarError(ValueError):
    """The calendar cannot be used; the message names the field and says what would be right."""


class NeverOpenError(ValueError):
    """The calendar does not open often enough, so a promise by it would never be due."""


class Week(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of each weekday, as people write them: `09:00-12:30, 13:30-18:00`; empty for closed.

    What ends at or before its beginning ends on the next day: `22:00-06:00`.
    """

    mon: str = ""
    tue: str = ""
    wed: str = ""
    thu: str = ""
    fri: str = ""
    sat: str = ""
    sun: str = ""


class Holiday(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days, or a part of a day, on which the weekly hours do not count."""

    name: str
    day: str
    """The first day, `2026-12-24`."""
    days: int = 1
    """How many whole days in a row; 1 where there are `hours`."""
    hours: str = ""
    """Closed only then, `12:00-24:00`; empty for whole days."""
    repeat: str = ""
    """Empty for once, `yearly` for the same date each year, or a yearly RRULE such as
    `FREQ=YEARLY;BYMONTH=11;BYDAY=4TH`."""


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day with its own hours, whatever the week and the holidays say."""

    name: str
    day: str
    hours: str


class Calendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, cache_hash=True):
    """When somebody is there."""

    id: str
    """Chosen once, never changed: policies name it."""
    name: str
    zone: str
    """An IANA zone, `Europe/Vienna`."""
    week: Week = Week()
    holidays: tuple[Holiday, ...] = ()
    openings: tuple[Opening, ...] = ()


def read_hours(text: str) -> tuple[Minutes, ...]:
    """Spans from `09:00-12:30, 13:30-18:00`, in order. Raises InvalidCalendarError."""
    spans = []
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise InvalidCalendarError(
                f"“{part.strip()[:20]}” is not a span of time; write it as 09:00-17:30."
            )
        first, last = (_minute(found[n], found[n + 1], part) for n in (1, 3))
        if first == MINUTES:
            raise InvalidCalendarError(f"“{part.strip()}” begins at 24:00; write 00:00 of the next day.")
        spans.append((first, last if last > first else last + MINUTES))
    if len(spans) > SPANS_MOST:
        raise InvalidCalendarError(f"A day has at most {SPANS_MOST} spans.")
    return tuple(sorted(spans))


def _minute(hour: str, minute: str | None, part: str) -> int:
    at = int(hour) * 60 + int(minute or 0)
    if at > MINUTES or int(minute or 0) > 59:
        raise InvalidCalendarError(f"“{part.strip()}” has a time that no clock shows; write 00:00 to 24:00.")
    return at


def write_hours(spans: tuple[Minutes, ...]) -> str:
    """The text that `read_hours` reads."""
    return ", ".join(
        f"{_clock(first)}-{_clock(last if last <= MINUTES else last - MINUTES)}" for first, last in spans
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def read_day(text: str) -> date:
    """A day from `2026-12-24`. Raises InvalidCalendarError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidCalendarError(f"“{text[:20]}” is not a day; write it as 2026-12-24.") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidCalendarError(f"{text} is out of reach; days go from {FIRST_YEAR} to {LAST_YEAR}.")
    return day


@lru_cache(maxsize=4096)
def repeat_of(holiday: Holiday) -> Repeat | None:
    """How a holiday repeats; None for once. Raises InvalidCalendarError."""
    if not holiday.repeat:
        return None
    try:
        return read_repeat("FREQ=YEARLY" if holiday.repeat == "yearly" else holiday.repeat)
    except InvalidRepeatError as error:
        raise InvalidCalendarError(f"{holiday.name}: {error}") from error


def occurrences(holiday: Holiday, first: date, last: date) -> Iterator[date]:
    """The days on which a holiday begins, from `first` to `last`, both included."""
    day, repeat = read_day(holiday.day), repeat_of(holiday)
    if repeat is None:
        if first <= day <= last:
            yield day
        return
    for year in range(max(first.year, day.year), last.year + 1):
        yield from (one for one in repeat.days_in(year, day) if first <= one <= last)


def check(calendar: Calendar) -> Calendar:
    """The calendar with its texts in order. Raises InvalidCalendarError for one that cannot be used."""
    name = " ".join(calendar.name.split())
    if not 0 < len(name) <= NAME_MOST:
        raise InvalidCalendarError(f"Give the calendar a name of at most {NAME_MOST} letters.")
    _check_zone(calendar.zone)
    if len(calendar.holidays) > HOLIDAYS_MOST or len(calendar.openings) > HOLIDAYS_MOST:
        raise InvalidCalendarError(f"A calendar has at most {HOLIDAYS_MOST} holidays and as many exceptions.")
    week = {day: _named(day, getattr(calendar.week, day)) for day in DAYS}
    holidays = tuple(
        sorted((_holiday(one) for one in calendar.holidays), key=lambda one: (one.day, one.name))
    )
    openings = tuple(
        sorted((_opening(one) for one in calendar.openings), key=lambda one: (one.day, one.name))
    )
    return Calendar(
        id=calendar.id, name=name, zone=calendar.zone, week=Week(**week), holidays=holidays, openings=openings
    )


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidCalendarError(
            f"“{zone[:40]}” is not a time zone; write one as Europe/Vienna."
        ) from error


def _named(place: str, hours: str) -> str:
    try:
        return write_hours(read_hours(hours))
    except InvalidCalendarError as error:
        raise InvalidCalendarError(f"{place}: {error}") from error


def _holiday(one: Holiday) -> Holiday:
    name = " ".join(one.name.split())[:NAME_MOST] or "Holiday"
    if not 1 <= one.days <= DAYS_MOST:
        raise InvalidCalendarError(f"{name}: a holiday lasts 1 to {DAYS_MOST} days.")
    if one.hours and one.days != 1:
        raise InvalidCalendarError(f"{name}: hours are of one day; write a line for each.")
    repeat_of(one)
    day = read_day(one.day).isoformat()
    hours = _named(name, one.hours)
    return Holiday(name=name, day=day, days=one.days, hours=hours, repeat=one.repeat)


def _opening(one: Opening) -> Opening:
    name = " ".join(one.name.split())[:NAME_MOST] or "Open"
    hours = _named(name, one.hours)
    if not hours:
        raise InvalidCalendarError(f"{name}: say from when to when it is open on {one.day}.")
    return Opening(name=name, day=read_day(one.day).isoformat(), hours=hours)


def closed_by(calendar: Calendar, first: date, last: date) -> list[tuple[date, Minutes, str]]:
    """(day, minutes of that day, name) of every holiday between two days, both included."""
    found = []
    for holiday in calendar.holidays:
        spans = read_hours(holiday.hours) or ((0, MINUTES * holiday.days),)
        reach = timedelta(days=max(holiday.days, 2))
        found += [
            (day, span, holiday.name) for day in occurrences(holiday, first - reach, last) for span in spans
        ]
    return sorted(found)
