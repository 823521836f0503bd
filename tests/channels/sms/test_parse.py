"""Messages and reports of Twilio, from its webhook and from its list."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Unreadable
from earful.channels.sms.hook import TwilioSmsHook
from earful.channels.sms.parse import listed, parse_push
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.intake.rules import problem_of
from earful.model.message import Direction, IncomingMessage, MessageKind, Visibility
from earful.model.time import Instant, instant
from tests.channels.garbage import few, objects

NOW = Instant(1_795_000_000_000)
HOOK = TwilioSmsHook(SmsSettings(number="+15550009000", account="AC1"), SmsSecrets(auth_token="12345"))
CAME = {
    "MessageSid": "SM1",
    "From": "+14155550123",
    "To": "+15550009000",
    "Body": "Où est mon colis ?",
    "NumMedia": "0",
}
LISTED = {
    "sid": "SM1", "body": "Où est mon colis ?", "from": "+14155550123", "to": "+15550009000", "direction": "inbound",
    "status": "received", "num_media": "0", "date_sent": "Thu, 19 Nov 2026 18:26:40 +0000",
}  # fmt: skip


def only(fields: dict[str, str]) -> IncomingMessage:
    (message,) = parse_push(urlencode(fields).encode(), NOW).messages
    assert problem_of(message, NOW) is None
    return message


def test_a_text_is_direct_and_its_number_is_its_thread() -> None:
    message = only(CAME)
    assert message.author is not None
    assert (message.native_id, message.text, message.kind) == ("SM1", "Où est mon colis ?", MessageKind.SMS)
    assert (message.author.native_id, message.author.alt_ids) == ("+14155550123", {"phone": "+14155550123"})
    assert (message.thread, message.visibility) == ("+14155550123", Visibility.DIRECT)
    assert instant(message.occurred_at) == NOW


def test_pictures_come_by_reference_and_only_as_many_as_there_can_be() -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME7"
    fields = CAME | {"NumMedia": "999999", "Body": "", "MediaUrl0": url, "MediaContentType0": "image/jpeg"}
    fields |= {"MediaUrl1": "javascript:alert(1)", "MediaContentType1": "text/html"}
    (file,) = only(fields).attachments
    assert (file.kind, file.url, file.mime, file.native_id) == ("image", url, "image/jpeg", "ME7")


def test_words_that_twilio_answers_by_itself_are_no_complaint() -> None:
    message = only(CAME | {"Body": "stop", "OptOutType": "STOP"})
    assert (message.kind, message.context["opt_out"]) == (MessageKind.SYSTEM, "STOP")
    assert only(CAME | {"Body": "Stop it already"}).kind is MessageKind.SMS


def test_a_place_is_told_in_words_and_nothing_at_all_is_unsupported() -> None:
    place = CAME | {"Body": "", "Latitude": "52.5", "Longitude": "13.4", "Label": "Front door"}
    assert only(place).text == "Front door\n52.5, 13.4"
    assert only(CAME | {"Body": ""}).kind is MessageKind.UNSUPPORTED


@pytest.mark.parametrize(
    ("told", "state", "why"),
    [
        ({"MessageStatus": "delivered"}, "delivered", ""),
        ({"MessageStatus": "read"}, "read", ""),
        ({"MessageStatus": "undelivered", "ErrorCode": "30006"}, "failed", "landline"),
        (
            {"MessageStatus": "failed", "ErrorCode": "30999", "ErrorMessage": "Strange"},
            "failed",
            "Strange (error 30999)",
        ),
    ],
)
def test_reports_say_what_became_of_ours(told: dict[str, str], state: str, why: str) -> None:
    part = parse_push(urlencode({"MessageSid": "SM2", **told}).encode(), NOW)
    (report,) = part.reports
    assert (report.native_id, report.state) == ("SM2", state)
    assert why in report.why


def test_a_state_on_the_way_is_no_news_and_a_new_one_is_counted() -> None:
    for state in ("queued", "sending", "sent"):
        part = parse_push(f"MessageSid=SM2&MessageStatus={state}".encode(), NOW)
        assert (part.reports, part.strange) == ([], [])
    assert parse_push(b"MessageSid=SM2&MessageStatus=levitating", NOW).strange == ["status levitating"]


def test_the_list_and_the_webhook_meet_on_one_message() -> None:
    theirs, pushed = listed(dict(LISTED), "+15550009000", []), only(CAME)
    assert theirs is not None
    assert (theirs.native_id, theirs.revision, theirs.author, theirs.thread) == (
        pushed.native_id, pushed.revision, pushed.author, pushed.thread,
    )  # fmt: skip


def test_what_we_said_is_ours_and_what_never_left_is_nothing() -> None:
    raw: dict[str, Any] = LISTED | {
        "direction": "outbound-api",
        "from": "+15550009000",
        "to": "+14155550123",
        "status": "sent",
    }
    raw["body"] = "Sent from your Twilio trial account - It is on its way."
    message = listed(raw, "+15550009000", [])
    assert message is not None
    assert (message.direction, message.text, message.thread) == (
        Direction.OUTBOUND, "It is on its way.", "+14155550123",
    )  # fmt: skip
    assert listed(raw | {"status": "failed"}, "+15550009000", []) is None


@pytest.mark.parametrize("body", [b"", b"Body=hello", b"MessageSid=SM1", b"\xff\x00=\xff", b"{}"])
def test_what_is_no_message_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        HOOK.parse(RawDelivery(transport="webhook", body=body), NOW)


NAMES = [*LISTED, "uri", "content_type"]
FORM_NAMES = [
    "MessageSid",
    "From",
    "To",
    "Body",
    "NumMedia",
    "MediaUrl0",
    "MessageStatus",
    "ErrorCode",
    "OptOutType",
]


@few
@given(
    st.binary(max_size=80)
    | st.dictionaries(st.sampled_from(FORM_NAMES), st.text(max_size=20)).map(
        lambda fields: urlencode(fields, errors="replace").encode()
    )
)
def test_no_body_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        HOOK.parse(RawDelivery(transport="webhook", body=body), NOW)


@few
@given(objects(NAMES))
def test_no_entry_breaks_the_list(raw: dict[str, Any]) -> None:
    listed(raw, "+15550009000", [])
