"""What happens to a blog at Tumblr as messages, and what goes there."""

from typing import Any

import pytest
from hypothesis import given

from earful.channels.contract import Job, Reply, ReplyTarget, SendRefused
from earful.channels.tumblr.connector import TumblrConnector
from earful.channels.tumblr.parse import added, before, notification, order, own_post
from earful.channels.tumblr.send import compose
from earful.channels.tumblr.settings import TumblrSecrets, TumblrSettings
from earful.model.message import Direction, IncomingMessage, MessageKind, Network, Visibility
from earful.model.time import Instant
from tests.channels.garbage import few, objects
from tests.channels.running import run
from tests.channels.simulated import simulated

REPLY: dict[str, Any] = {
    "type": "reply", "timestamp": 1784927750, "target_post_id": "900", "target_tumblelog_name": "brewline",
    "from_tumblelog_name": "ana", "from_tumblelog_uuid": "t:ana", "reply_text": "It <b>leaks</b>", "unread": True,
}  # fmt: skip
REBLOG = REPLY | {"type": "reblog_with_content", "post_id": 901, "added_text": "Mine too", "reply_text": None}
POST: dict[str, Any] = {
    "id": 950, "id_string": "950", "blog_name": "brewline", "tumblelog_uuid": "t:b", "timestamp": 1784927800,
    "post_url": "https://www.tumblr.com/brewline/950", "summary": "Sorry", "reblogged_from_id": "901",
    "content": [{"type": "text", "text": "Sorry"}, {"type": "image"}, {"type": "text", "text": "A new one comes"}],
}  # fmt: skip


def read(raw: dict[str, Any]) -> IncomingMessage:
    found = notification(raw)
    assert found is not None
    return found


def test_a_reply_is_named_by_what_it_says() -> None:
    message = read(REPLY)
    assert message.native_id.startswith("reply:900:t:ana:1784927750:")
    assert (message.kind, message.parent_id, message.thread) == (MessageKind.REPLY, "900", "")
    assert message.context == {"post": "900", "blog": "brewline", "name": "ana", "uuid": "t:ana"}
    assert read(REPLY | {"type": "mention_in_reply"}).native_id == message.native_id
    assert read(REPLY | {"timestamp": "1784927750"}).native_id == message.native_id
    assert read(REPLY | {"reply_text": "It drips"}).native_id != message.native_id


def test_reblogs_with_words_and_mentions_in_posts() -> None:
    reblog = read(REBLOG)
    assert (reblog.native_id, reblog.parent_id, reblog.kind) == ("901", "900", MessageKind.QUOTE)
    assert reblog.context == {"post": "901", "blog": "ana"}
    mention = read(REBLOG | {"type": "mention_in_post", "target_post_summary": "Look", "added_text": ""})
    assert (mention.native_id, mention.text, mention.kind) == ("901", "Look", MessageKind.MENTION)
    old = read(REPLY | {"type": "mention_in_post", "reply_text": "", "target_post_summary": "Look"})
    assert (old.native_id, old.parent_id) == ("900", "")


@pytest.mark.parametrize(
    "raw",
    [REPLY | {"type": "like"}, REPLY | {"type": "telepathy"}, REPLY | {"from_tumblelog_name": None},
     REPLY | {"target_post_id": None}, REBLOG | {"post_id": None}, REPLY | {"timestamp": "soon"}],
)  # fmt: skip
def test_what_says_nothing_in_words_is_left_out(raw: dict[str, Any]) -> None:
    assert notification(raw) is None


def test_our_own_posts_and_reblogs() -> None:
    message = own_post(POST)
    assert message is not None
    assert (message.native_id, message.parent_id, message.direction) == ("950", "901", Direction.OUTBOUND)
    assert message.text == "Sorry\n\nA new one comes"
    assert own_post(POST | {"content": []}) is None
    bare = own_post(POST | {"content": [], "reblogged_from_id": None})
    assert bare is not None
    assert (bare.kind, bare.text) == (MessageKind.POST, "Sorry")


def reply(text: str = "Sorry", audience: Visibility = Visibility.PUBLIC, **context: Any) -> Reply:
    told = {"post": "901", "blog": "ana"} | context
    to = ReplyTarget(native_id="901", namespace="tumblr", visibility=Visibility.PUBLIC, context=told)
    return Reply(client_id="c", text=text, audience=audience, to=to)


def test_who_replied_is_named_and_who_reblogged_is_reblogged() -> None:
    assert compose(reply()).body("t:ana", "key") == {
        "content": [{"type": "text", "text": "Sorry"}], "state": "published", "parent_tumblelog_uuid": "t:ana",
        "parent_post_id": "901", "reblog_key": "key",
    }  # fmt: skip
    named = compose(reply(name="ana", uuid="t:ana"))
    (block,) = named.body("t:b", "key")["content"]
    (mention,) = block["formatting"]
    assert block["text"][mention["start"] : mention["end"]] == "@ana"
    assert compose(reply("@ana Sorry", name="ana")).text == "@ana Sorry"


@pytest.mark.parametrize(
    "refused",
    [
        reply(audience=Visibility.DIRECT), reply(" "), reply("a" * 4_097), reply(post=""), reply(post="../x"),
        reply(blog=""),
    ],
)  # fmt: skip
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(refused)


def test_history_is_walked_to_its_end() -> None:
    async def story() -> None:
        async with simulated(Network.TUMBLR) as (network, tools, clock):
            said = []
            for number in range(50):
                said.append(network.world.say(network.world.customer(f"ana{number}"), f"It leaks {number}"))
                clock.at = type(clock.at)(clock.at + 1_000)
            wiring = network.wiring()
            connector = TumblrConnector(
                TumblrSettings(**wiring.settings), TumblrSecrets(**wiring.secrets), tools
            )
            page = await connector._activity.walk(
                Job(id="j", kind="backfill", since=None, asked_at=Instant(1_795_000_000_000), place="")
            )
            found = {one.native_id for one in page.messages}
            while page.more:
                page = await connector._activity.walk(
                    Job(
                        id="j",
                        kind="backfill",
                        since=None,
                        asked_at=Instant(1_795_000_000_000),
                        place=page.cursor,
                    )
                )
                found |= {one.native_id for one in page.messages}
            assert found == {one.id for one in said}
            assert network.violations == []

    run(story())


@few
@given(
    objects(
        [*REPLY, *POST, "post_id", "added_text", "text", "type", "_links", "next", "query_params", "before"]
    )
)
def test_no_shape_stops_the_reading(data: dict[str, Any]) -> None:
    for raw in (data, REPLY | data, REBLOG | data):
        notification(raw)
        order(raw)
    for raw in (data, POST | data):
        own_post(raw)
        added(raw)
    before(data)
