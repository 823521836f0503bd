"""Yearly repetition, as RFC 5545 writes it (section 3.3.10): the part of RRULE that holidays need."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST")
INTERVAL_MOST = 100
COUNT_MOST = 1_000
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


class InvalidRepeatError(ValueError):
    """The repetition cannot be read; the message says which part."""


class Repeat(Struct, frozen=True, kw_only=True):
    """A day or days of each year. Empty tuples: as the first day has it."""

    interval: int = 1
    count: int = 0
    """How many there are in all; 0 for ever."""
    until: date | None = None
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    """(which one, weekday from Monday 0); which one counts from the end when negative, 0 for each."""

    def days_in(self, year: int, start: date) -> list[date]:
        """Its days in a year, none before `start`, in order. Raises nothing: a date that a year lacks is left out."""
        if (year - start.year) % self.interval or year < start.year:
            return []
        days = [day for day in self._candidates(year, start) if day >= start]
        if self.until is not None:
            days = [day for day in days if day <= self.until]
        if self.count:
            before = sum(
                1
                for earlier in range(start.year, year, self.interval)
                for day in self._candidates(earlier, start)
                if day >= start
            )
            days = days[: max(self.count - before, 0)]
        return days

    def _candidates(self, year: int, start: date) -> list[date]:
        # A weekday or a day of the month without a month is meant in each of them, unless it counts in the year.
        in_year = bool(self.weekdays) and not self.months and not self.month_days
        if in_year:
            return sorted(set(self._by_weekday(date(year, 1, 1), date(year, 12, 31))))
        all_months = tuple(range(1, 13)) if self.month_days and not self.months else (start.month,)
        found: set[date] = set()
        for month in self.months or all_months:
            length = monthrange(year, month)[1]
            wanted = self.month_days or (() if self.weekdays else (start.day,))
            by_number = {
                date(year, month, day if day > 0 else length + 1 + day)
                for day in wanted
                if abs(day) <= length
            }
            if not self.weekdays:
                found |= by_number
                continue
            by_name = set(self._by_weekday(date(year, month, 1), date(year, month, length)))
            found |= by_name & by_number if self.month_days else by_name
        return sorted(found)

    def _by_weekday(self, first: date, last: date) -> Iterator[date]:
        for which, weekday in self.weekdays:
            start = first + timedelta(days=(weekday - first.weekday()) % 7)
            days = [start + timedelta(weeks=n) for n in range((last - start).days // 7 + 1)]
            if which == 0:
                yield from days
            elif abs(which) <= len(days):
                yield days[which - 1 if which > 0 else which]


def read_repeat(text: str) -> Repeat:
    """A repetition from `FREQ=YEARLY;BYMONTH=11;BYDAY=4TH`. Raises InvalidRepeatError."""
    parts: dict[str, str] = {}
    for piece in text.upper().split(";"):
        name, sign, value = piece.strip().partition("=")
        if not sign or name not in KNOWN:
            raise InvalidRepeatError(f"“{piece[:30]}” is not understood; known are {', '.join(KNOWN)}.")
        parts[name] = value.strip()
    if parts.get("FREQ") != "YEARLY":
        raise InvalidRepeatError(
            f"it repeats {parts.get('FREQ', 'without FREQ').lower()}; only yearly is understood, so write the days."
        )
    return Repeat(
        interval=_number(parts, "INTERVAL", 1, INTERVAL_MOST),
        count=_number(parts, "COUNT", 0, COUNT_MOST),
        until=_until(parts.get("UNTIL", "")),
        months=_numbers(parts, "BYMONTH", 1, 12),
        month_days=_numbers(parts, "BYMONTHDAY", -31, 31),
        weekdays=_weekdays(parts.get("BYDAY", "")),
    )


def _number(parts: dict[str, str], name: str, default: int, most: int) -> int:
    value = parts.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and 0 < int(value) <= most):
        raise InvalidRepeatError(f"{name} is a whole number from 1 to {most}, not “{value[:20]}”.")
    return int(value)


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> tuple[int, ...]:
    found = []
    for value in filter(None, parts.get(name, "").split(",")):
        if not re.fullmatch(r"[+-]?\d{1,2}", value) or not least <= int(value) <= most or not int(value):
            raise InvalidRepeatError(f"{name} cannot be “{value[:20]}”.")
        found.append(int(value))
    return tuple(found)


def _until(value: str) -> date | None:
    if not value:
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    except ValueError as error:
        raise InvalidRepeatError(f"UNTIL is a day such as 20301231, not “{value[:20]}”.") from error


def _weekdays(value: str) -> tuple[tuple[int, int], ...]:
    found = []
    for one in filter(None, value.split(",")):
        match = _BYDAY.fullmatch(one)
        if match is None or abs(int(match[1] or 0)) > 53 or match[1] in ("0", "+0", "-0", "00"):
            raise InvalidRepeatError(f"BYDAY cannot be “{one[:20]}”; the fourth Thursday is 4TH.")
        found.append((int(match[1] or 0), WEEKDAYS.index(match[2])))
    return tuple(found)
