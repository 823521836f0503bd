"""Holidays from iCalendar files (RFC 5545): whole days, parts of days, yearly repetition. Pure.

A file is read whole or refused whole, with the lines that cannot be read. Components other than events are
passed over, as are events that are cancelled, and those with hours that are marked as free.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from earful.desk.calendars.rules import DAYS_MOST, HOLIDAYS_MOST, MINUTES, NAME_MOST, Holiday
from earful.desk.calendars.yearly import InvalidRepeatError, read_repeat

FILE_MOST = 2_000_000
"""Bytes of a file that is read."""
FAULTS_MOST = 20
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[^:\"]*(?:\"[^\"]*\"[^:\";]*)*)*):(?P<value>.*)", re.DOTALL
)
_DURATION = re.compile(r"\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_ESCAPED = re.compile(r"\\([nN\\,;])")


class Fault(Struct, frozen=True):
    """One line that cannot be read."""

    line: int
    what: str


class UnreadableCalendarError(ValueError):
    """The file cannot be read; `faults` says which lines and why."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        words = [f"line {fault.line}: {fault.what}" for fault in faults[:FAULTS_MOST]]
        if len(faults) > FAULTS_MOST:
            words.append(f"and {len(faults) - FAULTS_MOST} more")
        super().__init__("; ".join(words))


class _Property(Struct):
    line: int
    name: str
    params: dict[str, str]
    value: str


class _Wrong(ValueError):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.fault = Fault(line, what)


def read_holidays(data: bytes, zone: str) -> tuple[Holiday, ...]:
    """The holidays of a file; times with a zone of their own are turned into `zone`.

    Raises UnreadableCalendarError.
    """
    if len(data) > FILE_MOST:
        raise UnreadableCalendarError([Fault(1, f"the file is larger than {FILE_MOST // 1_000_000} MB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableCalendarError([Fault(line, "this is not text in UTF-8")]) from error
    faults: list[Fault] = []
    found: list[Holiday] = []
    for event in _events(text, faults):
        try:
            found += _holidays(event, ZoneInfo(zone))
        except _Wrong as wrong:
            faults.append(wrong.fault)
    if not faults and not found:
        faults.append(Fault(1, "there is no event in it; export the holidays as iCalendar (.ics)"))
    if len(found) > HOLIDAYS_MOST:
        faults.append(Fault(1, f"{len(found)} holidays are too many; {HOLIDAYS_MOST} are read"))
    if faults:
        raise UnreadableCalendarError(sorted(faults, key=lambda fault: fault.line))
    return tuple(dict.fromkeys(sorted(found, key=lambda one: (one.day, one.name))))


def _events(text: str, faults: list[Fault]) -> Iterator[dict[str, list[_Property]]]:
    """The properties of each event by name; what is nested in one, such as an alarm, is passed over."""
    inside: list[tuple[str, int]] = []
    event: dict[str, list[_Property]] = {}
    for one in _properties(text, faults):
        kind = one.value.strip().upper()
        if one.name == "BEGIN":
            if not inside and kind != "VCALENDAR":
                faults.append(Fault(one.line, "an iCalendar file begins with BEGIN:VCALENDAR"))
                return
            inside.append((kind, one.line))
            if kind == "VEVENT":
                event = {"BEGIN": [one]}
        elif one.name == "END":
            if not inside or inside[-1][0] != kind:
                faults.append(Fault(one.line, f"END:{kind[:20]} without its BEGIN"))
                return
            inside.pop()
            if kind == "VEVENT":
                yield event
        elif not inside:
            faults.append(Fault(one.line, "an iCalendar file begins with BEGIN:VCALENDAR"))
            return
        elif inside[-1][0] == "VEVENT":
            event.setdefault(one.name, []).append(one)
    for kind, line in inside[:1]:
        faults.append(Fault(line, f"BEGIN:{kind} has no end; the file is cut off"))


def _properties(text: str, faults: list[Fault]) -> Iterator[_Property]:
    """Content lines, unfolded: what begins with a blank goes on with the line above (section 3.1)."""
    number, whole = 0, ""
    for at, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
            continue
        if whole.strip():
            found = _LINE.fullmatch(whole)
            if found is None:
                faults.append(Fault(number, "this is not a line of iCalendar, NAME:VALUE"))
            else:
                params = dict(_param(part) for part in found["params"].split(";") if "=" in part)
                yield _Property(number, found["name"].upper(), params, found["value"])
        number, whole = at, line


def _param(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().upper(), value


def _holidays(event: dict[str, list[_Property]], zone: ZoneInfo) -> list[Holiday]:
    line = event["BEGIN"][0].line
    # Calendars of public holidays mark them as free time; with hours it is somebody's note.
    free = _value(event, "TRANSP").upper() == "TRANSPARENT" and not _whole_days(event)
    if free or _value(event, "STATUS").upper() == "CANCELLED":
        return []
    for unread in ("RDATE", "EXRULE", "RECURRENCE-ID"):
        if unread in event:
            raise _Wrong(
                event[unread][0].line, f"{unread} is not understood; write such days as events of their own"
            )
    if "DTSTART" not in event:
        raise _Wrong(line, "the event has no DTSTART")
    first, whole = _when(event["DTSTART"][0], zone)
    last = _end(event, first, whole, zone)
    if last <= first:
        raise _Wrong(event["DTSTART"][0].line, "the event ends before it begins")
    if last - first > timedelta(days=DAYS_MOST):
        raise _Wrong(event["DTSTART"][0].line, f"the event is longer than {DAYS_MOST} days")
    words = _ESCAPED.sub(lambda found: {"n": " ", "N": " "}.get(found[1], found[1]), _value(event, "SUMMARY"))
    name = " ".join(words.split())[:NAME_MOST] or "Holiday"
    return _as_one(event, _cut(name, first, last, _repeat(event)))


def _whole_days(event: dict[str, list[_Property]]) -> bool:
    return any("T" not in one.value for one in event.get("DTSTART", []))


def _value(event: dict[str, list[_Property]], name: str) -> str:
    return event[name][0].value.strip() if name in event else ""


def _when(one: _Property, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The wall time of the calendar's zone, without its zone, and whether it is a whole day."""
    value = one.value.strip()
    try:
        if "T" not in value:
            return datetime.combine(datetime.strptime(value, "%Y%m%d").date(), time()), True  # noqa: DTZ007
        at = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  its zone comes below
    except ValueError as error:
        words = f"{one.name} is 20261224 or 20261224T120000, not “{value[:24]}”"
        raise _Wrong(one.line, words) from error
    if value.endswith("Z"):
        return at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None), False
    if "TZID" in one.params:
        named = one.params["TZID"].strip('"')
        try:
            there = ZoneInfo(named)
        except (KeyError, ValueError, OSError) as error:
            words = f"“{named[:40]}” is not an IANA time zone; write times in UTC or in a zone such as Europe/Vienna"
            raise _Wrong(one.line, words) from error
        return at.replace(tzinfo=there).astimezone(zone).replace(tzinfo=None), False
    return at, False


def _end(event: dict[str, list[_Property]], first: datetime, whole: bool, zone: ZoneInfo) -> datetime:
    if "DTEND" in event:
        return _when(event["DTEND"][0], zone)[0]
    if "DURATION" in event:
        one = event["DURATION"][0]
        found = _DURATION.fullmatch(one.value.strip().upper())
        if found is None or not any(found.groups()):
            raise _Wrong(one.line, f"DURATION is P1D or PT4H, not “{one.value[:20]}”")
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        if weeks > DAYS_MOST or days > DAYS_MOST or hours > DAYS_MOST * 24:
            raise _Wrong(one.line, f"the event is longer than {DAYS_MOST} days")
        return first + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if whole:
        return first + timedelta(days=1)
    raise _Wrong(event["DTSTART"][0].line, "the event has a time and neither DTEND nor DURATION")


def _repeat(event: dict[str, list[_Property]]) -> str:
    rules = event.get("RRULE", [])
    if not rules:
        return ""
    if len(rules) > 1:
        raise _Wrong(rules[1].line, "a second RRULE is not understood")
    text = rules[0].value.strip().upper()
    try:
        read_repeat(text)
    except InvalidRepeatError as error:
        raise _Wrong(rules[0].line, str(error)) from error
    return "yearly" if text == "FREQ=YEARLY" else text


def _cut(name: str, first: datetime, last: datetime, repeat: str) -> list[Holiday]:
    """Whole days in one piece; what begins or ends within a day as a piece of each day."""
    begins, ends = _minute(first), _minute(last)
    if not begins and not ends:
        return [Holiday(name=name, day=_day(first.date()), days=(last - first).days, repeat=repeat)]
    pieces = []
    day = first.date()
    while datetime.combine(day, time()) < last:
        start = begins if day == first.date() else 0
        end = ends if day == last.date() else MINUTES
        hours = "" if (start, end) == (0, MINUTES) else f"{_clock(start)}-{_clock(end)}"
        pieces.append(Holiday(name=name, day=_day(day), hours=hours, repeat=repeat))
        day += timedelta(days=1)
    return pieces


def _as_one(event: dict[str, list[_Property]], pieces: list[Holiday]) -> list[Holiday]:
    """The pieces, if one rule can be said of each; days that cannot be so said have to be written singly."""
    if len(pieces) > 1 and pieces[0].repeat not in ("", "yearly"):
        line = event["RRULE"][0].line
        raise _Wrong(
            line, "a repetition over several days with times is not understood; write the days singly"
        )
    if "EXDATE" in event and "RRULE" in event:
        raise _Wrong(event["EXDATE"][0].line, "EXDATE is not understood; write the days singly")
    return pieces


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


def _day(day: date) -> str:
    return day.isoformat()


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
