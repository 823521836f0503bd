"""Requests of Twilio are believed by their signature; Twilio's own library signs here."""

import hashlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from earful.channels.hooks import Asked
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.sms.hook import TwilioSmsHook
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.channels.twilio import signed
from earful.model.time import Instant

NOW = Instant(1_795_000_000_000)
SETTINGS = SmsSettings(number="+15550009000", account="AC1")
HOOK = TwilioSmsHook(SETTINGS, SmsSecrets(auth_token="12345", shared_key="sharedkey-secret"))
URL = "https://example.com/webhooks/twilio?foo=1&bar=2"
FIELDS = {"CallSid": "CA123", "From": "+14158675310", "Body": " hi ", "MessageSid": "SM1"}
SHA1 = "Y1xu/PQ3vnqv4/ibx8tJcG9S5iQ="
SHA256 = "RnpCOp2bW9HOjcmUsB+hgsuXiXBwurnNzWRBYDahAPY="
SHARED = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"


def asked(fields: dict[str, str] | bytes, signature: str | None, url: str = URL, **headers: str) -> Asked:
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if signature is not None:
        named["x-twilio-signature"] = signature
    return Asked(method="POST", url=url, query={}, headers=named, body=body)


def test_the_published_vectors_hold() -> None:
    assert HOOK.verify(asked(FIELDS, SHA1), NOW).verified_by == "twilio-hmac-sha1"
    shared = asked(FIELDS, SHA256, x_twilio_webhooks_signature_settings=SHARED)
    assert HOOK.verify(shared, NOW).verified_by == "twilio-hmac-sha256"
    digest = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    told = asked(b'{"a":1}', "rxXA7Nk6NPGFoTAAq6oZ56yOR28=", f"{URL}&bodySHA256={digest}")
    assert HOOK.verify(told, NOW).verified_by == "twilio-hmac-sha1"


@given(
    st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=30), min_size=1, max_size=8),
    st.sampled_from([URL, "https://example.com:443/hooks/a", "http://example.com:8443/hooks/b?x=%20y"]),
)
def test_what_twilios_library_signs_is_believed(fields: dict[str, str], url: str) -> None:
    signature = RequestValidator("12345").compute_signature(url, fields)
    HOOK.verify(asked(fields, signature, url), NOW)
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(fields | {"Body": "forged\x01"}, signature, url), NOW)


def test_the_port_that_goes_without_saying_makes_no_difference() -> None:
    bare, full = "https://desk.example.com/hooks/a", "https://desk.example.com:443/hooks/a"
    for theirs, ours in ((bare, full), (full, bare)):
        HOOK.verify(asked(FIELDS, RequestValidator("12345").compute_signature(theirs, FIELDS), ours), NOW)
    other = RequestValidator("12345").compute_signature("https://desk.example.com:444/hooks/a", FIELDS)
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(FIELDS, other, bare), NOW)


def test_a_body_that_is_no_form_is_held_to_its_digest() -> None:
    body = b'{"From":"+1"}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator("12345").compute_signature(url, {})
    HOOK.verify(asked(body, signature, url), NOW)
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(body + b" ", signature, url), NOW)


@pytest.mark.parametrize(
    ("signature", "headers"),
    [
        (None, {}),
        ("", {}),
        (SHA1[:-1], {}),
        (SHA1.lower(), {}),
        (SHA256, {}),
        (SHA1, {"x_twilio_webhooks_signature_settings": SHARED}),
        (SHA1, {"x_twilio_webhooks_signature_settings": "key=1,algorithm=HMAC_MD5"}),
        ("ü", {}),
    ],
)
def test_what_is_not_proved_is_refused(signature: str | None, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(FIELDS, signature, **headers), NOW)


def test_a_shared_key_that_is_not_filled_in_is_not_an_empty_one() -> None:
    hook = TwilioSmsHook(SETTINGS, SmsSecrets(auth_token="12345"))
    empty = RequestValidator("").compute_signature(URL, FIELDS, "HMAC_SHA256")
    with pytest.raises(SignatureRefused, match="shared key"):
        hook.verify(asked(FIELDS, empty, x_twilio_webhooks_signature_settings=SHARED), NOW)


def test_attempts_of_one_delivery_are_one() -> None:
    told = asked(FIELDS, SHA1, i_twilio_idempotency_token="b0a7-1")
    assert HOOK.verify(told, NOW).native_delivery_id == "b0a7-1"


def test_the_simulator_signs_as_the_library_does() -> None:
    for digest, name in (("sha1", "HMAC_SHA1"), ("sha256", "HMAC_SHA256")):
        theirs = RequestValidator("secret").compute_signature(URL, FIELDS, name)
        assert signed.sign("secret", URL, FIELDS, digest) == theirs
