"""Replies to a Threads profile and mentions of it."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.hooks import Part, Unreadable
from earful.channels.threads.parse import parse_threads
from earful.channels.threads.send import Containers, compose
from earful.model.message import Change, Direction, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.inlet import MemoryInlet
from tests.channels.json import anything, shaped
from tests.channels.running import run

NOW = Instant(1_800_000_000_000)
POST = {"id": "8", "username": "ana", "text": "Late again", "timestamp": "2023-11-14T22:13:20+0000",
        "replied_to": {"id": "7"}, "root_post": {"id": "6"}, "permalink": "https://a.test/8"}  # fmt: skip


def delivery(values: Any) -> bytes:
    return msgspec.json.encode(
        {"app_id": 1, "topic": "moderate", "target_id": 9000, "time": 1, "values": values}
    )


def read(field: str, value: Any) -> Part:
    (part,) = parse_threads(delivery({"field": field, "value": value}), "Brewline", NOW)
    return part


def test_a_reply_is_public_and_in_the_thread_of_its_root() -> None:
    part = read("replies", POST)
    (message,) = part.messages
    assert part.account == "9000"
    assert (message.native_id, message.text, message.kind) == ("8", "Late again", MessageKind.REPLY)
    assert (message.thread, message.parent_id, message.visibility) == ("6", "7", Visibility.PUBLIC)
    assert message.direction is Direction.INBOUND
    assert message.occurred_at.timestamp() == 1_700_000_000


def test_mentions_our_own_posts_and_deletes() -> None:
    assert read("mentions", POST).messages[0].kind is MessageKind.MENTION
    assert read("publish", POST | {"username": "brewline"}).messages[0].direction is Direction.OUTBOUND
    (gone,) = read("delete", {"id": "8", "deleted_at": 1_700_000_000}).messages
    assert (gone.change, gone.occurred_at.timestamp()) == (Change.DELETE, 1_700_000_000)
    alone = read("mentions", {"id": 5, "text": "Hi"}).messages[0]
    assert (alone.thread, alone.parent_id) == ("5", "")


def test_several_values_and_new_shapes() -> None:
    values = [
        {"field": "replies", "value": POST},
        5,
        {"field": "telepathy"},
        {"field": "replies", "value": {"id": []}},
    ]
    (part,) = parse_threads(delivery(values), "brewline", NOW)
    assert len(part.messages) == 1
    assert part.strange == ["change of a new shape", "telepathy", "change of a new shape"]
    assert read("replies", {"id": "8"}).messages[0].kind is MessageKind.UNSUPPORTED


@given(
    anything()
    | shaped(list(POST), lambda one: msgspec.json.decode(delivery({"field": "replies", "value": one})))
)
def test_nothing_breaks_the_reader(body: bytes) -> None:
    with suppress(Unreadable):
        parse_threads(body, "brewline", NOW)


def reply(text: str, audience: Visibility, client_id: str = "r1") -> Reply:
    to = ReplyTarget(native_id="8", visibility=Visibility.PUBLIC)
    return Reply(client_id=client_id, text=text, audience=audience, to=to)


def test_nothing_private_goes_out() -> None:
    assert compose(reply("Sorry", Visibility.PUBLIC))["reply_to_id"] == "8"
    for asked in (
        reply("Sorry", Visibility.DIRECT),
        reply(" ", Visibility.PUBLIC),
        reply("x" * 501, Visibility.PUBLIC),
    ):
        with pytest.raises(SendRefused, match="nothing was sent"):
            compose(asked)


def test_a_container_outlives_the_process_and_belongs_to_one_reply() -> None:
    async def test() -> None:
        inlet = MemoryInlet()
        before = Containers()
        before.inlet = inlet
        await before.keep("r1", "178")
        after = Containers()
        after.inlet = inlet
        assert await after.of("r1") == "178"
        assert await after.of("r2") == ""
        inlet.cursors = dict.fromkeys(inlet.cursors, "other 9")
        fresh = Containers()
        fresh.inlet = inlet
        assert await fresh.of("r1") == ""

    run(test())
