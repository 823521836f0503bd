"""Proofs that a delivery comes from who it says, for networks with a rule of their own. Always on raw bytes."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from earful.channels.kit.signatures import Reason, SignatureRefused
from earful.model.time import SECOND, Instant


def hex_mac(secret: str, data: bytes, digest: str = "sha256") -> str:
    """HMAC in lower-case hexadecimal."""
    return hmac.new(secret.encode(), data, digest).hexdigest()


def base64_mac(secret: str, data: bytes, digest: str = "sha256") -> str:
    """HMAC in Base64."""
    return base64.b64encode(hmac.new(secret.encode(), data, digest).digest()).decode()


def header(headers: Mapping[str, str], name: str) -> str:
    """A header that must be there. Raises SignatureRefused."""
    value = headers.get(name, "").strip()
    if not value:
        raise SignatureRefused(Reason.MISSING_HEADER, f"The header {name} is missing. Nothing was kept.")
    return value


def must_match(given: str, *expected: str) -> None:
    """Compare in constant time with each of what is right. Raises SignatureRefused."""
    theirs = given.encode("utf-8", "replace")
    # Every one is compared, also after a match: the time taken tells nothing.
    matches = [hmac.compare_digest(ours.encode(), theirs) for ours in expected]
    if not any(matches):
        raise SignatureRefused(
            Reason.NO_MATCH,
            "The signature does not match: the secret differs, or the body was changed on its way. Nothing was kept.",
        )


def must_be_fresh(stamp: str, now: Instant, tolerance_seconds: int) -> None:
    """A time in seconds must be near ours. Raises SignatureRefused."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
        raise SignatureRefused(Reason.BAD_TIMESTAMP, "Its time is not a number of seconds. Nothing was kept.")
    behind = now - int(stamp) * SECOND
    if abs(behind) > tolerance_seconds * SECOND:
        reason, words = (
            (Reason.TOO_OLD, "a replay, or a clock is wrong")
            if behind > 0
            else (Reason.TOO_NEW, "a clock is wrong")
        )
        raise SignatureRefused(
            reason,
            f"Its time is {abs(behind) // SECOND} s off, more than {tolerance_seconds}: {words}. Nothing was kept.",
        )


def app_name(network_family: str, secret: str) -> str:
    """Names an app by its secret without telling it; see `Hook.app`."""
    return hashlib.sha256(f"earful app\n{network_family}\n{secret}".encode()).hexdigest()[:24]
