"""Business time beside a minute-by-minute reference that looks at the wall clock of each minute."""

import time
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earful.desk.calendars import ical
from earful.desk.calendars.hours import (
    add_business_time,
    business_time_between,
    is_open,
    next_opening,
    open_spans,
)
from earful.desk.calendars.rules import (
    DAYS,
    MINUTES,
    Calendar,
    Holiday,
    InvalidCalendarError,
    NeverOpenError,
    Opening,
    Week,
    check,
    occurrences,
    read_hours,
    write_hours,
)
from earful.model.time import DAY, HOUR, MINUTE, instant, moment

ZONES = (
    "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata", "America/Sao_Paulo",
)  # fmt: skip
# Days around changes of clocks, a leap day, New Year, and the day that Samoa never had.
EDGES = (
    date(2026, 3, 28), date(2026, 10, 24), date(2026, 3, 7), date(2026, 10, 31), date(2026, 4, 4), date(2026, 10, 3),
    date(2024, 2, 28), date(2026, 12, 30), date(2026, 2, 14), date(2026, 3, 21), date(2011, 12, 29),
)  # fmt: skip

minutes = st.integers(0, 95).map(lambda quarter: quarter * 15)
spans = st.lists(st.tuples(minutes, st.integers(1, 96)), max_size=3).map(
    lambda many: write_hours(tuple(sorted((first, first + length * 15) for first, length in many)))
)
weeks = st.builds(Week, **dict.fromkeys(DAYS, spans))


@st.composite
def calendars(draw: st.DrawFn, day: date) -> Calendar:
    near = st.integers(-2, 5).map(lambda n: (day + timedelta(days=n)).isoformat())
    closed = st.builds(
        lambda on, first, length, days, part, again: Holiday(
            name="closed", day=on, hours=write_hours(((first, min(first + length * 15, MINUTES)),)) if part else "",
            days=1 if part else days, repeat="yearly" if again else "",
        ),
        near, minutes, st.integers(1, 40), st.integers(1, 3), st.booleans(), st.booleans(),
    )  # fmt: skip
    opened = st.builds(lambda on, hours: Opening(name="open", day=on, hours=hours), near, spans.filter(bool))
    made = Calendar(
        id="c",
        name="C",
        zone=draw(st.sampled_from(ZONES)),
        week=draw(weeks),
        holidays=tuple(draw(st.lists(closed, max_size=3))),
        openings=tuple(draw(st.lists(opened, max_size=2))),
    )
    return check(made)


def opens(calendar: Calendar, at: int) -> bool:
    """By the definition: what does the clock on the wall say?"""
    wall = moment(at).astimezone(ZoneInfo(calendar.zone))
    today, minute = wall.date(), wall.hour * 60 + wall.minute
    found = False
    for back in (1, 0):
        day = today - timedelta(days=back)
        own = [one for one in calendar.openings if one.day == day.isoformat()]
        hours = [one.hours for one in own] or [getattr(calendar.week, DAYS[day.weekday()])]
        if not own and _closed(calendar, today, minute):
            continue
        found |= any(
            first <= minute + back * MINUTES < last for text in hours for first, last in read_hours(text)
        )
    return found


@cache
def _holiday_days(holiday: Holiday, year: int) -> set[date]:
    begins = [date.fromisoformat(holiday.day)]
    if holiday.repeat:
        begins = [
            begins[0].replace(year=one) for one in range(begins[0].year, year + 2) if _exists(begins[0], one)
        ]
    return {first + timedelta(days=n) for first in begins for n in range(holiday.days)}


def _exists(day: date, year: int) -> bool:
    return (day.month, day.day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _closed(calendar: Calendar, day: date, minute: int) -> bool:
    return any(
        day in _holiday_days(one, day.year)
        and (not one.hours or any(first <= minute < last for first, last in read_hours(one.hours)))
        for one in calendar.holidays
    )


moments = st.sampled_from(EDGES).flatmap(
    lambda day: st.tuples(calendars(day), st.just(day), st.integers(0, 36 * 60), st.integers(0, 3 * 24 * 60))
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(moments, st.integers(1, 16 * 60))
def test_it_agrees_with_the_clock_on_the_wall(case: tuple[Calendar, date, int, int], wanted: int) -> None:
    calendar, day, offset, length = case
    start = instant(datetime(day.year, day.month, day.day)) + offset * MINUTE  # noqa: DTZ001  UTC by `instant`
    end = start + length * MINUTE
    reference = [opens(calendar, at) for at in range(start, end, MINUTE)]
    assert business_time_between(calendar, start, end) == sum(reference) * MINUTE
    spans_found = open_spans(calendar, start, end)
    assert sum(last - first for first, last in spans_found) == sum(reference) * MINUTE
    assert all(one[1] < other[0] for one, other in pairwise(spans_found))
    if sum(reference) >= wanted:
        passed = [n for n, is_so in enumerate(reference, 1) if is_so]
        assert add_business_time(calendar, start, wanted * MINUTE) == start + passed[wanted - 1] * MINUTE
    if length:
        assert is_open(calendar, start) == reference[0]


@settings(max_examples=100, deadline=None)
@given(moments, st.integers(0, 400 * 60_000 * 60))
def test_adding_and_measuring_are_inverse(case: tuple[Calendar, date, int, int], length: int) -> None:
    calendar, day, offset, _ = case
    start = instant(datetime(day.year, day.month, day.day)) + offset * MINUTE  # noqa: DTZ001
    try:
        due = add_business_time(calendar, start, length)
    except NeverOpenError:
        assert not any(getattr(calendar.week, name) for name in DAYS) or calendar.week == Week()
        return
    assert business_time_between(calendar, start, due) == length
    assert length == 0 or business_time_between(calendar, start, due - 1) == length - 1


OFFICE = check(
    Calendar(id="o", name="Office", zone="Europe/Vienna", week=Week(**dict.fromkeys(DAYS[:5], "9-17")))
)


def test_a_calendar_that_never_opens_promises_nothing() -> None:
    closed = Calendar(id="x", name="Never", zone="UTC")
    with pytest.raises(NeverOpenError, match="never be due"):
        add_business_time(closed, instant(moment(0)), HOUR)
    assert next_opening(closed, 0) is None
    assert business_time_between(closed, 0, 40 * 365 * DAY) == 0


def test_many_years_are_measured_and_nothing_is_before_itself() -> None:
    start = instant(datetime(2020, 1, 1))  # noqa: DTZ001
    assert business_time_between(OFFICE, start, start) == business_time_between(OFFICE, start, start - 1) == 0
    days = business_time_between(OFFICE, start, instant(datetime(2030, 1, 1))) / (8 * HOUR)  # noqa: DTZ001
    assert days == 2609  # working days of ten years


def test_eight_hours_are_added_within_twenty_microseconds() -> None:
    holidays = tuple(Holiday(name=f"h{n}", day=f"2026-{n % 12 + 1:02}-{n % 27 + 1:02}") for n in range(200))
    calendar = check(Calendar(id="b", name="Big", zone="Europe/Vienna", week=OFFICE.week, holidays=holidays))
    start = instant(datetime(2026, 5, 1))  # noqa: DTZ001
    add_business_time(calendar, start, 8 * HOUR)
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        for n in range(1_000):
            add_business_time(calendar, start + n * MINUTE, 8 * HOUR)
        best = min(best, (time.perf_counter() - began) / 1_000)
    assert best < 20e-6


@given(spans)
def test_hours_are_written_as_they_are_read(text: str) -> None:
    assert write_hours(read_hours(text)) == text


@pytest.mark.parametrize("text", ["9 to 5", "25:00-26:00", "09:70-10:00", "09:00", "24:00-25:00"])
def test_hours_that_no_clock_shows_are_refused(text: str) -> None:
    with pytest.raises(InvalidCalendarError):
        read_hours(text)


def test_thanksgiving_and_a_leap_day_fall_where_they_do() -> None:
    fourth = Holiday(name="Thanksgiving", day="2025-11-27", repeat="FREQ=YEARLY;BYMONTH=11;BYDAY=4TH")
    last = Holiday(name="Memorial Day", day="2025-05-26", repeat="FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=3")
    leap = Holiday(name="Leap", day="2024-02-29", repeat="yearly")

    def days(one: Holiday) -> list[str]:
        return [str(day) for day in occurrences(one, date(2025, 1, 1), date(2028, 12, 31))]

    assert days(fourth) == ["2025-11-27", "2026-11-26", "2027-11-25", "2028-11-23"]
    assert days(last) == ["2025-05-26", "2026-05-25", "2027-05-31"]
    assert days(leap) == ["2028-02-29"]


ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:New Ye
 ar's Day
DTSTART;VALUE=DATE:20270101
RRULE:FREQ=YEARLY
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
SUMMARY:Half a day\\, then home
DTSTART;TZID=America/New_York:20261224T060000
DURATION:PT6H
BEGIN:VALARM
TRIGGER:-PT1H
END:VALARM
END:VEVENT
BEGIN:VEVENT
SUMMARY:Moving
DTSTART:20270310T220000Z
DTEND:20270312T080000Z
END:VEVENT
BEGIN:VEVENT
SUMMARY:Called off
STATUS:CANCELLED
DTSTART:20270310T220000Z
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_holidays_are_read_from_a_file(ends: str) -> None:
    found = ical.read_holidays(ICS.replace("\n", ends).encode(), "Europe/Vienna")
    assert found == (
        Holiday(name="Half a day, then home", day="2026-12-24", hours="12:00-18:00"),
        Holiday(name="New Year's Day", day="2027-01-01", repeat="yearly"),
        Holiday(name="Moving", day="2027-03-10", hours="23:00-24:00"),
        Holiday(name="Moving", day="2027-03-11"),
        Holiday(name="Moving", day="2027-03-12", hours="00:00-09:00"),
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("20270101", "1 January", "line 5: DTSTART"),
        ("FREQ=YEARLY", "FREQ=WEEKLY", "line 6: it repeats weekly"),
        ("America/New_York", "Custom Zone 1", "line 11: “Custom Zone 1”"),
        ("END:VCALENDAR\n", "", "line 1: BEGIN:VCALENDAR has no end"),
        ("BEGIN:VCALENDAR\n", "", "line 1: an iCalendar file begins"),
        ("DTEND:20270312T080000Z\n", "", "line 19: the event has a time and neither"),
        ("SUMMARY:Moving", "SUMMARY Moving", "line 18: this is not a line"),
        ("DURATION:PT6H", "DURATION:six hours", "line 12: DURATION"),
    ],
)
def test_a_file_that_cannot_be_read_names_its_lines(before: str, after: str, words: str) -> None:
    with pytest.raises(ical.UnreadableCalendarError) as refused:
        ical.read_holidays(ICS.replace(before, after).encode(), "Europe/Vienna")
    assert words in str(refused.value)


@settings(max_examples=50)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    for sent in (data, b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + data + b"\nEND:VEVENT\nEND:VCALENDAR\n"):
        try:
            ical.read_holidays(sent, "UTC")
        except ical.UnreadableCalendarError as refused:
            said = str(refused)
            assert said.startswith("line ")
