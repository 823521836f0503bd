"""Private messages of a page, their echoes, edits and reports."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given

from earful.channels.facebook.parse import parse_page
from earful.channels.hooks import Part, Unreadable
from earful.model.message import Change, Direction, MessageKind, Network, Visibility
from earful.model.time import Instant
from tests.channels.json import anything, shaped

NOW = Instant(1_800_000_000_000)
PAGE = "1000"


def delivery(event: Any, name: str = "messaging") -> bytes:
    return msgspec.json.encode({"object": "page", "entry": [{"id": PAGE, "time": 1, name: [event]}]})


def read(name: str = "messaging", **event: Any) -> Part:
    told = {"sender": {"id": 7}, "recipient": {"id": PAGE}, "timestamp": 1_700_000_000_000} | event
    (part,) = parse_page(delivery(told, name), NOW)
    assert (part.network, part.account) == (Network.MESSENGER, PAGE)
    return part


def test_a_message_is_private_and_in_the_thread_of_its_customer() -> None:
    (message,) = read(message={"mid": "m_1", "text": "Hello", "reply_to": {"mid": "m_0"}}).messages
    assert (message.native_id, message.text, message.kind) == ("m_1", "Hello", MessageKind.DM)
    assert message.visibility is Visibility.DIRECT
    assert (message.thread, message.parent_id, message.context["customer"]) == ("7", "m_0", "7")
    assert message.author is not None
    assert message.author.native_id == "7"


@pytest.mark.parametrize("ends", [(PAGE, "7"), ("7", PAGE)])
def test_an_echo_is_ours_and_carries_our_id(ends: tuple[str, str]) -> None:
    sender, recipient = ends
    echo = {"mid": "m_2", "text": "Hi", "is_echo": True, "app_id": 1, "metadata": "reply-1"}
    (message,) = read(sender={"id": sender}, recipient={"id": recipient}, message=echo).messages
    assert (message.direction, message.client_id, message.thread) == (Direction.OUTBOUND, "reply-1", "7")


def test_what_another_app_handles_is_marked() -> None:
    (message,) = read("standby", message={"mid": "m_1", "text": "Hello"}).messages
    assert message.context["standby"] is True


def test_edits_and_unsent_messages() -> None:
    (edited,) = read(message_edit={"mid": "m_1", "text": "Better", "num_edit": "2"}).messages
    assert (edited.change, edited.native_id, edited.text) == (Change.EDIT, "m_1", "Better")
    (gone,) = read(message={"mid": "m_1", "is_deleted": True}).messages
    assert (gone.change, gone.native_id) == (Change.DELETE, "m_1")


@pytest.mark.parametrize(
    ("message", "kind", "text", "attached"),
    [
        ({"is_unsupported": True}, MessageKind.UNSUPPORTED, "", []),
        ({}, MessageKind.UNSUPPORTED, "", []),
        (
            {"attachments": [{"type": "image", "payload": {"url": "https://a.test/1"}}]},
            MessageKind.DM,
            "",
            ["image"],
        ),
        (
            {"attachments": [{"type": "fallback", "payload": "BLOB", "url": "https://a.test"}]},
            MessageKind.DM,
            "",
            ["link"],
        ),
        ({"attachments": [{"type": "novel", "payload": None}]}, MessageKind.DM, "", ["file"]),
        (
            {
                "attachments": [
                    {"type": "location", "title": "Pin", "payload": {"coordinates": {"lat": 1, "long": 2}}}
                ]
            },
            MessageKind.DM,
            "Pin 1, 2",
            ["link"],
        ),
        (
            {"reply_to": {"story": {"id": 5, "url": "https://a.test/s"}}, "text": "Nice"},
            MessageKind.DM,
            "Nice",
            ["link"],
        ),
    ],
)
def test_what_is_no_text(message: dict[str, Any], kind: MessageKind, text: str, attached: list[str]) -> None:
    (found,) = read(message={"mid": "m_1"} | message).messages
    assert (found.kind, found.text, [one.kind for one in found.attachments]) == (kind, text, attached)


def test_buttons_speak_and_reports_report() -> None:
    (pressed,) = read(postback={"title": "Talk to a person", "payload": "HUMAN"}).messages
    assert pressed.text == "Talk to a person"
    assert pressed.native_id == "postback:7:1700000000000"
    delivered = read(delivery={"mids": ["m_1", "m_2"], "watermark": 1}).reports
    assert [(one.native_id, one.state) for one in delivered] == [("m_1", "delivered"), ("m_2", "delivered")]
    seen = read(read={"watermark": 1_795_000_000_000})
    assert (seen.reports, len(seen.read)) == ([], 1)


def test_the_rest_is_silent_or_counted() -> None:
    for name in ("reaction", "referral", "optin", "pass_thread_control", "account_linking"):
        part = read(**{name: {"anything": [1]}})
        assert (part.messages, part.strange) == ([], [])
    assert read(telepathy={}).strange == ["telepathy"]
    assert read(message={"text": "no mid"}).strange == ["private message of a new shape"]


NAMES = ["mid", "text", "attachments", "reply_to", "is_echo", "metadata", "is_deleted", "referral"]


@given(anything() | shaped(NAMES, lambda one: msgspec.json.decode(delivery({"message": {"mid": "m"} | one}))))
def test_nothing_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        parse_page(body, NOW)
