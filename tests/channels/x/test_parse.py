"""Events of X as messages."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.hooks import Part, Unreadable
from earful.channels.x.parse import direct_message, parse_event, post, time_of
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.garbage import few, objects

NOW = Instant(1_795_000_000_000)
ME, ANA = "1111111111111111111", "2222222222222222222"
POST = {
    "id": "2080765813578191303",
    "text": "hey @brewline, my kettle &lt;leaks&gt; https://t.co/abc",
    "author_id": ANA,
    "created_at": "2026-07-24T21:23:23.000Z",
    "conversation_id": "2080765813578191303",
    "edit_history_tweet_ids": ["2080765813578191303"],
    "entities": {
        "mentions": [{"start": 4, "end": 13, "username": "brewline", "id": ME}],
        "urls": [{"url": "https://t.co/abc", "expanded_url": "https://example.test/kettle"}],
    },
    "public_metrics": {"like_count": 2, "reply_count": "1"},
    "lang": "und",
}
USERS = {
    "users": [{"id": ANA, "username": "ana", "name": "Ana P", "public_metrics": {"followers_count": 97}}]
}


def event(kind: str, payload: dict[str, Any], includes: dict[str, Any] | None = None) -> Part:
    data = {
        "event_uuid": "1", "filter": {"user_id": ME}, "event_type": kind, "payload": payload,
        "includes": includes or {},
    }  # fmt: skip
    return parse_event(msgspec.json.encode({"data": data}), NOW)[0]


def one(kind: str, payload: dict[str, Any], includes: dict[str, Any] | None = None) -> IncomingMessage:
    part = event(kind, payload, includes)
    assert (part.account, part.strange) == (ME, [])
    return part.messages[0]


def test_a_mention() -> None:
    message = one("post.mention.create", POST, USERS)
    assert (message.native_id, message.namespace, message.thread) == (POST["id"], "x:post", POST["id"])
    assert message.text == "hey @brewline, my kettle <leaks> https://example.test/kettle"
    assert (message.kind, message.direction, message.visibility) == (
        MessageKind.MENTION,
        Direction.INBOUND,
        Visibility.PUBLIC,
    )
    assert message.author is not None
    assert (message.author.handle, message.author.name, message.author.followers) == ("ana", "Ana P", 97)
    assert message.metrics == {"likes": 2, "replies": 1}
    assert message.context["summoned"] is True
    assert message.permalink == f"https://x.com/ana/status/{POST['id']}"
    assert message.language == ""


def test_a_reply_without_its_author_is_asked_for_whole() -> None:
    part = event("post.reply.create", POST)
    assert (part.messages, part.wanted) == ([], [f"post:{POST['id']}"])
    assert event("post.quote.create", POST).wanted == [f"quote:{POST['id']}"]


def test_an_edit_is_the_same_post() -> None:
    edited = POST | {
        "id": "2080769588091789312",
        "edit_history_tweet_ids": [POST["id"], "2080769588091789312"],
    }
    message = one("post.mention.create", edited, USERS)
    assert (message.native_id, message.change, message.revision) == (
        POST["id"],
        Change.EDIT,
        "2080769588091789312",
    )
    assert message.edited_at == time_of("2080769588091789312")
    assert message.occurred_at == time_of(POST["id"])
    assert message.context["post_id"] == "2080769588091789312"


def test_names_of_fields_in_the_newest_document() -> None:
    newer = POST | {
        "referenced_posts": [{"type": "replied_to", "id": 7}, {"type": "quoted", "id": "8"}],
        "edit_history_post_ids": [POST["id"]],
        "note_post": {"text": "The whole of a long post"},
    }
    message = one("post.mention.create", newer, USERS)
    assert (message.parent_id, message.quoted_id, message.kind) == ("7", "8", MessageKind.QUOTE)
    assert message.text == "The whole of a long post"


def test_who_did_not_mention_us_is_not_summoned() -> None:
    found = post(POST | {"entities": {}}, {}, ME)
    assert found is not None
    assert found.context["summoned"] is False
    quoting = post(POST | {"entities": {}}, {}, ME, quotes=True)
    assert quoting is not None
    assert quoting.context["summoned"] is True


def test_a_repost_says_nothing() -> None:
    assert post(POST | {"referenced_tweets": [{"type": "retweeted", "id": "1"}]}, {}, ME) is None


def dm(sender: str, to: str) -> dict[str, Any]:
    return {
        "direct_message_events": [
            {
                "type": "message_create", "id": 2080765901528535096, "created_timestamp": "1784928224372",
                "message_create": {
                    "target": {"recipient_id": to}, "sender_id": sender, "message_data": {"text": "hello &amp; hi"},
                },
            }
        ],
        "users": {ANA: {"data": {"id": ANA, "username": "ana", "name": "Ana P"}}},
    }  # fmt: skip


def test_direct_messages_of_events_and_of_the_api_are_the_same() -> None:
    pushed = one("dm.received", dm(ANA, ME))
    asked = direct_message(
        {
            "id": "2080765901528535096", "event_type": "MessageCreate", "text": "hello &amp; hi", "sender_id": ANA,
            "created_at": "2026-07-24T21:23:44.372Z", "dm_conversation_id": f"{ME}-{ANA}",
            "participant_ids": [ME, ANA],
        },
        {}, ME,
    )  # fmt: skip
    assert asked is not None
    for name in (
        "native_id",
        "namespace",
        "thread",
        "text",
        "occurred_at",
        "visibility",
        "direction",
        "kind",
    ):
        assert getattr(pushed, name) == getattr(asked, name), name
    assert pushed.text == "hello & hi"
    assert pushed.visibility is Visibility.DIRECT
    sent = one("dm.sent", dm(ME, ANA))
    assert (sent.direction, sent.recipients[0].handle, sent.thread) == (
        Direction.OUTBOUND,
        "ana",
        pushed.thread,
    )


def test_an_encrypted_chat_is_kept_as_unsupported() -> None:
    message = one(
        "chat.received",
        {"id": "e4f4", "created_at_msec": "1784841183370", "sender_id": ANA, "encoded_event": "CwAB"},
    )
    assert (message.kind, message.visibility, message.text) == (
        MessageKind.UNSUPPORTED,
        Visibility.DIRECT,
        "",
    )


def test_deletes_consent_taken_back_and_what_is_not_a_message() -> None:
    gone = one("post.delete", {"id": POST["id"], "author_id": ME})
    assert (gone.native_id, gone.change) == (POST["id"], Change.DELETE)
    data = {"filter": {}, "event_type": "oauth.revoke", "payload": {"user_id": ME}}
    revoked = parse_event(msgspec.json.encode({"data": data}), NOW)[0]
    assert (revoked.account, bool(revoked.revoked)) == (ME, True)
    assert event("follow.follow", {"source": {}}).strange == []
    assert event("post.telepathy", {}).strange == ["post.telepathy"]
    assert event("post.mention.create", {"text": 1}).strange == ["post.mention.create of a new shape"]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"data":{}}', b'{"data":[1]}', b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_event(raw, NOW)


NAMES = (
    "id", "text", "author_id", "created_at", "edit_history_tweet_ids", "entities", "mentions", "urls", "username",
    "referenced_tweets", "type", "includes", "users", "payload", "filter", "user_id", "direct_message_events",
    "message_create", "sender_id", "target", "recipient_id", "message_data", "attachment", "created_timestamp",
)  # fmt: skip
KINDS = [
    "post.mention.create",
    "post.create",
    "post.delete",
    "dm.received",
    "chat.sent",
    "oauth.revoke",
    "what",
]


@few
@given(st.sampled_from(KINDS), objects(NAMES), objects(NAMES))
def test_no_shape_stops_the_reading(kind: str, payload: dict[str, Any], rest: dict[str, Any]) -> None:
    data = rest | {"event_type": kind, "payload": payload}
    for part in parse_event(msgspec.json.encode({"data": data}), NOW):
        for message in part.messages:
            assert message.native_id
