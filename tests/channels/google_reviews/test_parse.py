"""Reviews at Google as messages, and what goes there."""

import asyncio
from typing import Any

import pytest
from hypothesis import given

from earful.channels.contract import Job, Known, Reply, ReplyTarget, SendRefused
from earful.channels.google_reviews.connector import GoogleReviewsConnector
from earful.channels.google_reviews.parse import GOOGLE, order, own_words, review
from earful.channels.google_reviews.send import compose
from earful.channels.google_reviews.settings import GoogleReviewsSecrets, GoogleReviewsSettings
from earful.model.message import Change, Direction, MessageKind, Network, Visibility
from earful.model.time import MINUTE, Instant
from earful.playground.networks.grants import REFRESH
from tests.channels.garbage import few, objects
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.channels.simulated import simulated

REVIEW: dict[str, Any] = {
    "name": "accounts/1/locations/2/reviews/AbC", "reviewId": "AbC", "starRating": "TWO",
    "reviewer": {"displayName": "Ana Lima", "profilePhotoUrl": "https://lh.example/ana"},
    "comment": "The <b>grinder</b> broke.", "createTime": "2026-07-24T21:23:23.123456Z",
    "updateTime": "2026-07-24T21:23:23.123456Z",
}  # fmt: skip
ANSWER = {"comment": "We are sorry.", "updateTime": "2026-07-25T08:00:00Z"}


def test_a_review() -> None:
    (message,) = review(REVIEW, "2")
    assert (message.native_id, message.namespace, message.thread) == ("2/AbC", GOOGLE, "2/AbC")
    assert (message.kind, message.direction, message.change) == (
        MessageKind.REVIEW,
        Direction.INBOUND,
        Change.CREATE,
    )
    assert (message.subject, message.metrics) == ("2 of 5 stars", {"rating": 2})
    assert message.author is not None
    assert (message.author.name, message.author.handle) == ("Ana Lima", "Ana Lima")
    assert message.text == "The <b>grinder</b> broke."


def test_its_reply_is_ours_and_a_later_one_is_the_same_message() -> None:
    answer, said = review(REVIEW | {"reviewReply": ANSWER}, "2")
    later, _ = review(REVIEW | {"reviewReply": ANSWER | {"updateTime": "2026-07-26T08:00:00Z"}}, "2")
    assert (answer.native_id, answer.parent_id, answer.direction) == ("2/AbC/reply", "2/AbC", "outbound")
    assert later.native_id == answer.native_id
    assert later.occurred_at > answer.occurred_at
    assert said.direction is Direction.INBOUND


def test_stars_alone_are_a_review_and_changed_stars_are_an_edit() -> None:
    (bare,) = review({name: REVIEW[name] for name in REVIEW if name != "comment"}, "2")
    assert (bare.text, bare.subject, bare.kind) == ("", "2 of 5 stars", MessageKind.REVIEW)
    (edited,) = review(REVIEW | {"starRating": "FIVE", "updateTime": "2026-08-01T00:00:00Z"}, "2")
    assert (edited.change, edited.subject) == (Change.EDIT, "5 of 5 stars")
    (none,) = review(REVIEW | {"starRating": "STAR_RATING_UNSPECIFIED"}, "2")
    assert (none.subject, none.metrics) == ("", {})
    assert review(REVIEW | {"starRating": 4}, "2")[0].metrics == {"rating": 4}


@pytest.mark.parametrize(
    ("told", "own"),
    [
        ("(Translated by Google) Bad coffee\n\n(Original)\nMau café", "Mau café"),
        ("Mau café\n\n(Translated by Google)\nBad coffee", "Mau café"),
        ("Bad coffee", "Bad coffee"),
        ("(Translated by Google) Bad coffee", "Bad coffee"),
    ],
)
def test_what_the_customer_wrote_is_kept_not_its_translation(told: str, own: str) -> None:
    assert own_words(told) == own


@few
@given(objects([*REVIEW, "reviewReply", "reviewMediaItems", "thumbnailUrl", "displayName"]))
def test_no_shape_stops_the_reading(data: dict[str, Any]) -> None:
    review(data, "2")
    review(REVIEW | data, "2")
    order(data)


def reply(
    text: str = "Sorry",
    audience: Visibility = Visibility.PUBLIC,
    native_id: str = "2/AbC",
    namespace: str = GOOGLE,
) -> Reply:
    to = ReplyTarget(native_id=native_id, namespace=namespace, visibility=Visibility.PUBLIC)
    return Reply(client_id="c", text=text, audience=audience, to=to)


@pytest.mark.parametrize(
    "refused",
    [
        reply(audience=Visibility.DIRECT), reply(" "), reply("é" * 2_049), reply(native_id="AbC"),
        reply(native_id="2/../3"), reply(namespace="elsewhere"),
    ],
)  # fmt: skip
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(refused)


def test_a_second_reply_replaces_the_first_and_both_places_are_read() -> None:
    async def story() -> None:
        async with simulated(Network.REVIEW) as (network, tools, clock):
            for number in range(3):
                network.world.say(network.world.customer(f"ana{number}"), f"It leaks {number}")
            settings = GoogleReviewsSettings(**network.wiring().settings)
            connector = GoogleReviewsConnector(settings, GoogleReviewsSecrets(refresh_token=REFRESH), tools)
            assert await connector.check() == []
            inlet = MemoryInlet()
            async with receiving(connector, inlet):
                await inlet.until(lambda: len(inlet.kept) == 3)
            at = inlet.messages()[0].native_id
            first = await connector.send(reply("One", native_id=at))
            clock.at = Instant(clock.at + MINUTE)
            second = await connector.send(reply("Two", native_id=at))
            assert second.native_id == first.native_id == f"{at}/reply"
            assert second.occurred_at > first.occurred_at
            assert await connector.find(reply("One", native_id=at)) is None
            assert await connector.find(reply("Two", native_id=at)) == second
            assert [one.text for one in network.world.said.values() if one.ours] == ["Two"]
            assert network.violations == []

    run(story())


def test_history_is_walked_place_by_place_and_what_is_gone_is_found() -> None:
    async def story() -> None:
        async with simulated(Network.REVIEW) as (network, tools, clock):
            world = network.world
            said = [world.say(world.customer(f"ana{number}"), f"It leaks {number}") for number in range(120)]
            settings = GoogleReviewsSettings(**network.wiring().settings)
            connector = GoogleReviewsConnector(settings, GoogleReviewsSecrets(refresh_token=REFRESH), tools)
            reviews = connector._reviews
            job, found = Job(id="j", kind="backfill", since=None, asked_at=clock.at, place=""), []
            while True:
                page = await reviews.walk(job)
                found += page.messages
                job = Job(id="j", kind="backfill", since=None, asked_at=clock.at, place=page.cursor)
                if not page.more:
                    break
            assert {one.native_id for one in found} == {network.native_id(one) for one in said}
            world.delete(said[5].id)
            known = [
                Known(namespace=GOOGLE, native_id=network.native_id(one), occurred_at=one.at)
                for one in said[4:7]
            ]
            _, changes = await reviews.look(known)
            assert [(one.native_id, one.change) for one in changes] == [
                (network.native_id(said[5]), Change.DELETE)
            ]

    asyncio.run(story())
