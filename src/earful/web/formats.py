"""Times and numbers as a reader wants them: short in a list, exact on demand.

Every function takes the moment it is asked at; the browser repeats the same rules while a page stays open
(`static/js/time.js`).
"""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import NamedTuple

from earful.model.message import Network
from earful.model.time import DAY, HOUR, MINUTE, moment

Gettext = Callable[[str], str]


def same(message: str) -> str:
    """The message as it stands: English."""
    return message


class Deadline(NamedTuple):
    """Time left until something is due. `state`: `calm`, `soon` (its policy warns) or `overdue`."""

    state: str
    text: str


def span(milliseconds: int, _: Gettext = same) -> str:
    """A length of time in its largest unit, rounded down: `12 min`, `3 h`, `2 d`, `5 wk`."""
    length = abs(milliseconds)
    if length < HOUR:
        return _("{n} min").format(n=length // MINUTE)
    if length < 2 * DAY:
        return _("{n} h").format(n=length // HOUR)
    if length < 14 * DAY:
        return _("{n} d").format(n=length // DAY)
    return _("{n} wk").format(n=length // (7 * DAY))


def took(milliseconds: int, _: Gettext = same) -> str:
    """How long something took: seconds with a tenth below a minute, then as `span`."""
    if milliseconds >= 60_000:
        return span(milliseconds, _)
    return f"{milliseconds / 1000:.1f} s"


def age(at: int, now: int, _: Gettext = same) -> str:
    """How long ago: `now` within the minute (and for clocks that run ahead), else the span."""
    return _("now") if now - at < MINUTE else span(now - at, _)


def exact(at: int, zone: tzinfo = UTC) -> str:
    """`21 Nov 2026, 20:12 UTC`, for readers without scripts; with them the browser writes its own zone."""
    local = moment(at).astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {local.tzname() or ''}".rstrip()


def deadline(due: int, warn: int, now: int, _: Gettext = same) -> Deadline:
    """Time left until `due`, and how pressing that is: `soon` from `warn` on."""
    left = due - now
    if left < 0:
        return Deadline("overdue", _("{span} overdue").format(span=span(left, _)))
    return Deadline("soon" if now >= warn else "calm", _("due in {span}").format(span=span(left, _)))


def compact(number: float) -> str:
    """`940`, `1.2k`, `12k`, `3.4M`: two digits that matter, never rounded up into the next unit's name."""
    for size, suffix in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if abs(number) >= size:
            scaled = number / size
            digits = (
                f"{int(scaled * 10) / 10:.1f}".rstrip("0").rstrip(".")
                if abs(scaled) < 10
                else f"{int(scaled)}"
            )
            return digits + suffix
    return f"{int(number)}"


def about(number: float) -> str:
    """An estimate rounded to two digits that matter, with separators: 12391 is `12,000`."""
    whole = int(number)
    if whole < 100:
        return f"{whole}"
    power = 10 ** (len(str(whole)) - 2)
    return f"{round(whole / power) * power:,}"


def initials(name: str) -> str:
    """One or two letters for a face we do not have; a name without letters gives `?`.

    Scripts without capitals get one: two letters of Arabic would join into something else.
    """
    words = [w for w in name.replace("_", " ").replace(".", " ").split() if w[0].isalnum()]
    if not words:
        return "?"
    first, last = words[0][0], words[-1][0] if len(words) > 1 else ""
    return (first + last).upper() if first.upper() != first.lower() else first


def hue(key: str, hues: int = 8) -> int:
    """A stable small number for a name, so that the same person keeps the same colour everywhere."""
    return sum((index + 1) * ord(letter) for index, letter in enumerate(key)) % hues


WITHOUT_AT = frozenset(
    {
        Network.EMAIL,
        Network.SMS,
        Network.PHONE,
        Network.REVIEW,
        Network.BLOG,
        Network.CHAT,
        Network.IN_PERSON,
    }
)
"""Networks whose addresses are not written with an @ in front."""

WIDE = ("thousands", "tens of thousands", "hundreds of thousands", "millions")
"""Reach that is worth a mark in the list."""


def at(handle: str, network: Network) -> str:
    """A handle as people of that network write it: `@ana@example.social`, `ana@example.com`."""
    return f"@{handle}" if handle and network not in WITHOUT_AT else handle
