"""Requests of Twilio, believed by their signature (Twilio, "Webhooks security").

Signed is the address as Twilio called it, with the fields of a form in order of their names behind it. Nothing in it
tells the time: a replay is recognised by what it brings.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from earful.channels.hooks import Asked, Proof
from earful.channels.kit.macs import base64_mac, header, must_match
from earful.channels.kit.signatures import Reason, SignatureRefused

HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
ATTEMPT_HEADER = "i-twilio-idempotency-token"
FORM = "application/x-www-form-urlencoded"
_DIGESTS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS = {"https": 443, "http": 80}


def verify(asked: Asked, auth_token: str, shared_key: str) -> Proof:
    """Prove a request. Raises SignatureRefused.

    `shared_key` is asked for only where the account signs with one (HMAC-SHA256), and names its own header then.
    """
    given = header(asked.headers, HEADER)
    digest = _digest(asked.headers.get(SETTINGS_HEADER, ""))
    secret = auth_token if digest == "sha1" else shared_key
    if not secret:
        raise SignatureRefused(
            Reason.NO_MATCH,
            f"The {'auth token' if digest == 'sha1' else 'shared key'} that Twilio signs with is not filled in at this "
            "channel. Nothing was kept.",
        )
    tail = _tail(asked)
    # Twilio may or may not write the port that goes without saying.
    expected = [base64_mac(secret, f"{one}{tail}".encode(), digest) for one in _spellings(asked.url)]
    must_match(given, *expected)
    return Proof(
        verified_by=f"twilio-hmac-{digest}",
        native_delivery_id=asked.headers.get(ATTEMPT_HEADER, "").strip(),
    )


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name. What is no UTF-8 is marked. Never raises."""
    found: dict[str, str] = {}
    for name, value in _pairs(body):
        found.setdefault(name, value)
    return found


def sign(secret: str, url: str, fields: Mapping[str, str], digest: str = "sha1") -> str:
    """The signature of a form, for the simulator and for tests."""
    return base64_mac(secret, f"{url}{_joined(list(fields.items()))}".encode(), digest)


def _digest(settings: str) -> str:
    parts = (one.partition("=") for one in settings.split(","))
    named = next((value.strip() for name, _, value in parts if name.strip() == "algorithm" and value), "")
    digest = _DIGESTS.get((named or "HMAC_SHA1").upper())
    if digest is None:
        raise SignatureRefused(
            Reason.NO_MATCH, f"The signature is made by “{named[:40]}”, which is not known. Nothing was kept."
        )
    return digest


def _tail(asked: Asked) -> str:
    """What is signed behind the address. A body that is no form is named by its digest in the address."""
    sums = parse_qs(urlsplit(asked.url).query).get("bodySHA256", [])
    if not sums:
        return _joined(_pairs(asked.body))
    if not hmac.compare_digest(hashlib.sha256(asked.body).hexdigest(), sums[0].lower()):
        raise SignatureRefused(
            Reason.NO_MATCH, "The body is not the one that was signed for. Nothing was kept."
        )
    return ""


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii", "replace"), keep_blank_values=True, errors="replace", max_num_fields=500
        )
    except ValueError:
        return []


def _spellings(url: str) -> list[str]:
    split = urlsplit(url)
    usual = _PORTS.get(split.scheme, 443)
    if split.port not in (None, usual):
        return [url]
    host = split.netloc.removesuffix(f":{usual}")
    return [
        urlunsplit(split._replace(netloc=host)),
        urlunsplit(split._replace(netloc=f"{host}:{usual}")),
    ]
