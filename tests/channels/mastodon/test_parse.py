"""A status as a message."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from earful.channels.mastodon.api import Status, _notification
from earful.channels.mastodon.events import status_in
from earful.channels.mastodon.parse import concerns, deletion, parse_status, unreadable
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Visibility

SERVER = "https://Example.social"
ME = "1"


def status(**changes: Any) -> Status:
    plain = {
        "id": "1001",
        "created_at": "2026-11-21T10:00:00.000Z",
        "account": {"id": "2", "username": "ana", "acct": "ana@other.test", "followers_count": 12},
        "content": '<p><span class="h-card"><a href="https://example.social/@brand">@<span>brand</span></a></span>'
        " my parcel<br>is lost</p>",
        "visibility": "public",
        "mentions": [
            {"id": ME, "acct": "brand", "username": "brand", "url": "https://example.social/@brand"}
        ],
    }
    return msgspec.convert(plain | changes, Status)


def read(**changes: Any) -> IncomingMessage:
    return parse_status(status(**changes), server=SERVER, me=ME)


def test_a_mention() -> None:
    message = read()
    assert (message.namespace, message.native_id, message.thread) == (
        "mastodon:example.social",
        "1001",
        "1001",
    )
    assert message.text == "@brand my parcel\nis lost"
    assert (message.kind, message.direction, message.change) == (
        MessageKind.MENTION,
        Direction.INBOUND,
        Change.CREATE,
    )
    assert message.author is not None
    assert (message.author.handle, message.author.followers) == ("ana@other.test", 12)
    assert message.recipients[0].handle == "brand@example.social"
    assert message.context["acct"] == "ana@other.test"


@pytest.mark.parametrize(
    ("named", "visibility"),
    [
        ("public", Visibility.PUBLIC),
        ("unlisted", Visibility.UNLISTED),
        ("private", Visibility.FOLLOWERS),
        ("direct", Visibility.DIRECT),
        ("local", Visibility.DIRECT),
    ],
)
def test_audiences_are_never_read_wider_than_they_are(named: str, visibility: Visibility) -> None:
    assert read(visibility=named).visibility is visibility


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"visibility": "direct", "in_reply_to_id": "5"}, MessageKind.DM),
        ({"in_reply_to_id": "5"}, MessageKind.REPLY),
        ({"quote": {"state": "accepted", "quoted_status": {"id": "9"}}}, MessageKind.QUOTE),
        ({"quote": {"state": "accepted", "quoted_status_id": "9"}}, MessageKind.QUOTE),
        ({"account": {"id": ME, "acct": "brand"}}, MessageKind.POST),
    ],
)
def test_kinds(changes: dict[str, Any], kind: MessageKind) -> None:
    assert read(**changes).kind is kind


def test_a_reply_whose_thread_is_not_told_follows_its_parent() -> None:
    message = read(in_reply_to_id="5")
    assert (message.thread, message.parent_id) == ("", "5")
    told = parse_status(status(in_reply_to_id="5"), server=SERVER, me=ME, ancestors=["3", "5"])
    assert (told.thread, told.ancestor_ids) == ("3", ["3", "5"])


def test_an_edit_is_known_by_its_time() -> None:
    message = read(edited_at="2026-11-21T11:00:00.000Z")
    assert message.change is Change.EDIT
    assert message.revision == "2026-11-21T11:00:00+00:00"


def test_what_servers_leave_out_or_hide_is_no_error() -> None:
    bare = msgspec.convert(
        {"id": "1", "created_at": "2026-11-21T10:00:00Z", "account": {"id": "2", "followers_count": -1}},
        Status,
    )
    message = parse_status(bare, server=SERVER, me=ME)
    assert message.author is not None
    assert message.author.followers is None
    assert message.visibility is Visibility.DIRECT


def test_one_entry_that_cannot_be_understood_does_not_hold_up_the_page() -> None:
    raw = b'{"id": "77", "type": "mention", "created_at": "2026-11-21T10:00:00Z", "status": {"id": 5}}'
    notification = _notification(raw)
    assert (notification.id, notification.status, notification.unreadable) == ("77", None, raw.decode())
    message = unreadable(notification, server=SERVER)
    assert (message.kind, message.native_id) == (MessageKind.UNSUPPORTED, "notification:77")


def test_a_delete_needs_the_id_only() -> None:
    gone = deletion("1001", server=SERVER, at=datetime(2026, 11, 21, tzinfo=UTC))
    assert (gone.change, gone.native_id, gone.namespace) == (Change.DELETE, "1001", "mastodon:example.social")


def test_of_the_home_timeline_only_what_concerns_us_is_taken() -> None:
    assert concerns(status(), ME)
    assert concerns(status(account={"id": ME}, mentions=[]), ME)
    assert not concerns(status(mentions=[]), ME)
    assert not concerns(status(reblog={"id": "7"}), ME)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("update", b"not json"),
        ("update", b'{"id": 5}'),
        ("notification", b"{}"),
        ("filters_changed", b""),
        ("announcement", b"{}"),
    ],
)
def test_an_event_that_cannot_be_read_is_passed_over(kind: str, raw: bytes) -> None:
    assert status_in(kind, raw, ME) is None
