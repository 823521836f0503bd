"""What is said on a page and under it, in old and new deliveries."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given

from earful.channels.facebook.fetching import fetched
from earful.channels.facebook.parse import parse_page
from earful.channels.hooks import Part, Unreadable
from earful.model.message import Change, Direction, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.json import anything, shaped

NOW = Instant(1_800_000_000_000)
PAGE = "1000"
ANA = {"id": "7", "name": "Ana"}


def delivery(value: Any, field: str = "feed", time: Any = 1_700_000_100) -> bytes:
    entry = {"id": PAGE, "time": time, "changes": [{"field": field, "value": value}]}
    return msgspec.json.encode({"object": "page", "entry": [entry]})


def read(value: dict[str, Any], field: str = "feed") -> Part:
    (part,) = parse_page(delivery(value, field), NOW)
    return part


def comment(**more: Any) -> dict[str, Any]:
    told = {"item": "comment", "verb": "add", "comment_id": "55_1", "post_id": f"{PAGE}_55", "message": "Hi"}
    return told | {"parent_id": f"{PAGE}_55", "from": ANA, "created_time": 1_700_000_000} | more


def test_a_comment_is_public_and_in_the_thread_of_its_post() -> None:
    (message,) = read(comment()).messages
    assert (message.native_id, message.text, message.kind) == ("55_1", "Hi", MessageKind.COMMENT)
    assert message.visibility is Visibility.PUBLIC
    assert message.direction is Direction.INBOUND
    assert (message.thread, message.parent_id) == (f"{PAGE}_55", f"{PAGE}_55")
    assert message.author is not None
    assert (message.author.native_id, message.author.name) == ("7", "Ana")
    assert message.occurred_at.timestamp() == 1_700_000_000
    (answer,) = read(comment(comment_id="55_2", parent_id="55_1")).messages
    assert (answer.thread, answer.parent_id) == (f"{PAGE}_55", "55_1")


@pytest.mark.parametrize(
    ("by", "native_id", "direction"),
    [
        ({"from": {"id": 7, "name": None}}, "7", Direction.INBOUND),
        ({"from": None, "sender_id": 7, "sender_name": "Ana"}, "7", Direction.INBOUND),
        ({"from": {"id": PAGE}}, PAGE, Direction.OUTBOUND),
        ({"from": None}, "someone:55_1", Direction.INBOUND),
    ],
)
def test_who_it_was_is_told_in_several_ways_or_not_at_all(
    by: dict[str, Any], native_id: str, direction: Direction
) -> None:
    (message,) = read(comment(**by)).messages
    assert message.author is not None
    assert (message.author.native_id, message.direction) == (native_id, direction)


@pytest.mark.parametrize("verb", ["edit", "edited"])
def test_an_edit_keeps_the_time_of_writing(verb: str) -> None:
    (message,) = read(comment(verb=verb, message="Better")).messages
    assert (message.change, message.text) == (Change.EDIT, "Better")
    assert message.edited_at is not None
    assert (message.occurred_at.timestamp(), message.edited_at.timestamp()) == (1_700_000_000, 1_700_000_100)


def test_a_removed_comment_leaves_a_tombstone_and_a_hidden_one_stays() -> None:
    (gone,) = read({"item": "comment", "verb": "remove", "comment_id": "55_1", "post_id": "1_55"}).messages
    assert (gone.native_id, gone.change) == ("55_1", Change.DELETE)
    for verb in ("hide", "unhide"):
        assert read(comment(verb=verb)).messages == []


@pytest.mark.parametrize("item", ["post", "status", "photo", "video", "share"])
def test_posts_of_visitors_arrive_and_those_of_the_page_are_ours(item: str) -> None:
    told = {
        "item": item,
        "verb": "add",
        "post_id": f"{PAGE}_9",
        "message": "Hello",
        "link": "https://a.test/p",
    }
    (message,) = read(told | {"from": ANA}).messages
    assert (message.native_id, message.thread, message.kind) == (f"{PAGE}_9", f"{PAGE}_9", MessageKind.POST)
    assert message.direction is Direction.INBOUND
    assert len(message.attachments) == 1
    (ours,) = read(told | {"from": {"id": PAGE}}).messages
    assert ours.direction is Direction.OUTBOUND


def test_reactions_are_no_messages_and_unknown_things_are_counted() -> None:
    for item in ("reaction", "like"):
        assert read({"item": item, "verb": "add", "post_id": "1", "from": ANA}).strange == []
    assert read({"item": "hologram", "verb": "add"}).strange == ["feed hologram"]
    assert read(comment(verb="frobnicate")).strange == ["comment frobnicate"]
    assert read({}, "telepathy").strange == ["telepathy"]
    assert read(comment(message=[1])).strange == ["change of a new shape"]


def test_a_mention_with_ids_only_is_wanted_and_then_fetched() -> None:
    told = {"item": "comment", "verb": "add", "comment_id": "8_1", "post_id": "8_0"}
    part = read(told, "mention")
    assert (part.messages, part.wanted) == ([], ["comment:8_1"])
    assert read({"item": "post", "verb": "add", "post_id": "8_0", "message": "x"}, "mention").wanted == [
        "post:8_0"
    ]
    shown = {"id": "8_1", "message": "Hey Brewline", "created_time": "2023-11-14T22:13:20+0000", "from": ANA,
             "object": {"id": "8_0"}}  # fmt: skip
    (message,) = fetched(msgspec.json.encode(shown), "comment", PAGE, NOW)
    assert (message.native_id, message.thread, message.kind) == ("8_1", "8_0", MessageKind.MENTION)
    whole = read(told | {"from": ANA, "message": "Hey"}, "mention").messages[0]
    assert (whole.native_id, whole.thread) == (message.native_id, message.thread)


def test_a_review_carries_its_rating() -> None:
    told = {"item": "rating", "verb": "add", "open_graph_story_id": 9, "reviewer_id": 7, "reviewer_name": "Ana",
            "rating": 2, "review_text": "Late", "created_time": 1_700_000_000}  # fmt: skip
    (message,) = read(told, "ratings").messages
    assert (message.kind, message.metrics, message.text) == (MessageKind.REVIEW, {"rating": 2}, "Late")
    recommended = told | {"rating": None, "review_text": "", "recommendation_type": "NEGATIVE"}
    assert read(recommended, "ratings").messages[0].text == "Does not recommend"


def test_one_bad_entry_costs_only_itself() -> None:
    whole = msgspec.json.decode(delivery(comment()))
    whole["entry"][:0] = [3, {"id": PAGE, "changes": "none"}]
    whole["entry"][2]["changes"].insert(0, {"field": 1})
    parts = parse_page(msgspec.json.encode(whole), NOW)
    assert [one.text for part in parts for one in part.messages] == ["Hi"]
    assert len([one for part in parts for one in part.strange]) == 3


NAMES = [
    "item",
    "verb",
    "comment_id",
    "post_id",
    "from",
    "message",
    "created_time",
    "photo",
    "photos",
    "link",
]


@given(
    anything()
    | shaped(NAMES, lambda one: msgspec.json.decode(delivery({"verb": "add", "item": "comment"} | one)))
)
def test_nothing_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        parse_page(body, NOW)
