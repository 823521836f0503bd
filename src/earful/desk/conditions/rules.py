"""Conditions as predicates, compiled once into closures. Pure.

A test on a missing value is false, whatever it asks; only `is_not` and `not_in`, which deny a test, and `is_set` with
`false` are then true. `not` is plain negation: there is no third truth value. `sql.py` agrees with all of it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from earful.desk.conditions.facts import Facts
from earful.desk.conditions.fields import FIELDS, ME, Kind, Op
from earful.desk.conditions.reading import end_of, milliseconds, moment_of, read, zone_of
from earful.model.conditions import ALWAYS, NEVER, All, AnyOf, Check, Condition, Not
from earful.model.folding import fold
from earful.model.time import HOUR, moment

Predicate = Callable[[Facts, int], bool]
Horizon = Callable[[Facts, int], tuple[bool, float]]
"""Whether it holds, and until which instant (exclusive) that cannot change by time alone."""

FOR_EVER = float("inf")
NOBODY = ""
"""Whoever looks has nothing."""
OWNER = "\0owner"
"""Whoever looks is the one who has the case."""

_POSITIVE = {Op.IS_NOT: Op.IS, Op.NOT_IN: Op.IN}
EMPTY_IS_MISSING = frozenset({Kind.TEXT, Kind.WORD, Kind.CHOICE, Kind.SET})
_CLOCKS = frozenset({Kind.HOUR, Kind.WEEKDAY})


def predicate(condition: Condition, me: str = NOBODY) -> Predicate:
    """Compile to a function of facts and now (milliseconds). `me`: the id of whoever looks, or OWNER."""
    match condition:
        case Check():
            return _check(condition, me)
        case Not(not_):
            inner = predicate(not_, me)
            return lambda facts, now: not inner(facts, now)
        case All(all=parts):
            return _joined([predicate(one, me) for one in parts], until=False)
        case AnyOf(any=parts):
            return _joined([predicate(one, me) for one in parts], until=True)


@lru_cache(maxsize=1024)
def compiled(condition: Condition) -> Predicate:
    """The predicate of a condition that nobody looks through, made once for each condition."""
    return predicate(condition)


@lru_cache(maxsize=1024)
def _read(text: str) -> Condition:
    return read(msgspec.json.decode(text), me=False)


def kept(data: Mapping[str, Any]) -> Condition:
    """The condition that something keeps as data, read once; nobody looks, so an assignee cannot be `me`.

    Raises InvalidConditionError.
    """
    return _read(msgspec.json.encode(data).decode())


def _joined(parts: list[Predicate], *, until: bool) -> Predicate:
    """Ask one after the other until one says `until`, which then is the answer."""
    if len(parts) == 1:
        return parts[0]
    asked = tuple(parts)

    def joined(facts: Facts, now: int) -> bool:
        for one in asked:
            if one(facts, now) is until:
                return until
        return not until

    return joined


def _check(check: Check, me: str) -> Predicate:
    field, op = FIELDS[check.field], Op(check.op)
    denied = _POSITIVE.get(op)
    if denied is not None:
        inner = _check(Check(field=check.field, op=denied, value=check.value, zone=check.zone), me)
        return lambda facts, now: not inner(facts, now)
    if field.kind in _CLOCKS:
        return _clock(check)
    get = attrgetter(field.fact)
    if field.ends:
        return _ending(get, op, check.value)
    if op is Op.IS_SET:
        wanted = check.value
        if field.kind in EMPTY_IS_MISSING:
            return lambda facts, _now: bool(get(facts)) is wanted
        return lambda facts, _now: (get(facts) is not None) is wanted
    return _MAKERS[field.kind](get, op, check.value, me)


Get = Callable[[Facts], Any]


def _text(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    if op is Op.CONTAINS:
        needle = fold(value)
        return lambda facts, _now: (text := get(facts)) is not None and needle in fold(text)
    wanted = frozenset(map(fold, value)) if op is Op.IN else frozenset({fold(value)})
    return lambda facts, _now: (text := get(facts)) is not None and fold(text) in wanted


def _word(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    if op is Op.IN:
        wanted = frozenset(value)
        return lambda facts, _now: get(facts) in wanted
    return lambda facts, _now: get(facts) == value


def _user(get: Get, op: Op, value: Any, me: str) -> Predicate:
    given = value if op is Op.IN else (value,)
    wanted = frozenset({me if one == ME else one for one in given} - {NOBODY})
    if OWNER in wanted:
        return lambda facts, _now: get(facts) is not None
    return lambda facts, _now: get(facts) in wanted


def _number(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    match op:
        case Op.AT_LEAST:
            return lambda facts, _now: (number := get(facts)) is not None and number >= value
        case Op.AT_MOST:
            return lambda facts, _now: (number := get(facts)) is not None and number <= value
        case Op.BETWEEN:
            low, high = value
            return lambda facts, _now: (number := get(facts)) is not None and low <= number <= high
        case _:
            return _word(get, op, value, _me)


def _set(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    if op is Op.HAS:
        return lambda facts, _now: value in get(facts)
    wanted = frozenset(value)
    return lambda facts, _now: not wanted.isdisjoint(get(facts))


def _ending(get: Get, op: Op, value: Any) -> Predicate:
    """A set whose words count until a moment each."""
    if op is Op.IS_SET:
        return lambda facts, now: any(end > now for end in get(facts).values()) is value
    wanted = (value,) if op is Op.HAS else tuple(value)
    return lambda facts, now: any(get(facts).get(one, now) > now for one in wanted)


def _instant(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    match op:
        case Op.OLDER_THAN:
            ago = milliseconds(value)
            return lambda facts, now: (at := get(facts)) is not None and at <= now - ago
        case Op.NEWER_THAN:
            ago = milliseconds(value)
            return lambda facts, now: (at := get(facts)) is not None and at > now - ago
        case Op.BEFORE:
            end = moment_of(value)
            return lambda facts, _now: (at := get(facts)) is not None and at < end
        case Op.AFTER:
            start = moment_of(value)
            return lambda facts, _now: (at := get(facts)) is not None and at >= start
        case _:
            first, last = moment_of(value[0]), end_of(value[1])
            return lambda facts, _now: (at := get(facts)) is not None and first <= at < last


def _duration(get: Get, op: Op, value: Any, _me: str) -> Predicate:
    low, high = span_of(op, value)
    return lambda facts, now: (at := get(facts)) is not None and low <= now - at <= high


def span_of(op: Op, value: Any) -> tuple[int, float]:
    """The least and the greatest length, in milliseconds, that a test of a duration lets through."""
    if op is Op.BETWEEN:
        return milliseconds(value[0]), milliseconds(value[1])
    length = milliseconds(value)
    return (length, FOR_EVER) if op is Op.AT_LEAST else (-(2**62), length)


_MAKERS: dict[Kind, Callable[[Get, Op, Any, str], Predicate]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _word,
    Kind.WORD: _word,
    Kind.FLAG: _word,
    Kind.USER: _user,
    Kind.NUMBER: _number,
    Kind.SHARE: _number,
    Kind.SET: _set,
    Kind.INSTANT: _instant,
    Kind.DURATION: _duration,
}


def _clock(check: Check) -> Predicate:
    zone, op, value = zone_of(check.zone), Op(check.op), check.value
    if FIELDS[check.field].kind is Kind.WEEKDAY:
        names = FIELDS[check.field].choices
        given = value if isinstance(value, tuple) else (value,)
        wanted = frozenset(names.index(str(one)) for one in given)
        return lambda _facts, now: moment(now).astimezone(zone).weekday() in wanted
    asked = _number(lambda hour: hour, op, value, NOBODY)
    return lambda _facts, now: asked(moment(now).astimezone(zone).hour, now)  # type: ignore[arg-type]


def horizon(condition: Condition, me: str = NOBODY) -> Horizon:
    """Compile to a function that also says until when its answer stands if nothing but time happens."""
    match condition:
        case Check():
            asked, flips = _check(condition, me), _flips(condition)
            if flips is None:
                return lambda facts, now: (asked(facts, now), FOR_EVER)
            return lambda facts, now: (asked(facts, now), flips(facts, now))
        case Not(not_):
            inner = horizon(not_, me)

            def denied(facts: Facts, now: int) -> tuple[bool, float]:
                holds, until = inner(facts, now)
                return not holds, until

            return denied
        case All(all=parts):
            return _bounded([horizon(one, me) for one in parts], until=False)
        case AnyOf(any=parts):
            return _bounded([horizon(one, me) for one in parts], until=True)


def _bounded(parts: list[Horizon], *, until: bool) -> Horizon:
    """What decides stands as long as the longest of those that decide; else as long as the shortest of all."""

    def bounded(facts: Facts, now: int) -> tuple[bool, float]:
        found = [one(facts, now) for one in parts]
        deciding = [end for holds, end in found if holds is until]
        if deciding:
            return until, max(deciding)
        return not until, min((end for _, end in found), default=FOR_EVER)

    return bounded


def _flips(check: Check) -> Callable[[Facts, int], float] | None:
    """When the test's answer changes next by time alone; None for one that time cannot change."""
    field, op = FIELDS[check.field], Op(check.op)
    if field.kind in _CLOCKS:
        zone = zone_of(check.zone)
        return lambda _facts, now: _next_hour(now, zone)
    if field.ends:
        ends = attrgetter(field.fact)
        return lambda facts, now: min((one for one in ends(facts).values() if one > now), default=FOR_EVER)
    lengths: tuple[int, ...] = ()
    if op in (Op.OLDER_THAN, Op.NEWER_THAN):
        lengths = (milliseconds(str(check.value)),)
    elif field.kind is Kind.DURATION:
        low, high = span_of(op, check.value)
        # At most so long: the answer changes one millisecond after the length.
        lengths = tuple(int(one) for one in (low, high + 1) if 0 <= one < FOR_EVER)
    if not lengths:
        return None
    get = attrgetter(field.fact)

    def flips(facts: Facts, now: int) -> float:
        at = get(facts)
        return (
            FOR_EVER if at is None else min((at + one for one in lengths if at + one > now), default=FOR_EVER)
        )

    return flips


def _next_hour(now: int, zone: Any) -> float:
    """The start of the next hour on the clocks of a zone; some zones are half an hour off."""
    ahead = moment(now).astimezone(zone).utcoffset() or timedelta()
    offset = int(ahead.total_seconds() * 1000)
    return float(((now + offset) // HOUR + 1) * HOUR - offset)


def checks(condition: Condition) -> Iterable[Check]:
    """Every test in it, from left to right."""
    match condition:
        case Check():
            yield condition
        case Not(not_):
            yield from checks(not_)
        case All(all=parts) | AnyOf(any=parts):
            for one in parts:
                yield from checks(one)


def verdict(condition: Condition, certain: Callable[[Check], bool | None]) -> bool | None:
    """What a condition says where only some tests are known: `certain` answers one, None for "it depends"."""
    match condition:
        case Check():
            return certain(condition)
        case Not(not_=inner):
            found = verdict(inner, certain)
            return None if found is None else not found
        case All(all=parts):
            answers = [verdict(one, certain) for one in parts]
            return False if False in answers else (None if None in answers else True)
        case AnyOf(any=parts):
            answers = [verdict(one, certain) for one in parts]
            return True if True in answers else (None if None in answers else False)


def timed(condition: Condition) -> bool:
    """Whether time alone can change its answer."""
    return any(_flips(one) is not None for one in checks(condition))


def by_clock(condition: Condition) -> Check | None:
    """A test of the hour or the weekday, which changes for all cases at once; None when there is none."""
    return next((one for one in checks(condition) if FIELDS[one.field].kind in _CLOCKS), None)


def asks_me(condition: Condition) -> bool:
    """Whether the answer depends on who looks."""
    return any(
        FIELDS[one.field].kind is Kind.USER
        and (one.value == ME or (isinstance(one.value, tuple) and ME in one.value))
        for one in checks(condition)
    )


def groups(conditions: Iterable[Condition]) -> frozenset[str]:
    """The groups of fields that these test: what of the facts must be loaded."""
    return frozenset(FIELDS[one.field].group for condition in conditions for one in checks(condition))


def someday(condition: Condition, *, denied: bool = False) -> Condition:
    """A condition that neither time nor who looks makes truer: it holds of all that the given one ever holds of.

    With it, SQL finds the few cases whose answer must be worked out; `denied` is for its own use under a `not`.
    """
    match condition:
        case Check():
            return _someday(condition, denied=denied)
        case Not(not_):
            return Not(someday(not_, denied=not denied))
        case All(all=parts):
            return All(tuple(someday(one, denied=denied) for one in parts))
        case AnyOf(any=parts):
            return AnyOf(tuple(someday(one, denied=denied) for one in parts))


def _someday(check: Check, *, denied: bool) -> Condition:
    field, op = FIELDS[check.field], Op(check.op)
    if asks_me(check):
        if denied:
            return NEVER
        return ALWAYS if op in _POSITIVE else Check(field=check.field, op=Op.IS_SET.value, value=True)
    rising = op is Op.OLDER_THAN or (field.kind is Kind.DURATION and op is Op.AT_LEAST)
    falling = op is Op.NEWER_THAN or (field.kind is Kind.DURATION and op is Op.AT_MOST)
    if field.kind in _CLOCKS or (field.kind is Kind.DURATION and op is Op.BETWEEN):
        return NEVER if denied else ALWAYS
    if field.ends:
        # Words only end, so a test of one only ever turns false, and one that there is none only ever true.
        falling = op is not Op.IS_SET or check.value is True
        rising = not falling
    if rising:
        return check if denied else ALWAYS
    if falling:
        return NEVER if denied else check
    return check
