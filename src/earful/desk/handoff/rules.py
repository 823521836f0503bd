"""Links and codes that carry a case to a private place. Pure: secrets, randomness and time are parameters.

A link is an id, when it ends, and a MAC over both: nothing in it tells anything of the case. A code has no letter that
could be taken for another when it is said or typed.
"""

import hmac
import re
from enum import StrEnum

from msgspec import Struct

from earful.model import signed
from earful.model.time import DAY, HOUR, MINUTE, Instant

ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"
"""Without what looks or sounds like another: 0 O, 1 I L, 5 S, 2 Z, 8 B, and U."""
CODE_LENGTH = 6
_LETTERS = f"[{ALPHABET}{ALPHABET.lower()}]{{3}}"
_CODE = re.compile(rf"(?<![A-Za-z0-9-])({_LETTERS})-({_LETTERS})(?![A-Za-z0-9-])")
_LINK = "handoff link"
MOST_DAYS = 60
TEXT_MOST = 10_000
"""Characters of one message on the form."""

CODE_TRIES, CODE_WINDOW = 10, 5 * MINUTE
"""Wrong codes of one colleague, or in the mails of one author, before they have to wait."""
VISITOR_MESSAGES, STRANGER_MESSAGES, MESSAGE_WINDOW = 60, 6, HOUR
"""Messages from one network address in an hour: with a link that is theirs, and without."""


class Way(StrEnum):
    """How the customer can come."""

    FORM = "form"
    CHAT = "chat"
    EMAIL = "email"
    PHONE = "phone"


class State(StrEnum):
    """Where an invitation stands. `expired` is a no-show."""

    OFFERED = "offered"
    ARRIVED = "arrived"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Fault(StrEnum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"
    """Mistyped, cut off or made up."""
    EXPIRED = "expired"
    USED = "used"
    """Another browser has used it."""
    CANCELLED = "cancelled"


class Link(Struct, frozen=True, kw_only=True):
    """What a link that we signed says."""

    handoff_id: str
    expires_at: int
    """An instant, in whole seconds."""


def sign(secret: str, handoff_id: str, expires_at: int) -> str:
    """The token of a link, about 51 characters that need no escaping in an address."""
    return signed.sign(secret, _LINK, (handoff_id,), Instant(expires_at))


def read_link(secret: str, token: str) -> Link | None:
    """What a token says; None for one that we did not sign."""
    said = signed.read(secret, _LINK, token, 1)
    if said is None:
        return None
    (handoff_id,), expires_at = said
    return Link(handoff_id=handoff_id, expires_at=expires_at)


def code_of(noise: int) -> str:
    """A code from at least 40 random bits: `K7Q-3MP`."""
    letters = ""
    for _ in range(CODE_LENGTH):
        noise, at = divmod(noise, len(ALPHABET))
        letters += ALPHABET[at]
    return f"{letters[:3]}-{letters[3:]}"


def normal_code(typed: str) -> str | None:
    """A code as somebody typed it: any case, any blanks or hyphens. None when it cannot be one."""
    letters = re.sub(r"[\s-]+", "", typed).upper()
    if len(letters) != CODE_LENGTH or set(letters) - set(ALPHABET):
        return None
    return f"{letters[:3]}-{letters[3:]}"


def codes_in(text: str) -> list[str]:
    """Codes in a mail's subject or text, in order, each once; at most three are looked at."""
    found = dict.fromkeys(f"{one}-{other}".upper() for one, other in _CODE.findall(text))
    return list(found)[:3]


class Stands(Struct, frozen=True, kw_only=True):
    """As much of an invitation as decides who may use it."""

    state: State
    expires_at: int
    visitor: str | None
    """Digest of the browser that came first."""


def fault(found: Stands | None, visitor: str, now: Instant) -> Fault | None:
    """Why a browser may not use a link; None when it may. `visitor`: digest of its cookie, empty without.

    Whoever came in time can come back to read, as long as the conversation is kept.
    """
    if found is None:
        return Fault.UNKNOWN
    if found.state is State.CANCELLED:
        return Fault.CANCELLED
    if found.visitor is not None:
        return None if hmac.compare_digest(found.visitor, visitor) else Fault.USED
    if found.state is State.EXPIRED or found.expires_at <= now:
        return Fault.EXPIRED
    return None


def expiry(days: int, now: Instant) -> int:
    """When an invitation of so many days ends, in whole seconds as the link has it."""
    return (now + days * DAY) // 1000 * 1000
