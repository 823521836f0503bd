"""Who is the same person, what makes that likely, and which flags count. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from earful.model.message import Network
from earful.model.time import DAY

REASON = 300
"""Characters of a reason."""
SHARED = 5
"""Persons that may share a mark: what more have is a shop's own address or a form's example, and suggests nothing."""
MARKS_OF_A_MESSAGE = 8
"""Marks read from one message at most."""
VULNERABLE_DAYS = 90
"""What the form suggests; a person's trouble is not for ever."""
LONGEST_FLAG = 5 * 365 * DAY


class Flag(StrEnum):
    """What colleagues should know before they answer."""

    VIP = "vip"
    VULNERABLE = "vulnerable"
    """Ill, very old, a child, in debt or in danger: somebody whom a problem hits harder (severity 3 of the labels)."""


class Origin(StrEnum):
    """How two accounts came to be one person."""

    SUGGESTION = "suggestion"
    HAND = "hand"
    HANDOFF = "handoff"
    ACCOUNT = "account"
    """One account that its network calls by two names."""


class State(StrEnum):
    """Of a suggestion."""

    SUGGESTED = "suggested"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Strength(StrEnum):
    """How much a piece of evidence says."""

    WEAK = "weak"
    FAIR = "fair"
    STRONG = "strong"


RANK = {Strength.WEAK: 1, Strength.FAIR: 2, Strength.STRONG: 3}


class Place(Struct, frozen=True, kw_only=True):
    """Where a mark stands: a message, and the half-open span in it in code points; (0, 0) for its author."""

    person_id: str
    message_id: str
    span: tuple[int, int] = (0, 0)


class Evidence(Struct, frozen=True, kw_only=True):
    """One reason to think that two accounts are one person's."""

    kind: str
    """`handle`, `mail`, `mail_said` or `order`."""
    key: str
    """Names the mark without telling it: kind and the start of its digest."""
    strength: Strength
    why: str
    places: list[Place]


class Tie(Struct, frozen=True):
    """Two persons, as they were first seen, that are one."""

    first: str
    second: str


def circles(ties: Iterable[Tie], among: Iterable[str]) -> list[frozenset[str]]:
    """The sets of persons that are one person each, by the ties that stand. Whoever has no tie is alone."""
    root: dict[str, str] = {one: one for one in among}

    def top(one: str) -> str:
        root.setdefault(one, one)
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for tie in ties:
        root[top(tie.first)] = top(tie.second)
    found: dict[str, set[str]] = {}
    for one in list(root):
        found.setdefault(top(one), set()).add(one)
    return [frozenset(one) for one in found.values()]


def kept(circle: Iterable[str], since: Mapping[str, int]) -> str:
    """Whose name and address a circle goes by: whoever was known first."""
    return min(circle, key=lambda one: (since.get(one, 0), one))


class Mark(Struct, frozen=True, kw_only=True):
    """Something that may tell a person, in clear: never stored so."""

    kind: str
    """`handle`, `mail` or `order`."""
    role: str
    """`is` or `says`."""
    value: str
    span: tuple[int, int] = (0, 0)


CHOSEN_HANDLES = frozenset(
    {
        Network.X, Network.INSTAGRAM, Network.THREADS, Network.REDDIT, Network.YOUTUBE, Network.PINTEREST,
        Network.TUMBLR, Network.TIKTOK, Network.MASTODON, Network.BLUESKY, Network.TELEGRAM, Network.EMAIL,
    }
)  # fmt: skip
"""Networks where people choose a name for themselves, which they tend to choose again elsewhere."""
GENERIC = frozenset(
    {
        "admin", "hello", "help", "info", "kontakt", "mail", "office", "post", "sales", "service", "shop", "support",
        "team", "test", "user", "webmaster", "contact", "noreply", "nobody", "customer", "kunde", "anna", "maria",
        "john", "peter", "thomas", "michael", "andrea", "martin", "daniel",
    }
)  # fmt: skip
SHORT = 6
"""A handle of fewer letters is often somebody else's on another network."""
TOO_SHORT = 4
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\]]+")
_NOT_LETTERS = re.compile(r"[\s._\-]+")


def handle_mark(network: Network, handle: str) -> Mark | None:
    """The name that somebody chose, without dots, dashes and the server; None where there is none to compare."""
    if network not in CHOSEN_HANDLES:
        return None
    name = handle.strip().lstrip("@").partition("@")[0]
    if network is Network.BLUESKY:
        name = name.partition(".")[0]
    plain = _NOT_LETTERS.sub("", name).casefold()
    return Mark(kind="handle", role="is", value=plain) if len(plain) >= TOO_SHORT else None


def handle_strength(plain: str) -> tuple[Strength, str]:
    """What the same handle on two networks says, and why not more."""
    if plain in GENERIC:
        return Strength.WEAK, "the same handle, but many choose it"
    if len(plain) < SHORT:
        return Strength.WEAK, "the same handle, but a short one"
    return Strength.FAIR, "the same handle on two networks"


def address_of(text: str) -> str:
    """A mail address as it is compared; empty for what is none."""
    plain = text.strip().casefold()
    return plain if _ADDRESS.fullmatch(plain) else ""


def author_marks(network: Network, handle: str, native_id: str, addresses: Sequence[str]) -> list[Mark]:
    """What an account says of who has it."""
    found = [mark] if (mark := handle_mark(network, handle)) is not None else []
    addressed = network in (Network.EMAIL, Network.MASTODON)
    given = [*addresses, *((handle, native_id) if addressed else ())]
    mails = dict.fromkeys(address for one in given if (address := address_of(one)))
    return found + [Mark(kind="mail", role="is", value=one) for one in mails]


def said_marks(text: str, spans: Iterable[tuple[str, tuple[int, int]]]) -> list[Mark]:
    """Addresses and order numbers that stand in a message, by the spans that triage found."""
    found: dict[tuple[str, str], Mark] = {}
    for kind, span in spans:
        words = text[slice(*span)]
        if kind == "email" and (address := address_of(words)):
            found.setdefault(("mail", address), Mark(kind="mail", role="says", value=address, span=span))
        elif kind == "order_number":
            number = "".join(one for one in words.upper() if one.isalnum())
            if number:
                found.setdefault(("order", number), Mark(kind="order", role="says", value=number, span=span))
    return list(found.values())[:MARKS_OF_A_MESSAGE]


def judge(kind: str, roles: frozenset[str], value: str) -> tuple[str, Strength, str] | None:
    """What a mark that two persons share says: kind of evidence, strength and why; None when nothing.

    `roles`: how the two have it. An address that both only mention may be anybody's.
    """
    if kind == "handle":
        return "handle", *handle_strength(value)
    if kind == "order":
        return "order", Strength.STRONG, "the same order number in the messages of both"
    if "is" not in roles:
        return None
    if roles == {"is"}:
        return "mail", Strength.STRONG, "both write from, or left, the same mail address"
    return "mail_said", Strength.STRONG, "one named the address that the other writes from"


def strength_of(evidence: Sequence[Evidence]) -> int:
    """A suggestion is as strong as its best evidence; two fair ones are as good as a strong one."""
    ranks = sorted((RANK[one.strength] for one in evidence), reverse=True)
    return min(3, ranks[0] + (len(ranks) > 1)) if ranks else 0


def counts(ends_at: int | None, cleared_at: int | None, now: int) -> bool:
    """Whether a flag counts at `now`."""
    return cleared_at is None and (ends_at is None or ends_at > now)


def flag_problem(reason: str, ends_at: int | None, now: int) -> str | None:
    """Why a flag cannot be set; None when it can."""
    if not reason.strip():
        return "Say why; whoever answers next should know. Nothing was changed."
    if ends_at is not None and not now < ends_at <= now + LONGEST_FLAG:
        return "Choose an end in the future, at most five years ahead. Nothing was changed."
    return None


def pair(one: str, other: str) -> tuple[str, str]:
    """Two persons in the order in which a suggestion names them."""
    return (one, other) if one < other else (other, one)


def merged(known: Sequence[Evidence], fresh: Sequence[Evidence], refused: frozenset[str]) -> list[Evidence]:
    """Evidence with what is new, each mark once, without what somebody refused."""
    found: dict[str, Any] = {one.key: one for one in [*known, *fresh] if one.key not in refused}
    return list(found.values())
