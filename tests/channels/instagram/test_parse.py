"""Comments, mentions and private messages of an Instagram account."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.hooks import Part, Unreadable
from earful.channels.instagram.fetching import fetched, fields_of
from earful.channels.instagram.parse import parse_instagram
from earful.channels.instagram.send import compose
from earful.model.message import Change, Direction, MessageKind, Visibility
from earful.model.time import DAY, Instant
from tests.channels.json import anything, shaped

NOW = Instant(1_800_000_000_000)
US = "9000"


def delivery(value: Any, field: str = "comments") -> bytes:
    entry = {"id": US, "time": 1_700_000_000, "changes": [{"field": field, "value": value}]}
    return msgspec.json.encode({"object": "instagram", "entry": [entry]})


def read(value: dict[str, Any], field: str = "comments") -> Part:
    (part,) = parse_instagram(delivery(value, field), NOW)
    assert part.account == US
    return part


COMMENT = {"id": "1", "text": "Broken", "from": {"id": "7", "username": "ana"}, "media": {"id": "5"}}


def test_a_comment_is_in_the_thread_of_its_medium() -> None:
    (message,) = read(COMMENT).messages
    assert (message.native_id, message.text, message.kind) == ("1", "Broken", MessageKind.COMMENT)
    assert (message.thread, message.parent_id, message.visibility) == ("5", "5", Visibility.PUBLIC)
    assert message.author is not None
    assert (message.author.native_id, message.author.handle) == ("7", "ana")
    (answer,) = read(COMMENT | {"id": "2", "parent_id": "1", "from": {"id": US}}).messages
    assert (answer.thread, answer.parent_id, answer.direction) == ("5", "1", Direction.OUTBOUND)


def test_the_double_of_a_boosted_post_is_the_same_message_in_the_same_thread() -> None:
    (one,) = read(COMMENT).messages
    ad = {"id": "6", "ad_id": "77", "original_media_id": "5", "media_product_type": "AD"}
    (double,) = read(COMMENT | {"media": ad}).messages
    assert (one.native_id, one.thread, one.parent_id) == (double.native_id, double.thread, double.parent_id)
    assert double.context["ad"] == "77"


def test_old_deliveries_do_not_say_whose_a_comment_is() -> None:
    (message,) = read({"id": 1, "text": "Broken"}).messages
    assert message.author is not None
    assert message.author.native_id == "someone:1"
    assert read({"id": "1", "text": None}, "live_comments").messages[0].kind is MessageKind.UNSUPPORTED


def test_mentions_come_as_ids_and_are_fetched() -> None:
    assert read({"comment_id": "3", "media_id": "4"}, "mentions").wanted == ["mentioned_comment:3"]
    assert read({"media_id": "4"}, "mentions").wanted == ["mentioned_media:4"]
    assert fields_of("mentioned_comment:3").startswith("mentioned_comment.comment_id(3){id,")
    shown = {"id": "3", "text": "@brewline see", "username": "ana", "timestamp": "2023-11-14T22:13:20+0000",
             "media": {"id": "4"}}  # fmt: skip
    (message,) = fetched(msgspec.json.encode({"id": US, "mentioned_comment": shown}), NOW)
    assert (message.native_id, message.thread, message.kind) == ("3", "4", MessageKind.MENTION)
    assert message.context["mention"] is True
    assert fetched(b'{"id":"9000"}', NOW) == []


@pytest.mark.parametrize("as_change", [False, True])
def test_private_messages_come_in_two_ways(as_change: bool) -> None:
    event = {"sender": {"id": "7"}, "recipient": {"id": US}, "timestamp": "1700000000",
             "message": {"mid": "a", "text": "Hello"}}  # fmt: skip
    if as_change:
        (message,) = read(event, "messages").messages
    else:
        entry = {
            "id": US,
            "time": 1,
            "messaging": [event, event | {"message": {"mid": "a", "is_deleted": True}}],
        }
        (part,) = parse_instagram(msgspec.json.encode({"object": "instagram", "entry": [entry]}), NOW)
        message, gone = part.messages
        assert gone.change is Change.DELETE
    assert (message.visibility, message.thread, message.text) == (Visibility.DIRECT, "7", "Hello")
    assert message.occurred_at.timestamp() == 1_700_000_000


def test_what_was_seen_is_reported_and_story_links_expire() -> None:
    entry = {"id": US, "messaging": [
        {"sender": {"id": "7"}, "read": {"mid": "b"}, "timestamp": 1_700_000_000_000},
        {"sender": {"id": "7"}, "timestamp": 1_700_000_000_000, "message": {"mid": "c", "attachments": [
            {"type": "story_mention", "payload": {"url": "https://a.test/s"}}]}},
    ]}  # fmt: skip
    (part,) = parse_instagram(msgspec.json.encode({"object": "instagram", "entry": [entry]}), NOW)
    assert [(one.native_id, one.state) for one in part.reports] == [("b", "read")]
    expires = part.messages[0].attachments[0].url_expires_at
    assert expires is not None
    assert expires.timestamp() == 1_700_000_000 + 86_400


def reply(audience: Visibility, visibility: Visibility, **context: Any) -> Reply:
    to = ReplyTarget(native_id="3", author_native_id="7", visibility=visibility, context=context)
    return Reply(client_id="r1", text="Hi", audience=audience, to=to)


def test_each_reply_goes_where_its_audience_is() -> None:
    public, direct = Visibility.PUBLIC, Visibility.DIRECT

    def path(asked: Reply) -> str:
        return compose(asked, US, NOW, human_agent=False).path

    assert path(reply(public, public, comment=True)) == "3/replies"
    assert path(reply(public, public, comment=True, mention=True, media="4")) == f"{US}/mentions"
    private = compose(reply(direct, public, comment=True, at=NOW // 1000), US, NOW, human_agent=False)
    assert (private.path, private.fields["recipient"]) == (f"{US}/messages", {"comment_id": "3"})
    assert compose(reply(direct, direct, customer="7"), US, NOW, human_agent=False).fields["recipient"] == {
        "id": "7"
    }
    for refused in (
        reply(public, direct, customer="7"),
        reply(direct, public, mention=True),
        reply(direct, public, at=(NOW - 8 * DAY) // 1000),
        reply(Visibility.FOLLOWERS, public),
        reply(direct, direct, customer="8"),
    ):
        with pytest.raises(SendRefused, match="nothing was sent"):
            path(refused)


NAMES = ["id", "text", "from", "media", "parent_id", "comment_id", "media_id", "timestamp"]


@given(anything() | shaped(NAMES, lambda one: msgspec.json.decode(delivery(one))))
def test_nothing_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        parse_instagram(body, NOW)
