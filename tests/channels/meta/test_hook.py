"""Deliveries of Meta are believed on their bytes, and the address proves itself to Meta."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Asked, Unreadable
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.meta.hook import MetaHook
from earful.channels.meta.settings import MetaSecrets
from earful.channels.meta.signed import deletion_answer, read_signed
from earful.channels.threads.hook import ThreadsHook
from earful.channels.threads.settings import ThreadsSettings
from earful.channels.whatsapp.settings import WhatsAppSettings
from earful.model.message import Network
from earful.model.time import Instant
from tests.channels.json import anything

NOW = Instant(1_800_000_000_000)
SECRETS = MetaSecrets(app_secret="test-app-secret", verify_token="meatyhamhock")
HOOK = MetaHook(WhatsAppSettings(phone_number_id="1", business_account_id="2"), SECRETS)
THREADS = ThreadsHook(ThreadsSettings(user_id="1", username="brewline"), SECRETS)
BODY = (
    rb'{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"mid":"m_1",'
    rb'"text":"gr\u00fc\u00df \ud83d\ude00 a\/b"}}]}]}'
)
SIGNATURE = "sha256=cda24a6acbf357a9d9e16cc512c8344329bbc2f4efbb4927d61b9c79c2d77e78"
SIGNED = (
    "KMxVhxLm6ZDVXSh1nNpAElkRQQLwrXA9rsGlxdUkYew"
    ".eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjEyOTE4MzY4MDB9"
)


def asked(
    method: str = "POST", body: bytes = b"", query: dict[str, str] | None = None, **headers: str
) -> Asked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked(method=method, url="https://desk.test/hooks/wa", query=query or {}, headers=named, body=body)


@pytest.mark.parametrize("hook", [HOOK, THREADS])
def test_the_signature_covers_the_bytes_as_they_came(hook: MetaHook | ThreadsHook) -> None:
    assert hook.verify(asked(body=BODY, x_hub_signature_256=SIGNATURE), NOW).verified_by == "meta-hub-sha256"
    unescaped = BODY.replace(rb"\/", b"/")
    for body, signature in [
        (unescaped, SIGNATURE),
        (BODY + b" ", SIGNATURE),
        (BODY, SIGNATURE[:-1]),
        (BODY, SIGNATURE.removeprefix("sha256=")),
        (BODY, SIGNATURE.upper()),
        (BODY, "sha256="),
        (BODY, ""),
    ]:
        with pytest.raises(SignatureRefused):
            hook.verify(asked(body=body, x_hub_signature_256=signature), NOW)
    with pytest.raises(SignatureRefused):
        hook.verify(asked(body=BODY), NOW)


def test_the_old_signature_alone_is_not_enough() -> None:
    with pytest.raises(SignatureRefused):
        HOOK.verify(asked(body=BODY, x_hub_signature="sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"), NOW)


@pytest.mark.parametrize("hook", [HOOK, THREADS])
def test_the_challenge_is_answered_for_our_verify_token_only(hook: MetaHook | ThreadsHook) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "meatyhamhock"}
    answer = hook.challenge(asked("GET", query=query))
    assert answer is not None
    assert (answer.status, answer.body, answer.media_type) == (200, b"1158201444", "text/plain")
    for wrong in ({"hub.verify_token": "other"}, {"hub.verify_token": ""}):
        refused = hook.challenge(asked("GET", query=query | wrong))
        assert refused is not None
        assert refused.status == 403
        assert b"1158201444" not in refused.body
    assert hook.challenge(asked("GET", query={"hub.mode": "unsubscribe"})) is None
    assert hook.challenge(asked("POST", query=query)) is None


def test_one_delivery_reaches_the_accounts_of_several_products() -> None:
    body = (
        b'{"object":"page","entry":[{"id":1,"time":1700000000,"changes":[{"field":"feed","value":{"item":"comment",'
        b'"verb":"add","comment_id":"2_3","post_id":"1_2","from":{"id":9,"name":"Ana"},"message":"Hi"}}]},'
        b'{"id":"7","time":1700000000000,"messaging":[{"sender":{"id":5},"recipient":{"id":7},'
        b'"timestamp":1700000000000,"message":{"mid":"m_1","text":"Hello"}}]},{"id":{}}]}'
    )
    parts = HOOK.parse(RawDelivery(transport="webhook", body=body), NOW)
    found = [(part.network, part.account, len(part.messages), part.strange) for part in parts]
    assert found == [
        (Network.FACEBOOK, "1", 1, []),
        (Network.MESSENGER, "7", 1, []),
        (Network.FACEBOOK, "", 0, ["entry of a new shape"]),
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object":"weather"}', b'{"object":1}', b"{", b"\xff"])
def test_what_is_no_delivery_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        HOOK.parse(RawDelivery(transport="webhook", body=body), NOW)


@given(st.binary(max_size=60) | anything())
def test_no_body_breaks_the_reader(body: bytes) -> None:
    for hook in (HOOK, THREADS):
        with suppress(Unreadable):
            hook.parse(RawDelivery(transport="webhook", body=body), NOW)


def test_a_signed_request_names_the_person() -> None:
    assert read_signed("test-app-secret", SIGNED).user_id == "218471"
    answer = deletion_answer("https://desk.test/deleted/1", "1")
    assert answer == b'{"url":"https://desk.test/deleted/1","confirmation_code":"1"}'


@pytest.mark.parametrize(
    ("secret", "signed"),
    [
        ("other-secret", SIGNED),
        ("test-app-secret", SIGNED[:-1]),
        ("test-app-secret", SIGNED.replace("KMx", "KMy")),
        ("test-app-secret", SIGNED.partition(".")[0]),
        ("test-app-secret", "." + SIGNED.partition(".")[2]),
        ("test-app-secret", "ü.ü"),
        ("test-app-secret", ""),
    ],
)
def test_a_signed_request_that_is_not_proved_is_refused(secret: str, signed: str) -> None:
    with pytest.raises(SignatureRefused):
        read_signed(secret, signed)
