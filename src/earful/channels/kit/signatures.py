"""Signatures of inbound Standard Webhooks (specification 1.0, standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum

from earful.model.time import SECOND, Instant

_PREFIX = "whsec_"


class Reason(StrEnum):
    """Why a delivery was not believed."""

    MISSING_HEADER = "missing_header"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    NO_MATCH = "no_match"


class SignatureRefused(Exception):
    """The delivery is not proved to come from who it says; nothing of it may be used."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def verify(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    raw_body: bytes,
    now: Instant,
    tolerance_seconds: int = 300,
) -> str:
    """Prove a delivery and return its `webhook-id`.

    `secret` is one or several (rotation: the new and the old), each base64 with or without `whsec_`. The
    signature covers the bytes as received, so a body that was parsed and written again does not pass.
    Comparisons take constant time.

    Raises SignatureRefused with its reason, and ValueError when a secret of ours is not base64 or empty.
    """
    keys = [_key(each) for each in ([secret] if isinstance(secret, str) else secret)]
    lower = {name.lower(): value for name, value in headers.items()}
    webhook_id = _header(lower, "webhook-id")
    stamp = _header(lower, "webhook-timestamp")
    given = _header(lower, "webhook-signature")
    _check_time(stamp, now, tolerance_seconds)
    signed = b".".join((webhook_id.encode("utf-8", "replace"), stamp.encode("ascii"), raw_body))
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    candidates = _candidates(given)
    # Every pair is compared, also after a match: the time taken tells nothing.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in candidates]
    if not any(matches):
        raise SignatureRefused(
            Reason.NO_MATCH,
            "No signature matches: the secret differs, or the body was changed on its way. Nothing was kept.",
        )
    return webhook_id


def sign(secret: str, webhook_id: str, stamp_seconds: int, raw_body: bytes) -> str:
    """One `v1,...` signature, for what we send and for tests."""
    signed = b".".join((webhook_id.encode(), str(stamp_seconds).encode(), raw_body))
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def is_secret(text: str) -> bool:
    """Whether one can sign with this."""
    try:
        return bool(_key(text))
    except ValueError:
        return False


def _key(secret: str) -> bytes:
    bare = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a webhook secret must be base64, with or without the prefix whsec_") from None
    if not key:
        raise ValueError("a webhook secret must not be empty")
    return key


def _header(lower: Mapping[str, str], name: str) -> str:
    value = lower.get(name, "").strip()
    if not value:
        raise SignatureRefused(Reason.MISSING_HEADER, f"The header {name} is missing. Nothing was kept.")
    return value


def _check_time(stamp: str, now: Instant, tolerance_seconds: int) -> None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
        raise SignatureRefused(
            Reason.BAD_TIMESTAMP, "The header webhook-timestamp is not a number of seconds. Nothing was kept."
        )
    behind = now - int(stamp) * SECOND
    if behind > tolerance_seconds * SECOND:
        raise SignatureRefused(
            Reason.TOO_OLD,
            f"The delivery is {behind // SECOND} s old, more than {tolerance_seconds}: a replay, or a clock "
            "is wrong. Nothing was kept.",
        )
    if -behind > tolerance_seconds * SECOND:
        raise SignatureRefused(
            Reason.TOO_NEW,
            f"The delivery is dated {-behind // SECOND} s ahead, more than {tolerance_seconds}: a clock is "
            "wrong. Nothing was kept.",
        )


def _candidates(given: str) -> list[bytes]:
    found = []
    for each in given.split():
        version, _, signature = each.partition(",")
        if version != "v1":
            continue
        try:
            found.append(base64.b64decode(signature, validate=True))
        except (binascii.Error, ValueError):
            continue
    return found
