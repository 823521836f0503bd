"""Signed requests: how Meta tells that a person took their consent back, or wants their data deleted.

Source: "Data Deletion Request Callback" (Meta for Developers).
"""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from earful.channels.kit.signatures import Reason, SignatureRefused


class SignedRequest(Struct, kw_only=True):
    """What it says. `user_id` is the person as our app knows them."""

    user_id: str
    algorithm: str = ""
    issued_at: int = 0


_decoder = msgspec.json.Decoder(SignedRequest, strict=False)


def read_signed(app_secret: str, signed_request: str) -> SignedRequest:
    """Prove and read a signed request: `<base64url(HMAC-SHA256)>.<base64url(JSON)>`.

    The signature covers the second part as text. Raises SignatureRefused; nothing of it may be used then.
    """
    mac, _, payload = signed_request.partition(".")
    ours = hmac.new(app_secret.encode(), payload.encode("utf-8", "replace"), hashlib.sha256).digest()
    try:
        theirs, said = _decode(mac), _decode(payload)
    except (binascii.Error, ValueError):
        raise SignatureRefused(Reason.NO_MATCH, "This is no signed request. Nothing was kept.") from None
    if not hmac.compare_digest(ours, theirs):
        raise SignatureRefused(
            Reason.NO_MATCH, "The signature does not match: the app secret differs. Nothing was kept."
        )
    try:
        found = _decoder.decode(said)
    except msgspec.MsgspecError as fault:
        raise SignatureRefused(Reason.NO_MATCH, f"The signed request cannot be read: {fault}.") from None
    if found.algorithm.upper() != "HMAC-SHA256":
        raise SignatureRefused(Reason.NO_MATCH, "The request is signed by another rule. Nothing was kept.")
    return found


def signed_in(body: bytes) -> str:
    """The signed request of a form; empty when it has none."""
    return dict(parse_qsl(body.decode("ascii", "replace"))).get("signed_request", "")


def deletion_answer(status_url: str, confirmation_code: str) -> bytes:
    """What Meta wants to hear: where the person can see how far the deletion is, and its number."""
    return msgspec.json.encode({"url": status_url, "confirmation_code": confirmation_code})


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
