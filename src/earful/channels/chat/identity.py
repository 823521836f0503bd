"""Who a visitor is, signed by the site that shows the chat: a JSON Web Token with HMAC-SHA256 (RFC 7519, HS256).

Nothing else is believed: no other algorithm, no token without an end, none that is good for longer than a day.
"""

import base64
import hashlib
import hmac
from typing import Any

import msgspec
from msgspec import Struct

from earful.model.time import DAY, MINUTE, SECOND, Instant

LONGEST_TOKEN = 4_096
LONGEST_LIFE = DAY
LEEWAY = MINUTE
"""Clocks differ by so much."""


class IdentityRefused(ValueError):
    """The token proves nothing; the message says why, without a word of the secret."""


class Identity(Struct, frozen=True, kw_only=True):
    """A user of the site."""

    user_id: str
    email: str = ""
    name: str = ""


class _Header(Struct):
    alg: str
    crit: list[str] = []


class _Claims(Struct):
    sub: str
    exp: int | float
    email: str = ""
    name: str = ""
    nbf: int | float = 0
    aud: str = ""


def read(token: str, secret: str, channel: str, now: Instant) -> Identity:
    """The user of a token: `sub` (required), `email`, `name`; `exp` within a day; `aud`, where it is there, is the
    channel's name. Raises IdentityRefused."""
    if not secret:
        raise IdentityRefused("This chat has no identity secret; make one in its settings.")
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3 or not token.isascii():
        raise IdentityRefused("This is no JSON Web Token.")
    header, claims = _decoded(parts[0], _Header), None
    mac = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    if header.alg != "HS256" or header.crit:
        raise IdentityRefused("Only HS256 is taken.")
    if not hmac.compare_digest(mac, _bytes(parts[2])):
        raise IdentityRefused("The signature does not match: it was made with another secret, or changed.")
    claims = _decoded(parts[1], _Claims)
    seconds = now / SECOND
    if not seconds - LEEWAY / SECOND < claims.exp:
        raise IdentityRefused("The token has run out.")
    if claims.exp > seconds + (LONGEST_LIFE + LEEWAY) / SECOND:
        raise IdentityRefused("The token is good for longer than a day; give it an earlier `exp`.")
    if claims.nbf > seconds + LEEWAY / SECOND:
        raise IdentityRefused("The token is not good yet.")
    if claims.aud not in ("", channel):
        raise IdentityRefused("The token is for another channel.")
    user_id = claims.sub.strip()
    if not user_id or len(user_id) > 200 or len(claims.email) > 254 or len(claims.name) > 200:
        raise IdentityRefused("`sub` is missing, or a claim is too long.")
    return Identity(user_id=user_id, email=claims.email.strip(), name=claims.name.strip())


def write(identity: Identity, secret: str, expires_at: Instant) -> str:
    """A token as a site makes it; for tests, the demo and the documentation."""
    claims = {"sub": identity.user_id, "email": identity.email, "name": identity.name}
    head = _text(msgspec.json.encode({"alg": "HS256", "typ": "JWT"}))
    body = _text(msgspec.json.encode(claims | {"exp": expires_at // SECOND}))
    mac = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_text(mac)}"


def _decoded(part: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(_bytes(part), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise IdentityRefused("The token cannot be read.") from None


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise IdentityRefused("The token cannot be read.") from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
