"""Calls that Twilio answers: what callers hear, and what becomes of what they say."""

import itertools
from contextlib import suppress
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from earful.channels.contract import RawDelivery, Reply, ReplyTarget, SendRefused
from earful.channels.hooks import Asked, Unreadable
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.phone.connector import PhoneConnector
from earful.channels.phone.hook import PhoneHook, hook
from earful.channels.phone.parse import listed, parse_call
from earful.channels.phone.settings import PhoneSecrets, PhoneSettings
from earful.channels.sms.connector import TwilioSms
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.intake.rules import Held, Version, merge, version_of
from earful.model.message import IncomingMessage, MessageKind, Network, Visibility
from earful.model.time import SECOND, Instant, instant
from tests.channels.garbage import few
from tests.channels.running import run
from tests.channels.simulated import simulated

NOW = Instant(1_795_000_000_000)
URL = "https://desk.example.com/hooks/hotline"
SECRETS = PhoneSecrets(auth_token="12345")
SETTINGS = PhoneSettings(
    calls="twilio", number="+15550009000", account="AC1", greeting="Hello & <welcome>", transcribe=True
)
CALL = {
    "CallSid": "CA1",
    "From": "+14155550123",
    "To": "+15550009000",
    "Direction": "inbound",
    "ApiVersion": "2010-04-01",
}
RING = CALL | {"CallStatus": "ringing"}
OVER = CALL | {"CallStatus": "completed", "CallDuration": "40"}
LEFT = CALL | {
    "CallStatus": "completed", "RecordingUrl": "https://api.twilio.com/Recordings/RE1", "RecordingSid": "RE1",
    "RecordingDuration": "20", "Digits": "hangup",
}  # fmt: skip
WORDS = LEFT | {"TranscriptionStatus": "completed", "TranscriptionText": "My grinder is broken."}


def asked(fields: dict[str, str]) -> Asked:
    signature = RequestValidator("12345").compute_signature(URL, fields)
    return Asked(
        method="POST", url=URL, query={}, headers={"x-twilio-signature": signature}, body=urlencode(fields).encode()
    )  # fmt: skip


def spoken(fields: dict[str, str], settings: PhoneSettings = SETTINGS) -> ElementTree.Element | None:
    answer = PhoneHook(settings, SECRETS).verify(asked(fields), NOW).answer
    return None if answer is None else ElementTree.fromstring(answer.body)  # noqa: S314 - our own


def test_a_caller_hears_our_sentence_and_may_leave_a_message() -> None:
    twiml = spoken(RING)
    assert twiml is not None
    assert [one.tag for one in twiml] == ["Say", "Record"]
    assert twiml[0].text == "Hello & <welcome>"
    assert (twiml[1].attrib["action"], twiml[1].attrib["transcribeCallback"]) == (URL, URL)
    silent = spoken(RING, PhoneSettings(calls="twilio", record=False))
    assert silent is not None
    assert [one.tag for one in silent] == ["Say", "Hangup"]


def test_nobody_is_spoken_to_when_the_call_is_over() -> None:
    left = spoken(LEFT)
    assert left is not None
    assert [one.tag for one in left] == ["Hangup"]
    assert spoken(OVER) is None
    assert spoken(WORDS) is None


def test_a_forged_call_hears_nothing() -> None:
    forged = asked(RING)
    with pytest.raises(SignatureRefused):
        PhoneHook(SETTINGS, PhoneSecrets(auth_token="other")).verify(forged, NOW)
    with pytest.raises(SignatureRefused, match="auth token"):
        PhoneHook(SETTINGS, PhoneSecrets()).verify(forged, NOW)
    assert hook(PhoneSettings(), PhoneSecrets()) is None


def brought(order: tuple[tuple[int, dict[str, str]], ...]) -> tuple[Version, Held]:
    """What stands once these requests were read, each received so many seconds after the call began."""
    held, stands = Held(revision="", occurred_at=0, edited_at=None), None
    for seconds, fields in order:
        part = parse_call(urlencode(fields).encode(), Instant(NOW + seconds * SECOND))
        for message in part.messages:
            version = version_of(message)
            merged = merge(
                held, version, occurred_at=instant(message.occurred_at), edited=message.edited_at is not None
            )
            held, stands = merged.held, version if merged.stands else stands
    assert stands is not None
    return stands, held


def test_whatever_order_they_come_in_the_words_stand() -> None:
    for order in itertools.permutations(((0, RING), (41, LEFT), (40, OVER), (55, WORDS))):
        version, held = brought(order)
        assert version.text == "My grinder is broken."
        assert held.occurred_at == NOW
    assert brought(((40, OVER),))[0].text == "Called; nobody answered."
    late = brought(((41, LEFT), (300, OVER | {"CallDuration": "300"})))
    assert late[0].text == "Called and left a message of 20 s."


def test_a_message_that_was_left_is_a_call_with_its_recording() -> None:
    (message,) = parse_call(urlencode(LEFT).encode(), NOW).messages
    (file,) = message.attachments
    assert (message.native_id, message.kind, message.thread) == ("CA1", MessageKind.CALL, "+14155550123")
    assert (file.kind, file.url, file.native_id) == (
        "audio",
        "https://api.twilio.com/Recordings/RE1.mp3",
        "RE1",
    )


def test_the_list_meets_what_was_told() -> None:
    raw = {
        "sid": "CA1", "from": "+14155550123", "to": "+15550009000", "direction": "inbound", "status": "no-answer",
        "start_time": "Wed, 18 Nov 2026 09:46:40 +0000",
    }  # fmt: skip
    found = listed(raw)
    told = parse_call(urlencode(CALL | {"CallStatus": "no-answer"}).encode(), NOW).messages[0]
    assert found is not None
    assert key(found) == key(told)
    assert listed(raw | {"status": "in-progress"}) is None
    assert listed(raw | {"direction": "outbound-dial"}) is None


def key(message: IncomingMessage) -> tuple[str, str, str]:
    return message.namespace, message.native_id, version_of(message).revision


@few
@given(
    st.binary(max_size=60)
    | st.dictionaries(st.sampled_from([*WORDS]), st.text(max_size=20)).map(
        lambda fields: urlencode(fields, errors="replace").encode()
    )
)
def test_no_body_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        PhoneHook(SETTINGS, SECRETS).parse(RawDelivery(transport="webhook", body=body), NOW)


def test_what_is_not_filled_in_is_named() -> None:
    async def walk() -> None:
        async with simulated(Network.SMS) as (_, tools, _clock):
            (wrong,) = await PhoneConnector(PhoneSettings(calls="twilio"), PhoneSecrets(), tools).check()
            assert wrong.endswith("fill in our number, the account SID, the auth token.")
            assert await PhoneConnector(PhoneSettings(), PhoneSecrets(), tools).check() == []

    run(walk())


def test_a_call_is_answered_by_sms_where_there_is_one() -> None:
    async def walk() -> None:
        async with simulated(Network.SMS) as (simulator, tools, _):
            connector, wiring = PhoneConnector(PhoneSettings(), PhoneSecrets(), tools), simulator.wiring()
            ana = f"+{simulator.world.customer('ana').id}"
            to = ReplyTarget(native_id="CA1", author_native_id=ana, visibility=Visibility.DIRECT, thread=ana)
            reply = Reply(client_id="r1", text="We call you back.", audience=Visibility.DIRECT, to=to)
            assert not connector.capabilities.private_reply
            assert not connector.capabilities.history, "a telephone system cannot be asked for what was"
            with pytest.raises(SendRefused, match="Call back"):
                await connector.send(reply)
            sms = TwilioSms(SmsSettings(**wiring.settings), SmsSecrets(**wiring.secrets), tools)
            connector.by_sms = lambda: sms
            assert connector.capabilities.private_reply
            sent = await connector.send(reply)
            assert [one.text for one in simulator.world.said.values()] == ["We call you back."]
            assert await connector.find(reply) == sent

    run(walk())
