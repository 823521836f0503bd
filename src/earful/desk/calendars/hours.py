"""Business time: what lies between two instants, and when a length of it has passed. Pure, and quick.

A calendar is open at an instant when the wall clock of its zone shows a time that is open on that date. So a
span over the hour that autumn repeats is an hour longer, and one over the hour that spring leaves out an hour
shorter. A holiday closes wall time of its date, also the part of a span that began the evening before; a day
with its own hours opens whatever week and holidays say.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from earful.desk.calendars.rules import (
    DAYS,
    FIRST_YEAR,
    LAST_YEAR,
    MINUTES,
    Calendar,
    NeverOpenError,
    closed_by,
    read_day,
    read_hours,
)
from earful.model.time import DAY, HOUR, MINUTE, Instant, moment

REACH = 5
"""Years ahead in which a promise must become due."""
_STEP = 6 * HOUR
"""How finely a year is searched for changes of its zone's offset; no zone changes twice within it."""

Span = tuple[int, int]
"""Instants: from, until (not included)."""


class Year(Struct, frozen=True):
    """The open spans of one UTC year, in order, apart from each other."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    """Milliseconds open in this year before each span."""
    total: int


def open_spans(calendar: Calendar, start: int, end: int) -> list[Span]:
    """When it is open between two instants, joined across midnights and New Year."""
    found: list[Span] = []
    if end <= start:
        return found
    for number in range(_year(start), _year(end) + 1):
        year = _open_in(calendar, number)
        for begins, ends in zip(year.starts, year.ends, strict=True):
            first, last = max(begins, start), min(ends, end)
            if first >= last:
                continue
            if found and found[-1][1] == first:
                found[-1] = found[-1][0], last
            else:
                found.append((first, last))
    return found


def business_time_between(calendar: Calendar, start: int, end: int) -> int:
    """Milliseconds open between two instants; 0 when `end` is not later."""
    if end <= start:
        return 0
    first, last = _year(start), _year(end)
    whole = sum(_open_in(calendar, number).total for number in range(first, last))
    return whole + _passed(_open_in(calendar, last), end) - _passed(_open_in(calendar, first), start)


def add_business_time(calendar: Calendar, start: int, length: int) -> Instant:
    """The instant at which `length` milliseconds of open time have passed since `start`.

    With nothing to pass it is `start` itself. Raises NeverOpenError when that takes more than five years.
    """
    if length <= 0:
        return Instant(start)
    number = _year(start)
    year = _open_in(calendar, number)
    wanted = _passed(year, start) + length
    for _ in range(REACH + 1):
        if wanted <= year.total:
            # The last span that has less than all of it before itself: its end counts to it, not to the next.
            at = bisect_right(year.before, wanted - 1) - 1
            return Instant(year.starts[at] + wanted - year.before[at])
        wanted -= year.total
        number += 1
        year = _open_in(calendar, number)
    raise NeverOpenError(
        f"The calendar {calendar.name} does not open for {length / HOUR:.1f} hours within {REACH} years, so a promise "
        "by it would never be due. Give it hours, or choose another calendar."
    )


def is_open(calendar: Calendar, at: int) -> bool:
    """Whether it is open at an instant."""
    year = _open_in(calendar, _year(at))
    place = bisect_right(year.starts, at) - 1
    return place >= 0 and at < year.ends[place]


def next_opening(calendar: Calendar, at: int) -> int | None:
    """When it opens next, at an instant at which it is closed; None when it never does."""
    try:
        return add_business_time(calendar, at, 1) - 1
    except NeverOpenError:
        return None


def _year(at: int) -> int:
    year = moment(at).year
    if not FIRST_YEAR <= year <= LAST_YEAR + REACH + 1:
        raise NeverOpenError(f"The year {year} is out of every calendar's reach.")
    return year


def _passed(year: Year, at: int) -> int:
    """Milliseconds open in a year before an instant of it."""
    place = bisect_right(year.starts, at) - 1
    if place < 0:
        return 0
    return year.before[place] + min(at, year.ends[place]) - year.starts[place]


@lru_cache(maxsize=256)
def _open_in(calendar: Calendar, number: int) -> Year:
    bounds = _utc(number), _utc(number + 1)
    spans = _joined(
        [
            (max(first - offset, begin), min(last - offset, end))
            for begin, end, offset in _offsets(calendar.zone, number)
            for first, last in _wall_spans(calendar, number)
            if first - offset < end and last - offset > begin
        ]
    )
    spans = [(max(first, bounds[0]), min(last, bounds[1])) for first, last in spans]
    spans = [span for span in spans if span[0] < span[1]]
    before, passed = [], 0
    for first, last in spans:
        before.append(passed)
        passed += last - first
    return Year(
        starts=tuple(first for first, _ in spans),
        ends=tuple(last for _, last in spans),
        before=tuple(before),
        total=passed,
    )


def _utc(year: int) -> int:
    return round(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000


@lru_cache(maxsize=256)
def _offsets(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """(from, until, wall minus UTC), all milliseconds, over a year with two days on each side."""
    here = ZoneInfo(zone)
    begin, end = _utc(year) - 2 * DAY, _utc(year + 1) + 2 * DAY
    found, since = [], begin
    offset = _offset(here, begin)
    for at in range(begin + _STEP, end + _STEP, _STEP):
        if (then := _offset(here, at)) != offset:
            changed = _change(here, at - _STEP, at)
            found.append((since, changed, offset))
            since, offset = changed, then
    return (*found, (since, end + _STEP, offset))


def _offset(zone: ZoneInfo, at: int) -> int:
    shift = moment(at).astimezone(zone).utcoffset()
    return round(shift.total_seconds()) * 1_000 if shift is not None else 0


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first instant after `low` with the offset of `high`, to the second."""
    after = _offset(zone, high)
    while high - low > 1_000:
        middle = (low + high) // 2_000 * 1_000
        if _offset(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


def _wall_spans(calendar: Calendar, year: int) -> list[Span]:
    """Open spans of wall time, in milliseconds since 1970-01-01T00:00 on the wall, over a year and its edges."""
    first, last = date(year, 1, 1) - timedelta(days=4), date(year, 12, 31) + timedelta(days=4)
    own: dict[date, list[Span]] = {}
    for opening in calendar.openings:
        own.setdefault(read_day(opening.day), []).extend(read_hours(opening.hours))
    week = [read_hours(getattr(calendar.week, day)) for day in DAYS]
    if not any(week) and not own:
        return []
    weekly: list[Span] = []
    extra: list[Span] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        spans, into = (own[day], extra) if day in own else (week[day.weekday()], weekly)
        into += [_on_wall(day, span) for span in spans]
    closed = _joined([_on_wall(day, span) for day, span, _ in closed_by(calendar, first, last)])
    return _joined(_without(_joined(weekly), closed) + extra)


def _on_wall(day: date, span: tuple[int, int]) -> Span:
    midnight = (day.toordinal() - _EPOCH) * MINUTES
    return (midnight + span[0]) * MINUTE, (midnight + span[1]) * MINUTE


_EPOCH = date(1970, 1, 1).toordinal()


def _joined(spans: list[Span]) -> list[Span]:
    """The same time as spans in order that neither overlap nor touch."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        elif first < last:
            found.append((first, last))
    return found


def _without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """`spans` without `holes`; both are in order and apart."""
    found: list[Span] = []
    at = 0
    for first, last in spans:
        while at < len(holes) and holes[at][1] <= first:
            at += 1
        here, begin = at, first
        while here < len(holes) and holes[here][0] < last:
            if holes[here][0] > begin:
                found.append((begin, holes[here][0]))
            begin = max(begin, holes[here][1])
            here += 1
        if begin < last:
            found.append((begin, last))
    return found
