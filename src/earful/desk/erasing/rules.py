"""What is erased of somebody, and what is left. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from earful.intake import rules as intake

NAME = "Erased person"
"""What somebody is called whose name is gone."""
TITLE = "Erased"
REASON = 300
AUTHOR = intake.ERASED
"""What an account is called whose id at the network is gone, before our own id of it."""
TELLING = 3
"""Letters from which a handle or name is looked for in what came raw: shorter ones stand in everything."""
SCRUBBED = frozenset(
    {
        "words", "text", "detail", "reason", "person_name", "handle", "title", "preview", "name", "value", "note",
        "subject", "html", "said", "author", "because",
    }
)  # fmt: skip
"""Fields of what is kept as JSON around a case that may hold words or names."""


class State(StrEnum):
    """How far it is."""

    RUNNING = "running"
    DONE = "done"
    NOTHING = "nothing"
    """There was nothing of whom it is about."""


class Stage(StrEnum):
    """What is being looked through."""

    CASES = "cases"
    DELIVERIES = "deliveries"
    INDEX = "index"
    LAST = "last"


class Account(Struct, frozen=True):
    """An account at a network."""

    id: str
    network: str
    native_id: str
    handle: str
    name: str


class Scope(Struct, kw_only=True):
    """Whom and what an erasure is about, kept only while it runs."""

    authors: list[str] = []
    people: list[str] = []
    cases: list[str] = []
    channels: list[str] = []
    """Through which they wrote: their raw deliveries are looked through."""
    needles: list[str] = []
    """What they are recognised by in what came raw."""
    told: str = ""
    """The number of the request, in what the network sent."""


def needles(accounts: Iterable[Account]) -> list[str]:
    """What somebody is recognised by: ids, handles and names, none so short that it stands in everything."""
    found = {one for each in accounts for one in (each.native_id, each.handle, each.name)}
    return sorted(one for one in found if len(one) >= TELLING and not one.startswith(AUTHOR))


def stands_in(body: bytes, words: Sequence[str]) -> bool:
    """Whether one of the words is in raw bytes, plain or as JSON escapes it."""
    return any(form in body for word in words for form in _forms(word))


def _forms(word: str) -> set[bytes]:
    plain = word.encode()
    written = msgspec.json.encode(word)[1:-1]
    escaped = "".join(
        char if char < "\x80" else f"\\u{ord(char):04x}" for char in word if ord(char) < 0x10000
    )
    return {plain, written, escaped.encode()}


def without(text: str, words: Iterable[str], instead: str = "…") -> str:
    """A text without these words, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, instead)
    return text


def scrubbed(data: str) -> str:
    """JSON with the fields emptied that may hold words or names; what is no JSON goes whole."""
    try:
        found = msgspec.json.decode(data)
    except msgspec.MsgspecError:
        return ""
    return msgspec.json.encode(_scrub(found)).decode()


def _scrub(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _empty(one) if name in SCRUBBED else _scrub(one) for name, one in value.items()}
    return [_scrub(one) for one in value] if isinstance(value, list) else value


def _empty(value: Any) -> Any:
    """The same type without content, so that whoever reads it still can."""
    if isinstance(value, str):
        return ""
    if isinstance(value, list):
        return [
            _scrub(one) if isinstance(one, dict | list) else one for one in value if not isinstance(one, str)
        ]
    return _scrub(value)
