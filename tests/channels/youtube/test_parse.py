"""Comments of YouTube as messages, and what goes to YouTube."""

from typing import Any

import pytest
from hypothesis import given

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.youtube.connector import YouTubeConnector
from earful.channels.youtube.parse import comment, thread
from earful.channels.youtube.send import compose
from earful.channels.youtube.settings import YouTubeSecrets, YouTubeSettings
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Network, Visibility
from earful.playground.networks.grants import CLIENT, REFRESH
from earful.playground.networks.youtube import YouTubeSimulator
from tests.channels.garbage import few, objects
from tests.channels.running import run
from tests.channels.simulated import simulated

ME = "UCbrand"
SNIPPET: dict[str, Any] = {
    "authorDisplayName": "@ana", "authorChannelId": {"value": "UCana"}, "textOriginal": "It leaks",
    "textDisplay": "It <b>leaks</b>", "publishedAt": "2026-07-24T21:23:23Z", "updatedAt": "2026-07-24T21:23:23Z",
    "likeCount": 3, "videoId": "v1",
}  # fmt: skip


def read(native_id: str = "Ug1", **changes: Any) -> IncomingMessage:
    found = comment({"id": native_id, "snippet": SNIPPET | changes}, ME)
    assert found is not None
    return found


def test_a_comment() -> None:
    message = read()
    assert (message.native_id, message.namespace, message.thread) == ("Ug1", "youtube", "Ug1")
    assert (message.kind, message.direction, message.change) == (
        MessageKind.COMMENT,
        Direction.INBOUND,
        Change.CREATE,
    )
    assert message.permalink == "https://www.youtube.com/watch?v=v1&lc=Ug1"
    assert message.context == {"top": "Ug1", "video": "v1"}


def test_replies_edits_held_ones_and_text_that_is_only_shown() -> None:
    reply = read("Ug1.2", parentId="Ug1")
    assert (reply.kind, reply.thread, reply.parent_id) == (MessageKind.REPLY, "Ug1", "Ug1")
    assert read(updatedAt="2026-07-24T22:00:00Z").change is Change.EDIT
    assert read(moderationStatus="heldForReview").context["held"] == "heldForReview"
    assert read(textOriginal=None).text == "It leaks"
    assert read(authorChannelId={"value": ME}).direction is Direction.OUTBOUND


def test_a_thread_is_handed_in_newest_first() -> None:
    replies = [
        {"id": f"Ug1.{n}", "snippet": SNIPPET | {"publishedAt": f"2026-07-2{n}T00:00:00Z", "parentId": "Ug1"}}
        for n in (5, 7)
    ]
    top = {"videoId": "v1", "topLevelComment": {"id": "Ug1", "snippet": SNIPPET}}
    raw = {"snippet": top, "replies": {"comments": replies}}
    assert [one.native_id for one in thread(raw, ME)] == ["Ug1.7", "Ug1.5", "Ug1"]


def reply(
    native_id: str = "Ug1", audience: Visibility = Visibility.PUBLIC, text: str = "Sorry", **context: Any
) -> Reply:
    to = ReplyTarget(
        native_id=native_id, namespace="youtube", visibility=Visibility.PUBLIC, author_handle="ana",
        context={"top": native_id.partition(".")[0]} | context,
    )  # fmt: skip
    return Reply(client_id="c", text=text, audience=audience, to=to)


def test_a_reply_to_a_reply_names_whom_it_answers() -> None:
    assert compose(reply()).body == {"snippet": {"parentId": "Ug1", "textOriginal": "Sorry"}}
    assert compose(reply("Ug1.2")).text == "@ana Sorry"
    assert compose(reply("Ug1.2", text="Sorry @ana")).text == "Sorry @ana"


@pytest.mark.parametrize(
    "refused", [reply(audience=Visibility.DIRECT), reply(text=" "), reply(text="a" * 10_001)]
)
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(refused)


def test_what_was_held_back_is_answered_once_it_is_public() -> None:
    async def story() -> None:
        async with simulated(Network.YOUTUBE) as (network, tools, _):
            assert isinstance(network, YouTubeSimulator)
            said = network.world.say(network.world.customer("ana"), "It leaks")
            network.held.add(said.id)
            wiring = network.wiring()
            settings = YouTubeSettings(**wiring.settings)
            assert settings.client_id == CLIENT
            connector = YouTubeConnector(settings, YouTubeSecrets(refresh_token=REFRESH), tools)
            held = reply(network.native_id(said), held="heldForReview")
            with pytest.raises(SendRefused, match="held for review"):
                await connector.send(held)
            network.held.clear()
            assert (await connector.send(held)).native_id.startswith(network.native_id(said))
            assert network.violations == []

    run(story())


NAMES = (
    *SNIPPET,
    "id",
    "snippet",
    "parentId",
    "moderationStatus",
    "imageUrl",
    "topLevelComment",
    "replies",
    "comments",
    "value",
)


@few
@given(objects(NAMES))
def test_no_shape_stops_the_reading(data: dict[str, Any]) -> None:
    comment({"id": "Ug1", "snippet": SNIPPET | data}, ME)
    comment(data, ME)
    thread(data, ME)
