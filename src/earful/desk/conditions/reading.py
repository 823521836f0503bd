"""From data to a condition, and back: every mistake is named with its place. Pure."""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from earful.desk.conditions.fields import FIELDS, LISTED, ME, MOST, OPERATORS, Field, Kind, Op
from earful.model.conditions import All, AnyOf, Check, Condition, Not, Plain, Value
from earful.model.time import DAY, HOUR, MINUTE, SECOND, Instant, instant

DEPTH = 8
CHECKS = 100
BYTES = 20_000
LIST = 200
TEXT = 500
LONGEST = 100 * 365 * DAY
"""The longest duration, in milliseconds."""

_DURATION = re.compile(r"(\d{1,9})\s*(s|min|m|h|d|w)", re.ASCII)
_UNITS = {"s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_TIMED = frozenset({Kind.HOUR, Kind.WEEKDAY})
_encode = msgspec.json.Encoder().encode


class InvalidConditionError(ValueError):
    """A condition cannot be used. `place` names where: `all[1].not.value`, `condition` for the whole."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place or 'condition'}: {problem}")
        self.place = place or "condition"
        self.problem = problem


def read(data: object, *, me: bool = True) -> Condition:
    """A condition from JSON or TOML data. Without `me`, nobody looks, and an assignee cannot be `me`.

    Raises InvalidConditionError, which names the place.
    """
    reader = _Reader(me=me)
    condition = reader.node(data, "", 1)
    if len(dump(condition)) > BYTES:
        raise InvalidConditionError("", f"is longer than {BYTES:,} bytes")
    return condition


def loads(text: str | bytes) -> Condition:
    """A condition from JSON text. Raises InvalidConditionError."""
    if len(text) > 2 * BYTES:
        raise InvalidConditionError("", f"is longer than {BYTES:,} bytes")
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidConditionError("", f"is not JSON: {error}") from error
    return read(data)


def dump(condition: Condition) -> str:
    """The condition as JSON, in the shape that `read` takes."""
    return _encode(condition).decode()


def data_of(condition: Condition) -> Any:
    """The condition as plain data, in the shape that `read` takes."""
    return msgspec.json.decode(dump(condition))


class _Reader:
    def __init__(self, *, me: bool) -> None:
        self._me = me
        self._checks = 0

    def node(self, data: object, place: str, depth: int) -> Condition:
        if depth > DEPTH:
            raise InvalidConditionError(place, f"is nested deeper than {DEPTH} levels")
        if not isinstance(data, Mapping):
            raise InvalidConditionError(place, "expected a test or one of all, any, not; got " + _shown(data))
        joints = [name for name in ("all", "any", "not") if name in data]
        if joints and (len(joints) > 1 or len(data) > 1):
            others = ", ".join(str(name) for name in data if name != joints[0])
            raise InvalidConditionError(place, f"{joints[0]} stands alone; beside it there is {others}")
        if not joints:
            return self._check(data, place)
        name = joints[0]
        here = f"{place}.{name}" if place else name
        if name == "not":
            return Not(self.node(data["not"], here, depth + 1))
        inside = data[name]
        if isinstance(inside, str) or not isinstance(inside, Sequence):
            raise InvalidConditionError(here, f"expected a list of conditions, got {_shown(inside)}")
        if len(inside) > CHECKS:
            raise InvalidConditionError(here, f"has more than {CHECKS} parts")
        found = tuple(self.node(one, f"{here}[{at}]", depth + 1) for at, one in enumerate(inside))
        return All(found) if name == "all" else AnyOf(found)

    def _check(self, data: Mapping[Any, Any], place: str) -> Check:
        self._checks += 1
        if self._checks > CHECKS:
            raise InvalidConditionError(place, f"there are more than {CHECKS} tests")
        unknown = [name for name in data if name not in ("field", "op", "value", "zone")]
        if unknown:
            raise InvalidConditionError(
                place, f"{_shown(unknown[0])} is no part of a test; write field, op, value"
            )
        field = _field(data.get("field"), _at(place, "field"))
        op = _op(data.get("op"), field, _at(place, "op"))
        if "value" not in data and op is not Op.IS_SET:
            raise InvalidConditionError(_at(place, "value"), "is missing")
        value = self._value(field, op, data.get("value", True), _at(place, "value"))
        return Check(field=field.name, op=op.value, value=value, zone=_zone(data, field, _at(place, "zone")))

    def _value(self, field: Field, op: Op, value: object, place: str) -> Value:
        if op is Op.IS_SET:
            return _flag(field, value, place)
        if op in LISTED:
            given = _list(value, place)
            read = [self._one(field, op, one, f"{place}[{at}]") for at, one in enumerate(given)]
            return tuple(dict.fromkeys(read))
        if op is Op.BETWEEN:
            given = _list(value, place)
            if len(given) != 2:
                raise InvalidConditionError(place, f"expected two values, got {len(given)}")
            low, high = (self._one(field, op, one, f"{place}[{at}]") for at, one in enumerate(given))
            if _rank(field, low) > _rank(field, high):
                raise InvalidConditionError(
                    place, f"the first, {_shown(low)}, is above the second, {_shown(high)}"
                )
            return (low, high)
        return self._one(field, op, value, place)

    def _one(self, field: Field, op: Op, value: object, place: str) -> Plain:
        if field.kind is Kind.INSTANT and op in (Op.OLDER_THAN, Op.NEWER_THAN):
            return _duration(field, value, place)
        found = _READERS[field.kind](field, value, place)
        if field.kind is Kind.USER and found == ME and not self._me:
            raise InvalidConditionError(place, "nobody looks here, so there is no me; write a colleague's id")
        return found


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(value: object) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


def _field(name: object, place: str) -> Field:
    if name is None:
        raise InvalidConditionError(place, "is missing")
    found = FIELDS.get(name) if isinstance(name, str) else None
    if found is not None:
        return found
    near = difflib.get_close_matches(str(name)[:80], FIELDS, 3, 0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; the reference of conditions lists them"
    raise InvalidConditionError(place, f"there is no field {_shown(name)}{hint}")


def _op(name: object, field: Field, place: str) -> Op:
    can = OPERATORS[field.kind]
    if isinstance(name, str) and name in can:
        return Op(name)
    said = "is missing" if name is None else f"{_shown(name)} does not go with {field.name}"
    raise InvalidConditionError(place, f"{said}; choose one of {', '.join(can)}")


def _zone(data: Mapping[Any, Any], field: Field, place: str) -> str:
    name = data.get("zone", "")
    if name == "":
        return ""
    if field.kind not in _TIMED:
        raise InvalidConditionError(place, f"{field.name} has no time zone")
    if not isinstance(name, str) or zone_of(name) is None:
        raise InvalidConditionError(place, f"expected a time zone such as Europe/Berlin, got {_shown(name)}")
    return name


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of that name, UTC for the empty one; None when there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (LookupError, ValueError, OSError):
        return None


def _list(value: object, place: str) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidConditionError(place, f"expected a list, got {_shown(value)}")
    if len(value) > LIST:
        raise InvalidConditionError(place, f"has more than {LIST} values")
    return value


def _flag(_about: Field, value: object, place: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidConditionError(place, f"expected true or false, got {_shown(value)}")


def _number(field: Field, value: object, place: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and field.low <= value <= field.high:
        return value
    span = f"from {field.low} to {field.high}" if field.high < MOST else f"from {field.low} on"
    raise InvalidConditionError(place, f"expected a number {span}, got {_shown(value)}")


def _share(_about: Field, value: object, place: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise InvalidConditionError(place, f"expected a number from 0 to 1, got {_shown(value)}")


def _text(_about: Field, value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidConditionError(place, f"expected some text, got {_shown(value)}")
    if len(value) > TEXT:
        raise InvalidConditionError(place, f"is longer than {TEXT} characters")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidConditionError(place, "has a character that no database can hold")
    return value


def _choice(field: Field, value: object, place: str) -> str:
    if not field.choices:
        return _text(field, value, place)
    if isinstance(value, str) and value in field.choices:
        return value
    near = difflib.get_close_matches(value[:80], field.choices, 3) if isinstance(value, str) else []
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; choose one of {', '.join(field.choices)}"
    raise InvalidConditionError(place, f"{_shown(value)} is none of its values{hint}")


def _duration(_about: Field, value: object, place: str) -> str:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or milliseconds(found[0]) > LONGEST:
        raise InvalidConditionError(
            place,
            f'expected a duration such as "30m", "2h" or "3d", a hundred years at most, got {_shown(value)}',
        )
    return f"{int(found[1])}{'m' if found[2] == 'min' else found[2]}"


def milliseconds(duration: str) -> int:
    """The length of a duration as conditions write one: `45s`, `30m`, `2h`, `3d`, `1w`."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration} is no duration")
    return int(found[1]) * _UNITS[found[2]]


def _instant(_about: Field, value: object, place: str) -> str:
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            moment = None
    if isinstance(moment, datetime):
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        except OverflowError:
            pass
    elif isinstance(moment, date):
        return moment.isoformat()
    raise InvalidConditionError(
        place,
        f'expected a day or a moment such as "2026-11-01" or "2026-11-01T09:00:00Z", got {_shown(value)}',
    )


def moment_of(value: str) -> Instant:
    """The instant of a day (its start in UTC) or a moment that `read` has accepted."""
    if len(value) > 10:
        return instant(datetime.fromisoformat(value))
    return instant(datetime.combine(date.fromisoformat(value), time(), UTC))


def end_of(value: str) -> int:
    """Where a span ends that reaches to a moment, or to the end of a day; exclusive."""
    return moment_of(value) + (DAY if len(value) == 10 else 0)


def _rank(field: Field, value: Plain) -> float:
    if isinstance(value, str):
        return milliseconds(value) if field.kind is Kind.DURATION else moment_of(value)
    return math.inf if isinstance(value, bool) else value


_READERS: dict[Kind, Callable[[Field, object, str], Plain]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.WORD: _text,
    Kind.NUMBER: _number,
    Kind.SHARE: _share,
    Kind.SET: _choice,
    Kind.INSTANT: _instant,
    Kind.DURATION: _duration,
    Kind.FLAG: _flag,
    Kind.USER: _text,
    Kind.HOUR: _number,
    Kind.WEEKDAY: _choice,
}
