"""Tokens that a network signs with keys that change (OIDC): proved without asking anybody.

Sources: RFC 7515 and 7519 (JSON Web Signature, JSON Web Token), RFC 7517 (key sets). RS256 only: who
could choose the rule could choose none.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from earful.channels.kit.loose import members, number, object_in, word
from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.model.time import SECOND, Instant

LEEWAY = 300 * SECOND
"""How far the clocks may be apart."""
LONGEST = 10_000
SHORTEST_KEY = 2048
"""Bits. Shorter keys of a set are left out."""


class KeySet:
    """The keys of an issuer as last fetched, by id. Shared by who fetches them and who proves with them."""

    def __init__(self) -> None:
        self.keys: Mapping[str, RSAPublicKey] = {}
        self.fetched_at = 0
        self.missed = False
        """Something came that was signed with a key that is not among them: they are to be fetched again."""

    def take(self, raw: bytes, now: Instant) -> int:
        """Keep what was fetched; returns how many keys can be used. Without any, those before stay."""
        found = read_keys(raw)
        if found:
            self.keys, self.fetched_at, self.missed = found, now, False
        return len(found)


def read_keys(raw: bytes) -> dict[str, RSAPublicKey]:
    """The RSA keys of a key set; those that cannot be used are left out."""
    found = {}
    for one in members(object_in(raw), "keys"):
        name, modulus, exponent = word(one, "kid"), _bytes(word(one, "n")), _bytes(word(one, "e"))
        if not name or word(one, "kty") != "RSA" or len(modulus) * 8 < SHORTEST_KEY or not exponent:
            continue
        try:
            numbers = RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
            found[name] = numbers.public_key()
        except ValueError:
            continue
    return found


def prove(token: str, keys: KeySet, now: Instant) -> dict[str, Any]:
    """The claims of a token that is signed and in its time. Raises SignatureRefused; nothing of it may be used then."""
    head, _, rest = token.partition(".")
    body, _, mac = rest.partition(".")
    if len(token) > LONGEST or not (head and body and mac):
        raise SignatureRefused(Reason.NO_MATCH, "This is no signed token. Nothing was kept.")
    about, claims = object_in(_bytes(head)), object_in(_bytes(body))
    if word(about, "alg") != "RS256":
        raise SignatureRefused(Reason.NO_MATCH, "The token is signed by another rule. Nothing was kept.")
    key = keys.keys.get(word(about, "kid"))
    if key is None:
        keys.missed = True
        raise SignatureRefused(
            Reason.NO_MATCH,
            "The token is signed with a key that is not known yet; the keys are fetched again. Nothing was kept, the "
            "sender tries again.",
        )
    try:
        key.verify(_bytes(mac), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        raise SignatureRefused(Reason.NO_MATCH, "The signature does not match. Nothing was kept.") from None
    ends, made = number(claims, "exp"), number(claims, "iat")
    if ends is None or now > ends * SECOND + LEEWAY:
        raise SignatureRefused(
            Reason.TOO_OLD, "The token has ended: a replay, or a clock is wrong. Nothing was kept."
        )
    if made is not None and made * SECOND > now + LEEWAY:
        raise SignatureRefused(
            Reason.TOO_NEW, "The token is of the future: a clock is wrong. Nothing was kept."
        )
    return claims


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
