"""Tokens for addresses that open to whoever has them: what they say is signed by us. Pure: secrets are parameters.

A token is a few bytes and a MAC over them and its purpose (HMAC-SHA256, RFC 2104), in letters that an address needs not
escape. Whoever has one can read the bytes, so ids and times go into it, and no words.
"""

import base64
import hashlib
import hmac
import re

_MAC = 16
_LETTERS = re.compile(r"[A-Za-z0-9_-]{1,200}")


def sign(secret: str, purpose: str, said: bytes) -> str:
    """The token that says these bytes, for one purpose."""
    return _spelt(said + _mac(secret, purpose, said))


def read(secret: str, purpose: str, token: str, length: int) -> bytes | None:
    """The `length` bytes of a token; None for one that we did not sign for this purpose. Takes the same time for every
    wrong signature."""
    if not _LETTERS.fullmatch(token):
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    said, mac = raw[:length], raw[length:]
    if len(said) != length or not hmac.compare_digest(mac, _mac(secret, purpose, said)):
        return None
    # The last letter of base64 has bits to spare: one token has one spelling.
    return said if _spelt(raw) == token else None


def _spelt(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: str, purpose: str, said: bytes) -> bytes:
    return hmac.new(secret.encode(), purpose.encode() + b"\n" + said, hashlib.sha256).digest()[:_MAC]
