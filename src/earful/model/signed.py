"""Tokens for addresses that open to whoever has them: what they say is signed by us. Pure: secrets are parameters.

A token is ids, the second in which it ends, and a MAC over them and its purpose (HMAC-SHA256, RFC 2104), in letters
that an address needs not escape. Whoever has one can read what it says, so no words go into it.
"""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Sequence

from earful.model.time import SECOND, Instant

_MAC, _ID, _TIME = 16, 16, 6
_LETTERS = re.compile(r"[A-Za-z0-9_-]{1,200}")


def sign(secret: str, purpose: str, ids: Sequence[str], expires_at: Instant) -> str:
    """The token that says these ids (UUIDs) until a second, for one purpose."""
    said = b"".join(uuid.UUID(one).bytes for one in ids) + (expires_at // SECOND).to_bytes(_TIME, "big")
    return _spelt(said + _mac(secret, purpose, said))


def read(secret: str, purpose: str, token: str, count: int) -> tuple[list[str], Instant] | None:
    """The `count` ids of a token, and when it ends; None for one that we did not sign for this purpose. Takes the same
    time for every wrong signature."""
    if not _LETTERS.fullmatch(token):
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    length = count * _ID + _TIME
    said, mac = raw[:length], raw[length:]
    if len(said) != length or not hmac.compare_digest(mac, _mac(secret, purpose, said)):
        return None
    # The last letter of base64 has bits to spare: one token has one spelling.
    if _spelt(raw) != token:
        return None
    ids = [str(uuid.UUID(bytes=said[at : at + _ID])) for at in range(0, length - _TIME, _ID)]
    return ids, Instant(int.from_bytes(said[-_TIME:], "big") * SECOND)


def _spelt(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: str, purpose: str, said: bytes) -> bytes:
    return hmac.new(secret.encode(), purpose.encode() + b"\n" + said, hashlib.sha256).digest()[:_MAC]
