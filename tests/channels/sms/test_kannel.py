"""What Kannel says, in whatever charset, and what is refused. A real Kannel: tests/real/test_kannel.py."""

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.hooks import Asked, ByQuery, Unreadable
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.sms.hook import TwilioSmsHook
from earful.channels.sms.kannel_hook import KannelHook, parse_query
from earful.channels.sms.provider import hook
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.model.message import IncomingMessage, MessageKind
from earful.model.time import Instant
from tests.channels.garbage import few

NOW = Instant(1_795_000_000_000)
SETTINGS = SmsSettings(provider="kannel", number="13013", account="earful")
SECRETS = SmsSecrets(auth_token="pass", shared_key="shared-key-1")
HEAD = b"id=6a1&from=%2B15550123&to=13013&at=1794990000&"


def only(query: bytes) -> IncomingMessage:
    (message,) = parse_query(HEAD + query, NOW).messages
    return message


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (b"coding=0&charset=UTF-8&text=O%C3%B9+est+mon+colis%3F", "Où est mon colis?"),
        (b"coding=2&charset=UTF-16BE&text=%04%13%044%045%00+%00%26", "Где &"),
        (b"coding=2&text=%04%13%044%045", "Где"),
        (b"coding=0&charset=ISO-8859-1&text=%FCber", "über"),
        (b"coding=0&charset=&text=plain", "plain"),
        (b"coding=0&charset=klingon&text=plain", "plain"),
        (b"coding=0&text=%FF%00broken", "\ufffdbroken"),
    ],
)
def test_words_are_read_in_their_charset(query: bytes, text: str) -> None:
    assert only(query).text == text


def test_a_binary_message_is_unsupported_and_stop_is_remembered() -> None:
    assert only(b"coding=1&charset=8-bit&text=%00%01").kind is MessageKind.UNSUPPORTED
    assert only(b"coding=0&text=+stop+").context["opt_out"] == "STOP"
    assert "opt_out" not in only(b"coding=0&text=stop+it").context


def test_reports_are_of_our_own_id() -> None:
    (report,) = parse_query(b"dlr=1&why=&reply=r-1", NOW).reports
    assert (report.native_id, report.state) == ("kannel.r-1", "delivered")
    (report,) = parse_query(b"dlr=16&why=NACK%2F11%2FInvalid&reply=r-1", NOW).reports
    assert report.state == "failed"
    assert "NACK/11/Invalid" in report.why
    assert parse_query(b"dlr=8&why=&reply=r-1", NOW).reports == []
    assert parse_query(b"dlr=99&reply=r-1", NOW).strange == ["report 99"]


@pytest.mark.parametrize("query", [b"", b"text=hello", b"id=1&text=hello", b"dlr=1", b"\xff=\xff"])
def test_what_is_neither_is_unreadable(query: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_query(query, NOW)


@few
@given(st.binary(max_size=80))
def test_no_query_breaks_the_reader(query: bytes) -> None:
    for start in (b"", HEAD, b"dlr=1&"):
        with suppress(Unreadable):
            parse_query(start + query, NOW)


def test_only_who_has_the_password_is_believed() -> None:
    made = hook(SETTINGS, SECRETS)
    assert isinstance(made, ByQuery)
    assert not isinstance(hook(SmsSettings(number="1234", account="AC1"), SECRETS), ByQuery)
    assert isinstance(hook(SmsSettings(number="1234", account="AC1"), SECRETS), TwilioSmsHook)

    def verify(given: str | None, secrets: SmsSecrets = SECRETS) -> str:
        headers = {} if given is None else {"authorization": given}
        asked = Asked(method="GET", url="https://desk.test/hooks/sms", query={}, headers=headers, body=HEAD)
        return KannelHook(SETTINGS, secrets).verify(asked, NOW).verified_by

    good = f"Basic {b64encode(b'kannel:shared-key-1').decode()}"
    assert verify(good) == "kannel-password"
    empty = f"Basic {b64encode(b'kannel:').decode()}"
    for wrong in (None, "", good[:-1], good.lower(), "Basic ", empty, "Basic ü"):
        with pytest.raises(SignatureRefused):
            verify(wrong)
    with pytest.raises(SignatureRefused, match="not filled in"):
        verify(empty, SmsSecrets(auth_token="pass"))
