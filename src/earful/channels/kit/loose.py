"""Reading JSON of a network that may change overnight: what is missing or of another type reads as nothing."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from earful.channels.hooks import Unreadable

_MILLISECONDS = 100_000_000_000
_MICROSECONDS = 100_000_000_000_000
"""Beyond these a number of seconds would be in the year 5138: it counts smaller units."""
_LONGEST_NUMBER = 18
_TOO_MUCH = 10**_LONGEST_NUMBER


def opened(body: bytes, network: str) -> dict[str, Any]:
    """The object of a delivery. Raises Unreadable."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise Unreadable(f"This is no JSON: {str(fault)[:200]}.") from None
    if not isinstance(found, dict):
        raise Unreadable(f"This is no delivery of {network}: it is no object.")
    return found


def object_in(raw: bytes) -> dict[str, Any]:
    """The object of an answer; empty when it is none."""
    try:
        return mapping(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, RecursionError):
        return {}


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The object at a path; empty when there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def members(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at a path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: Any, *path: str) -> str:
    """Text at a path; ids may come as numbers. Empty when there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def words(value: Any, *path: str) -> list[str]:
    """The texts of the list at a path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return [word(one) for one in value if word(one)] if isinstance(value, list) else []


def number(value: Any, *path: str) -> int | None:
    """A count at a path, also when it comes as text; None when there is none or it is negative."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < _TOO_MUCH else None
    told = word(value)
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= _LONGEST_NUMBER else None


def moment(value: Any) -> datetime | None:
    """A time as seconds, milliseconds or microseconds since 1970 (number or text), or as RFC 3339 text."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        seconds = float(value)
        if seconds >= _MICROSECONDS:
            seconds /= 1_000_000
        elif seconds >= _MILLISECONDS:
            seconds /= 1_000
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
