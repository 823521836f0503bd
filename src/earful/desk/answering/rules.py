"""What a reply must be before it goes out: nothing private in public, no gap left open, in parts if long. Pure."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from earful.channels.kit.text import URL
from earful.model.message import PRIVATE, Visibility
from earful.model.rating import Pii
from earful.model.time import DAY, Instant, instant, moment
from earful.triage import pii

GAP = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
"""What a text leaves open: `[[order number]]`."""
PARTS_MOST = 20
MORNING = 9
FARTHEST = 90 * DAY
_TELLING = 6
"""Letters from which a part of a number or an address says which one it is."""
_IN_LINKS = frozenset({"order_number", "phone", "id_number", "account_number", "address"})
"""Types that the letters of a link are taken for; a card number or an address in one is meant."""
_SENTENCE = re.compile(r"[.!?…。！？]['\"”’)]*\s+|\n+")


class Found(Struct, frozen=True, kw_only=True):
    """Private data in a text: half-open, in code points."""

    type: str
    start: int
    end: int


def private_in(text: str, own: Iterable[str] = (), language: str = "und") -> list[Found]:
    """Private data in a text, without what is ours: `own` are phone numbers, addresses and codes of the workspace."""
    ours = [_plain(one) for one in own if _plain(one)]
    links = [match.span() for match in URL.finditer(text)]
    return [
        Found(type=one.type, start=one.span[0], end=one.span[1])
        for one in pii.find(text, language)
        if not _is_ours(text, one, ours) and not _in_link(one, links)
    ]


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum() or char == "@")


def _is_ours(text: str, one: Pii, ours: list[str]) -> bool:
    said = _plain(text[one.span[0] : one.span[1]])
    return any(
        said == own or (len(said) >= _TELLING and said in own) or (len(own) >= _TELLING and own in said)
        for own in ours
    )


def _in_link(one: Pii, links: list[tuple[int, int]]) -> bool:
    start, end = one.span
    return one.type in _IN_LINKS and any(first <= start and end <= last for first, last in links)


def in_public(audience: Visibility) -> bool:
    """Whether others than those addressed can see it."""
    return audience not in PRIVATE and audience is not Visibility.INTERNAL


def gaps(text: str) -> list[str]:
    """What is left open in a text, in order."""
    return GAP.findall(text)


def split(text: str, most: int, length: Callable[[str], int]) -> list[str]:
    """A text in numbered parts that each fit; itself alone when it fits. An empty list: it cannot be split.

    Cuts after a sentence where that leaves the part at least half full, else between words.
    """
    text = text.strip()
    if length(text) <= most:
        return [text]
    for total in range(2, PARTS_MOST + 1):
        parts = _cut(text, most, length, total)
        if parts is not None and len(parts) <= total:
            # Fewer came out than were counted on: the numbers shall say how many there are.
            return [f"{part} ({at}/{len(parts)})" for at, part in enumerate(parts, 1)]
    return []


def _cut(text: str, most: int, length: Callable[[str], int], total: int) -> list[str] | None:
    parts: list[str] = []
    rest = text
    room = most - length(f" ({total}/{total})")
    while rest and len(parts) < total:
        end = _fits(rest, room, length)
        if not end:
            return None
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return None if rest else parts


def _fits(text: str, room: int, length: Callable[[str], int]) -> int:
    """Where the longest beginning ends that fits and does not cut a word; 0 for none."""
    if length(text) <= room:
        return len(text)
    breaks = [match.start() for match in re.finditer(r"\s+", text)]
    low, high = 0, len(breaks)
    while low < high:
        middle = (low + high) // 2
        if length(text[: breaks[middle]]) <= room:
            low = middle + 1
        else:
            high = middle
    if not low:
        return 0
    end = breaks[low - 1]
    sentences = [match.end() for match in _SENTENCE.finditer(text, 0, end + 1) if match.end() >= end // 2]
    return sentences[-1] if sentences else end


def send_time(wanted: str, zone: str, now: Instant) -> int | None:
    """The instant that a reader means by `tomorrow`, `monday` (both at nine) or a local time; None when it is none,
    is over, or is farther away than `FARTHEST`.

    A local time that the clocks skip is the one an hour later; one that comes twice is its first coming.
    """
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        here = ZoneInfo("UTC")
    local = moment(now).astimezone(here)
    days = {"tomorrow": 1, "monday": 7 - local.weekday()}.get(wanted)
    if days is not None:
        day = local.date() + timedelta(days=days)
        return instant(datetime(day.year, day.month, day.day, MORNING, tzinfo=here))
    try:
        named = datetime.fromisoformat(wanted)
        at = instant(named if named.tzinfo else named.replace(tzinfo=here))
    except (ValueError, OverflowError):
        return None
    return at if now < at <= now + FARTHEST else None
