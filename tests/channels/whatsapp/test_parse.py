"""Deliveries of the WhatsApp Cloud API, old and new."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given

from earful.channels.hooks import Part, Unreadable
from earful.channels.whatsapp.parse import parse_whatsapp
from earful.model.message import Change, Direction, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.json import anything, shaped

NOW = Instant(1_800_000_000_000)
ANA = {"profile": {"name": "Ana"}, "wa_id": "4915", "user_id": "DE.77"}


def delivery(value: dict[str, Any], field: str = "messages") -> bytes:
    whole = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "9000"}, **value}
    entry = {"id": "1", "changes": [{"field": field, "value": whole}]}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


def read(value: dict[str, Any], field: str = "messages") -> Part:
    (part,) = parse_whatsapp(delivery(value, field), NOW)
    return part


def said(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"from": "4915", "id": "wamid.1", "timestamp": "1700000000", **content, **more}


def text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def test_a_text_is_a_private_message_of_its_writer() -> None:
    part = read({"contacts": [ANA], "messages": [said(text("Hello"))]})
    (message,) = part.messages
    assert part.account == "9000"
    assert (message.native_id, message.text, message.kind) == ("wamid.1", "Hello", MessageKind.DM)
    assert message.visibility is Visibility.DIRECT
    assert message.occurred_at.timestamp() == 1_700_000_000
    assert message.author is not None
    assert (message.author.native_id, message.author.name) == ("DE.77", "Ana")
    assert message.author.alt_ids == {"wa_id": "4915", "user_id": "DE.77"}
    assert message.thread == "DE.77"


@pytest.mark.parametrize(
    ("contact", "extra", "native_id", "alt"),
    [
        ({"wa_id": "4915"}, {}, "4915", {"wa_id": "4915"}),
        ({"wa_id": 4915}, {"from": 4915}, "4915", {"wa_id": "4915"}),
        ({"user_id": "DE.77"}, {"from": "", "from_user_id": "DE.77"}, "DE.77", {"user_id": "DE.77"}),
        ({"user_id": "DE.77", "profile": {"username": "ana"}}, {"from": ""}, "DE.77", {"user_id": "DE.77"}),
        ({}, {"from_user_id": "DE.77"}, "DE.77", {"wa_id": "4915", "user_id": "DE.77"}),
    ],
)
def test_a_person_is_known_by_whichever_ids_come(
    contact: dict[str, Any], extra: dict[str, Any], native_id: str, alt: dict[str, str]
) -> None:
    part = read({"contacts": [contact], "messages": [said(text("Hi"), **extra)]})
    author = part.messages[0].author
    assert author is not None
    assert (author.native_id, author.alt_ids) == (native_id, alt)
    assert {name: part.messages[0].context[name] for name in alt} == alt


def test_people_of_one_delivery_are_not_mixed_up() -> None:
    ben = {"profile": {"name": "Ben"}, "wa_id": "4916", "user_id": "DE.78"}
    messages = [said(text("Ana"), id="wamid.1"), said(text("Ben"), id="wamid.2", **{"from": "4916"})]
    part = read({"contacts": [ben, ANA], "messages": messages})
    assert [one.author.name for one in part.messages if one.author is not None] == ["Ana", "Ben"]


@pytest.mark.parametrize(
    ("content", "words", "attached"),
    [
        (
            {"type": "image", "image": {"id": "5", "mime_type": "image/jpeg", "caption": "Look"}},
            "Look",
            "image/jpeg",
        ),
        ({"type": "audio", "audio": {"id": 5, "mime_type": "audio/ogg; codecs=opus"}}, "", "audio/ogg"),
        ({"type": "document", "document": {"id": "5", "filename": "bill.pdf"}}, "", ""),
        ({"type": "location", "location": {"latitude": 1.5, "longitude": 2}}, "1.5, 2.0", None),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, "Yes", None),
        (
            {"type": "interactive", "interactive": {"list_reply": {"title": "A", "description": "b"}}},
            "A\nb",
            None,
        ),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Ben"}, "phones": [{"phone": "+49"}]}],
            },
            "Ben: +49",
            None,
        ),
        (
            {"type": "order", "order": {"product_items": [{"quantity": 2, "product_retailer_id": "mug"}]}},
            "2 x mug",
            None,
        ),
    ],
)
def test_what_is_no_text_is_put_in_words_or_attached(
    content: dict[str, Any], words: str, attached: str | None
) -> None:
    (message,) = read({"contacts": [ANA], "messages": [said(content)]}).messages
    assert message.text.startswith(words)
    assert bool(words) is bool(message.text)
    assert [one.mime for one in message.attachments] == ([] if attached is None else [attached])
    assert message.kind is MessageKind.DM


def test_unknown_kinds_are_kept_and_reactions_are_not_messages() -> None:
    part = read({"contacts": [ANA], "messages": [said({"type": "hologram", "hologram": {}})]})
    assert part.messages[0].kind is MessageKind.UNSUPPORTED
    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "!"}}
    assert read({"contacts": [ANA], "messages": [said(reaction)]}).messages == []


def test_edits_and_revokes_are_of_the_original() -> None:
    edit = {"type": "edit", "edit": {"original_message_id": "wamid.0", "message": text("Better")}}
    revoke = {"type": "revoke", "revoke": {"original_message_id": "wamid.0"}}
    edited, gone = read({"contacts": [ANA], "messages": [said(edit), said(revoke)]}).messages
    assert (edited.native_id, edited.change, edited.text) == ("wamid.0", Change.EDIT, "Better")
    assert edited.edited_at == edited.occurred_at
    assert (gone.native_id, gone.change) == ("wamid.0", Change.DELETE)


def test_what_we_write_in_the_app_is_ours() -> None:
    echo = {
        "from": "1555",
        "to": "4915",
        "id": "wamid.9",
        "timestamp": 1_700_000_000,
        **text("From the shop"),
    }
    (message,) = read({"contacts": [ANA], "message_echoes": [echo]}, "smb_message_echoes").messages
    assert message.direction is Direction.OUTBOUND
    assert message.thread == "DE.77"
    assert message.author is not None
    assert message.author.native_id == "9000"


def test_history_starts_no_automation() -> None:
    thread = {
        "id": "4915",
        "messages": [said(text("Long ago")), said(text("Ours"), id="wamid.2", **{"from": "1555"})],
    }
    theirs, ours = read({"history": [{"threads": [thread]}]}, "history").messages
    assert theirs.backfill
    assert (theirs.direction, ours.direction) == (Direction.INBOUND, Direction.OUTBOUND)
    assert theirs.thread == ours.thread == "4915"


def test_reports_say_how_far_a_reply_came() -> None:
    error = {"code": 131026, "title": "Undeliverable", "error_data": {"details": "No WhatsApp there"}}
    states = [("sent", []), ("delivered", []), ("read", []), ("played", []), ("failed", [error])]
    statuses = [
        {"id": f"wamid.{state}", "status": state, "timestamp": "1700000000", "errors": errors}
        for state, errors in states
    ]
    reports = read({"statuses": statuses}).reports
    assert [(one.native_id, one.state) for one in reports] == [
        ("wamid.delivered", "delivered"), ("wamid.read", "read"), ("wamid.played", "read"), ("wamid.failed", "failed"),
    ]  # fmt: skip
    assert reports[-1].why.endswith("Answer by another channel. No WhatsApp there (error 131026)")


def test_one_bad_item_costs_only_itself() -> None:
    bad = {"id": ["no"], "type": "text"}
    part = read(
        {
            "contacts": [ANA],
            "messages": [bad, said(text("Good"))],
            "statuses": [{"id": 1}, {"id": "wamid.1", "status": "read"}],
        }
    )
    assert [one.text for one in part.messages] == ["Good"]
    assert [one.state for one in part.reports] == ["read"]
    assert part.strange == ["message of a new shape", "status of a new shape"]
    broken = msgspec.json.decode(delivery({"contacts": [ANA], "messages": [said(text("Still"))]}))
    broken["entry"].insert(0, 5)
    broken["entry"][1]["changes"].insert(0, [])
    parts = parse_whatsapp(msgspec.json.encode(broken), NOW)
    assert [one.text for each in parts for one in each.messages] == ["Still"]
    assert [one for each in parts for one in each.strange] == [
        "entry of a new shape",
        "change of a new shape",
    ]
    with pytest.raises(Unreadable):
        parse_whatsapp(b"[]", NOW)


def test_the_end_of_the_account_is_told() -> None:
    (part,) = parse_whatsapp(delivery({"event": "ACCOUNT_DELETED"}, "account_update"), NOW)
    assert "ACCOUNT_DELETED" in part.revoked
    assert read({}, "telepathy").strange == ["telepathy"]
    assert read({}, "message_template_status_update").strange == []


@pytest.mark.parametrize(
    "stamp", ["1700000000", 1_700_000_000, 1_700_000_000_000, "2023-11-14T22:13:20+0000"]
)
def test_times_come_in_every_way(stamp: Any) -> None:
    (message,) = read({"messages": [said(text("Hi"), timestamp=stamp)]}).messages
    assert message.occurred_at.timestamp() == 1_700_000_000


@pytest.mark.parametrize("stamp", ["soon", "", None, -5, 10**30])
def test_a_time_that_is_none_is_now(stamp: Any) -> None:
    (message,) = read({"messages": [said(text("Hi"), timestamp=stamp)]}).messages or [None]
    if message is not None:
        assert message.occurred_at.timestamp() == NOW / 1000


NAMES = ["from", "id", "timestamp", "type", "text", "image", "interactive", "contacts", "order", "edit", "revoke",
         "context", "location", "system", "referral", "to", "button"]  # fmt: skip


@given(
    anything()
    | shaped(NAMES, lambda one: msgspec.json.decode(delivery({"messages": [one], "statuses": [one]})))
)
def test_nothing_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        parse_whatsapp(body, NOW)
