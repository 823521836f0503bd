"""Inbound Standard Webhooks: who is believed, and why not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from earful.channels.kit.signatures import Reason, SignatureRefused, sign, verify
from earful.model.time import SECOND, Instant, moment

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
BODY = b'{"type":"message.created","timestamp":"2026-11-21T00:00:00Z","data":{"id":"1"}}'
HEADERS = {
    "webhook-id": "msg_1",
    "webhook-timestamp": "1763683200",
    "webhook-signature": "v1,tJqHFLDLZ/QpJkZc0ExnbQcnCfPplGp9JZiCSKbzgZo=",
}
NOW = Instant(1763683200 * SECOND)


def test_the_published_vector_passes() -> None:
    assert verify(SECRET, HEADERS, BODY, NOW) == "msg_1"


def test_header_names_have_no_case_and_the_prefix_of_a_secret_is_optional() -> None:
    shouted = {name.title(): value for name, value in HEADERS.items()}
    assert verify(SECRET.removeprefix("whsec_"), shouted, BODY, NOW) == "msg_1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"webhook-id": ""}, Reason.MISSING_HEADER),
        ({"webhook-timestamp": None}, Reason.MISSING_HEADER),
        ({"webhook-signature": None}, Reason.MISSING_HEADER),
        ({"webhook-timestamp": "today"}, Reason.BAD_TIMESTAMP),
        ({"webhook-timestamp": "-1"}, Reason.BAD_TIMESTAMP),
        ({"webhook-timestamp": "1e9"}, Reason.BAD_TIMESTAMP),
        ({"webhook-timestamp": "9" * 400}, Reason.BAD_TIMESTAMP),
        ({"webhook-timestamp": "١٢٣"}, Reason.BAD_TIMESTAMP),
        ({"webhook-timestamp": "1763682899"}, Reason.TOO_OLD),
        ({"webhook-timestamp": "1763683501"}, Reason.TOO_NEW),
        ({"webhook-id": "msg_2"}, Reason.NO_MATCH),
        ({"webhook-timestamp": "1763683201"}, Reason.NO_MATCH),
        ({"webhook-signature": "v1,AAAA"}, Reason.NO_MATCH),
        ({"webhook-signature": "v1,é"}, Reason.NO_MATCH),
        ({"webhook-signature": "nonsense"}, Reason.NO_MATCH),
        ({"webhook-signature": HEADERS["webhook-signature"].replace("v1,", "v2,")}, Reason.NO_MATCH),
    ],
)
def test_each_refusal_has_its_reason(changes: dict[str, str | None], reason: Reason) -> None:
    headers = {name: value for name, value in (HEADERS | changes).items() if value is not None}
    with pytest.raises(SignatureRefused) as refused:
        verify(SECRET, headers, BODY, NOW)
    assert refused.value.reason is reason
    assert str(refused.value).endswith("Nothing was kept.")


def test_the_edges_of_the_tolerance_are_inside() -> None:
    for seconds in (-300, 300):
        assert verify(SECRET, HEADERS, BODY, Instant(NOW + seconds * SECOND)) == "msg_1"


def test_the_bytes_as_received_are_what_was_signed() -> None:
    with pytest.raises(SignatureRefused, match="changed on its way"):
        verify(SECRET, HEADERS, BODY.replace(b'"1"', b'"\\u0031"'), NOW)


def test_rotation_accepts_either_secret_and_either_signature() -> None:
    new = "whsec_" + base64.b64encode(b"another secret of ours!!").decode()
    assert verify([new, SECRET], HEADERS, BODY, NOW) == "msg_1"
    both = sign(new, "msg_1", 1763683200, BODY) + " " + HEADERS["webhook-signature"]
    assert verify(new, HEADERS | {"webhook-signature": both}, BODY, NOW) == "msg_1"


@pytest.mark.parametrize("secret", ["", "whsec_", "not base64 at all"])
def test_a_useless_secret_of_ours_is_our_fault(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        verify(secret, HEADERS, BODY, NOW)


@given(st.text(min_size=1, max_size=200))
def test_the_reference_library_signs_alike(body: str) -> None:
    theirs = Webhook(SECRET).sign("msg_1", moment(NOW).replace(tzinfo=None), body)
    assert theirs == sign(SECRET, "msg_1", NOW // SECOND, body.encode())


@given(st.binary(max_size=100))
def test_bytes_that_are_no_text_can_be_signed(body: bytes) -> None:
    headers = HEADERS | {"webhook-signature": sign(SECRET, "msg_1", 1763683200, body)}
    assert verify(SECRET, headers, body, NOW) == "msg_1"
