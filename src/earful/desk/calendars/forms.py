"""A calendar as its form shows it and sends it back; holidays and exceptions are lines that people can write.

2026-12-25 .. 2026-12-26  Christmas  yearly
2026-12-24 12:00-24:00  Christmas Eve  yearly
2026-11-27  Thanksgiving  FREQ=YEARLY;BYMONTH=11;BYDAY=4TH
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from earful.desk.calendars.hours import open_spans
from earful.desk.calendars.rules import (
    DAYS,
    Calendar,
    Holiday,
    InvalidCalendarError,
    Opening,
    Week,
    closed_by,
    read_day,
)
from earful.model.time import MINUTE, instant, moment

SHOWN_DAYS = 14
_LINE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(?P<last>\d{4}-\d{2}-\d{2}))?"
    r"(?:\s+(?P<hours>\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}(?:\s*,\s*\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})*))?"
    r"(?:\s+(?P<name>.*?))??(?:\s+(?P<repeat>yearly|FREQ=\S+))?"
)


class Form(Struct, frozen=True, kw_only=True):
    """The fields of a calendar's page, as texts."""

    id: str
    name: str
    zone: str
    week: dict[str, str]
    holidays: str
    openings: str


class Day(Struct, frozen=True, kw_only=True):
    """One day of the preview."""

    at: int
    """Its noon, for its name."""
    day: str
    weekday: int
    hours: list[str]
    """When it is open, on the wall; a span ends at midnight and goes on in the next day."""
    bars: list[tuple[int, int]]
    """The same in minutes of the day: from, length."""
    holidays: list[str]
    exception: str = ""


def form_of(calendar: Calendar) -> Form:
    """The fields of a calendar."""
    return Form(
        id=calendar.id,
        name=calendar.name,
        zone=calendar.zone,
        week={day: getattr(calendar.week, day) for day in DAYS},
        holidays="\n".join(_written(one) for one in calendar.holidays),
        openings="\n".join(f"{one.day} {one.hours}  {one.name}" for one in calendar.openings),
    )


def _written(one: Holiday) -> str:
    last = (read_day(one.day) + timedelta(days=one.days - 1)).isoformat()
    until = f" .. {last}" if one.days > 1 else ""
    return "  ".join(
        part for part in (f"{one.day}{until} {one.hours}".rstrip(), one.name, one.repeat) if part
    )


def form_from(given: Mapping[str, str]) -> Form:
    """The fields as they were sent."""
    return Form(
        id=given.get("id", ""),
        name=" ".join(given.get("name", "").split()),
        zone=given.get("zone", "").strip(),
        week={day: given.get(day, "") for day in DAYS},
        holidays=given.get("holidays", "").replace("\r\n", "\n"),
        openings=given.get("openings", "").replace("\r\n", "\n"),
    )


def calendar_of(calendar_id: str, form: Form) -> Calendar:
    """The calendar that a form means. Raises InvalidCalendarError, which names the line."""
    return Calendar(
        id=calendar_id,
        name=form.name,
        zone=form.zone,
        week=Week(**form.week),
        holidays=tuple(_holiday(number, line) for number, line in _lines(form.holidays)),
        openings=tuple(_opening(number, line) for number, line in _lines(form.openings)),
    )


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _holiday(number: int, line: str) -> Holiday:
    found = _LINE.fullmatch(line)
    if found is None:
        raise InvalidCalendarError(
            f"Holidays, line {number}: “{line[:30]}” is not a holiday; write 2026-12-25 Christmas Day yearly."
        )
    days = 1
    if found["last"]:
        days = (read_day(found["last"]) - read_day(found["day"])).days + 1
    return Holiday(
        name=found["name"] or "Holiday",
        day=found["day"],
        days=days,
        hours=found["hours"] or "",
        repeat=found["repeat"] or "",
    )


def _opening(number: int, line: str) -> Opening:
    found = _LINE.fullmatch(line)
    if found is None or not found["hours"] or found["last"] or found["repeat"]:
        raise InvalidCalendarError(
            f"Exceptions, line {number}: “{line[:30]}” is none; write 2026-12-27 10:00-16:00 Sale."
        )
    return Opening(name=found["name"] or "Open", day=found["day"], hours=found["hours"])


def days_of(calendar: Calendar, first: date) -> list[Day]:
    """The next two weeks, each day with its open hours on the wall."""
    zone = ZoneInfo(calendar.zone)
    found = []
    for number in range(SHOWN_DAYS):
        day = first + timedelta(days=number)
        start, end = (
            instant(datetime(one.year, one.month, one.day, tzinfo=zone))
            for one in (day, day + timedelta(days=1))
        )
        spans = open_spans(calendar, start, end)
        own = [one.name for one in calendar.openings if one.day == day.isoformat()]
        closed = {
            name
            for on, span, name in closed_by(calendar, day - timedelta(days=366), day)
            if _covers(on, span, day)
        }
        found.append(
            Day(
                at=start + 12 * 60 * MINUTE,
                day=day.isoformat(),
                weekday=day.weekday(),
                hours=[f"{_wall(first, zone)}-{_wall(last, zone, last == end)}" for first, last in spans],
                bars=[((first - start) // MINUTE, (last - first) // MINUTE) for first, last in spans],
                holidays=[] if own else sorted(closed),
                exception=", ".join(own),
            )
        )
    return found


def _covers(on: date, span: tuple[int, int], day: date) -> bool:
    begins = (day - on).days * 24 * 60
    return span[0] < begins + 24 * 60 and span[1] > begins


def _wall(at: int, zone: ZoneInfo, midnight: bool = False) -> str:
    return "24:00" if midnight else moment(at).astimezone(zone).strftime("%H:%M")


def in_words(week: Week) -> str:
    """A week in one line: `Mon-Fri 09:00-17:00; Sat 10:00-14:00`."""
    runs: list[tuple[int, int, str]] = []
    for number, day in enumerate(DAYS):
        hours = getattr(week, day)
        if runs and runs[-1][2] == hours and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number, hours
        else:
            runs.append((number, number, hours))
    names = [day.title() for day in DAYS]
    return "; ".join(
        f"{names[first]}{f'-{names[last]}' if last > first else ''} {hours}"
        for first, last, hours in runs
        if hours
    )
