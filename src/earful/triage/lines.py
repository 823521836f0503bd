"""`earful triage` and `earful.triage([...])`: messages as lines of JSON in, ratings out, in the same order.

A line that cannot be read gets an error of its own and never stops the others.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from earful.model.rating import Rating
from earful.triage.rate import Triage
from earful.triage.similar import Groups
from earful.triage.subject import Subject

BATCH = 256
_SURROGATES = re.compile("[\ud800-\udfff]")
_PRIVATE = frozenset({"email", "sms", "chat", "phone"})


class Line(Struct, frozen=True):
    """One message of the input. `reactions` is a count, or counts by kind (likes, replies, reposts, quotes, views)."""

    text: str
    id: str | int | None = None
    author: str = ""
    followers: int | None = None
    reactions: int | dict[str, int] = 0
    network: str = ""
    created_at: str = ""
    in_reply_to_us: bool = False
    addressed: bool = False
    language: str = ""


class Failed(Struct, frozen=True):
    """A line that has no rating: its number from 1, and why."""

    line: int
    error: str
    id: str | int | None = None


_decoder = msgspec.json.Decoder(Line)


def read_line(data: bytes, number: int) -> Line | Failed:
    """One line of the input. Lone surrogates become U+FFFD, so that offsets stay true."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _second_look(data, number, error)


def _second_look(data: bytes, number: int, error: Exception) -> Line | Failed:
    try:
        # The json of the standard library reads lone surrogates, which some networks send.
        value = json.loads(data)
    except (ValueError, RecursionError):
        return Failed(
            number, f"not a line of JSON in UTF-8: {error}; no rating was made, the other lines go on"
        )
    if not isinstance(value, dict):
        return Failed(number, 'not an object such as {"id": 1, "text": "..."}; no rating was made')
    name = value.get("id")
    known = name if isinstance(name, str | int) and not isinstance(name, bool) else None
    if isinstance(value.get("text"), str):
        value["text"] = _SURROGATES.sub("\ufffd", value["text"])
    try:
        return msgspec.convert(value, Line)
    except msgspec.ValidationError as problem:
        return Failed(number, f"{problem}; no rating was made", known)


def subject_of(line: Line, now_ms: int) -> Subject:
    """A line as triage is given it. A private network counts as addressed to us."""
    reactions = line.reactions if isinstance(line.reactions, dict) else {"likes": line.reactions}
    private = line.network in _PRIVATE
    return Subject(
        text=line.text,
        network=line.network,
        visibility="private" if private else "public",
        author_handle=line.author,
        followers=line.followers,
        reactions=reactions,
        age_ms=_age(line.created_at, now_ms),
        language=line.language,
        addressed=line.addressed or private,
        in_reply_to_us=line.in_reply_to_us,
    )


def _age(created_at: str, now_ms: int) -> int:
    """Milliseconds since an RFC 3339 time; 0 for none, and for one that cannot be read."""
    if not created_at:
        return 0
    try:
        return max(0, now_ms - round(datetime.fromisoformat(created_at).timestamp() * 1000))
    except (ValueError, OverflowError, OSError):
        return 0


def rate_lines(triage: Triage, lines: Iterable[bytes], now_ms: int) -> Iterator[dict[str, Any]]:
    """A rating or an error for each line that is not blank, in order, as plain values ready for JSON."""
    groups, batch = Groups(), list[Line | Failed]()
    for number, data in enumerate(lines, 1):
        if data.strip():
            batch.append(read_line(data, number))
        if len(batch) >= BATCH:
            yield from _rated(triage, batch, groups, now_ms)
            batch.clear()
    yield from _rated(triage, batch, groups, now_ms)


def _rated(
    triage: Triage, batch: Sequence[Line | Failed], groups: Groups, now_ms: int
) -> Iterator[dict[str, Any]]:
    said = [line for line in batch if isinstance(line, Line)]
    ratings = iter(triage.rate([subject_of(line, now_ms) for line in said]))
    places = iter(groups.place([line.text for line in said]))
    for line in batch:
        if isinstance(line, Failed):
            yield {"id": line.id, "line": line.line, "error": line.error}
        else:
            yield {"id": line.id} | plain(next(ratings)) | {"group": next(places)}


def plain(rating: Rating) -> dict[str, Any]:
    """A rating as values that JSON knows; entries of `tried_before` and `pii` as objects with a span."""
    values: dict[str, Any] = msgspec.to_builtins(rating)
    return values


def rate_texts(triage: Triage, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Ratings of texts alone, as `earful triage` prints them; `id` is the place in the list."""
    clean = [_SURROGATES.sub("\ufffd", text) for text in texts]
    groups, found = Groups(), list[dict[str, Any]]()
    for first in range(0, len(clean), BATCH):
        part = clean[first : first + BATCH]
        ratings = triage.rate([Subject(text=text) for text in part])
        for at, (rating, group) in enumerate(zip(ratings, groups.place(part), strict=True)):
            found.append({"id": first + at} | plain(rating) | {"group": group})
    return found
