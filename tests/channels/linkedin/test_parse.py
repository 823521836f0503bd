"""Notifications and comments of LinkedIn as messages, and what goes there."""

from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given

from earful.channels.contract import Job, Reply, ReplyTarget, SendPostponed, SendRefused
from earful.channels.hooks import Part, Unreadable
from earful.channels.kit.budget import Budgets
from earful.channels.kit.tools import Tools
from earful.channels.linkedin.connector import LinkedInConnector
from earful.channels.linkedin.parse import EVENTS, comment, given_at, last_number, parse_delivery
from earful.channels.linkedin.send import compose
from earful.channels.linkedin.settings import LinkedInSecrets, LinkedInSettings
from earful.model.message import Change, Direction, MessageKind, Network, Visibility
from earful.model.time import DAY, HOUR, Instant, moment
from earful.playground.networks.linkedin import LinkedInSimulator
from tests.channels.garbage import few, objects
from tests.channels.json import anything, shaped
from tests.channels.running import run
from tests.channels.simulated import simulated

NOW = Instant(1_795_000_000_000)
AT = 1_691_574_506_310
NUMBER = str((AT << 22) | 7)
POST = "urn:li:activity:7094637247890620418"
SAID: dict[str, Any] = {
    "notificationId": 5603453321, "action": "COMMENT", "lastModifiedAt": AT + 250, "sourcePost": POST,
    "organizationalEntity": "urn:li:organization:96072893", "subscriber": "urn:li:person:me",
    "generatedActivity": f"urn:li:comment:(activity:7094637247890620418,{NUMBER})",
    "decoratedGeneratedActivity": {
        "comment": {
            "owner": "urn:li:person:zLq", "text": "It <b>leaks</b>", "object": POST,
            "entity": f"urn:li:comment:({POST},{NUMBER})",
        }
    },
}  # fmt: skip
FULL: dict[str, Any] = {
    "id": NUMBER, "actor": "urn:li:person:zLq", "object": POST, "message": {"text": "It <b>leaks</b>"},
    "created": {"time": AT}, "lastModified": {"time": AT}, "likesSummary": {"totalLikes": 3},
}  # fmt: skip


def read(*notifications: dict[str, Any], kind: str = EVENTS) -> Part:
    (part,) = parse_delivery(msgspec.json.encode({"type": kind, "notifications": notifications}), NOW)
    return part


def test_a_comment_is_the_same_pushed_and_asked_for() -> None:
    part = read(SAID)
    assert part.account == "96072893"
    pushed, asked_for = part.messages[0], comment(FULL, POST, part.account, NOW)
    assert asked_for is not None
    for name in (
        "native_id",
        "namespace",
        "thread",
        "text",
        "occurred_at",
        "parent_id",
        "kind",
        "context",
        "author",
    ):
        assert getattr(pushed, name) == getattr(asked_for, name), name
    assert (pushed.native_id, pushed.thread, pushed.kind) == (NUMBER, POST, MessageKind.COMMENT)
    assert pushed.author is not None
    assert (pushed.author.native_id, pushed.author.handle) == ("urn:li:person:zLq", "zLq")
    assert asked_for.metrics == {"likes": 3}


def test_an_answer_a_comment_of_ours_and_what_is_no_words() -> None:
    top = f"urn:li:comment:({POST},11)"
    answer = comment(FULL | {"parentComment": top}, POST, "9", NOW)
    assert answer is not None
    assert (answer.kind, answer.parent_id, answer.context["top"]) == (MessageKind.REPLY, "11", top)
    ours = comment(FULL | {"actor": "urn:li:organization:9"}, POST, "9", NOW)
    assert ours is not None
    assert ours.direction is Direction.OUTBOUND
    bare = comment(FULL | {"message": {"text": ""}}, POST, "9", NOW)
    assert bare is not None
    assert bare.kind is MessageKind.UNSUPPORTED


def test_edits_deletes_and_what_came_without_its_words() -> None:
    edit, gone, bare = (
        SAID | {"action": "COMMENT_EDIT", "lastModifiedAt": AT + 90_000},
        SAID | {"action": "COMMENT_DELETE", "decoratedGeneratedActivity": None},
        SAID | {"decoratedGeneratedActivity": {}},
    )
    part = read(edit, gone, bare)
    assert [one.change for one in part.messages] == [Change.EDIT, Change.DELETE]
    assert {one.native_id for one in part.messages} == {NUMBER}
    assert (part.messages[0].occurred_at, part.messages[0].edited_at) == (moment(AT), moment(AT + 90_000))
    assert part.wanted == [f"comment:{POST}/{NUMBER}"]


def test_mentions_and_shares_with_words_likes_and_what_nobody_knows() -> None:
    share = {"share": {"owner": "urn:li:person:b", "text": "Look at @Brewline", "entity": "urn:li:share:77"}}
    told = SAID | {"generatedActivity": "urn:li:share:77", "decoratedGeneratedActivity": share}
    part = read(
        told | {"action": "SHARE_MENTION"},
        told | {"action": "SHARE"},
        told | {"action": "SHARE", "decoratedGeneratedActivity": {}},
        SAID | {"action": "LIKE"},
        SAID | {"action": "TELEPATHY"},
    )
    assert [one.kind for one in part.messages] == [MessageKind.MENTION, MessageKind.QUOTE]
    assert part.messages[0].context == {"post": "urn:li:share:77"}
    assert part.strange == ["TELEPATHY"]
    assert read(kind="LEAD_ACTION").strange == ["LEAD_ACTION"]


def test_pages_of_one_app_are_told_apart() -> None:
    other = SAID | {"organizationalEntity": "urn:li:organization:2"}
    parts = parse_delivery(msgspec.json.encode({"type": EVENTS, "notifications": [SAID, other, SAID]}), NOW)
    assert [(one.account, len(one.messages)) for one in parts] == [("96072893", 2), ("2", 1)]


@pytest.mark.parametrize(
    ("urn", "number"),
    [(f"urn:li:comment:({POST},12)", "12"), ("urn:li:share:5", "5"), ("7", "7"), ("urn:li:person:zL", ""), ("", "")],
)  # fmt: skip
def test_numbers_of_urns(urn: str, number: str) -> None:
    assert last_number(urn) == number


def test_a_number_tells_its_time_only_where_that_can_be() -> None:
    assert given_at(NUMBER, moment(NOW)) == moment(AT)
    assert given_at("12", moment(NOW)) == moment(NOW)
    assert given_at(NUMBER, moment(AT - 1)) == moment(AT - 1)


def reply(text: str = "Sorry", audience: Visibility = Visibility.PUBLIC, **context: Any) -> Reply:
    to = ReplyTarget(
        native_id=NUMBER, namespace="linkedin", visibility=Visibility.PUBLIC, context={"post": POST} | context
    )
    return Reply(client_id="c", text=text, audience=audience, to=to)


def test_a_comment_is_answered_at_the_top_level_and_a_mention_below_its_post() -> None:
    top = f"urn:li:comment:({POST},11)"
    composed = compose(reply(top=top))
    assert composed.body("9")["parentComment"] == top
    assert composed.path == (
        "/rest/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A7094637247890620418%2C11%29/comments"
    )
    assert "parentComment" not in compose(reply()).body("9")


@pytest.mark.parametrize(
    "refused",
    [
        reply(audience=Visibility.DIRECT),
        reply(" "),
        reply("a" * 1_251),
        reply(post=""),
        reply(top="../../acls"),
    ],
)
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(refused)


def test_what_was_not_pushed_is_asked_for_and_the_subscription_is_made_once() -> None:
    async def story() -> None:
        async with simulated(Network.LINKEDIN) as (network, tools, clock):
            assert isinstance(network, LinkedInSimulator)
            world, wiring = network.world, network.wiring()
            settings, secrets = LinkedInSettings(**wiring.settings), LinkedInSecrets(**wiring.secrets)
            connector = LinkedInConnector(settings, secrets, tools)
            assert await connector.check() == []
            notifications = connector._notifications
            source = notifications.source(clock())
            for number in range(60):
                world.say(world.customer(f"ana{number}"), f"It leaks {number}")
                clock.at = Instant(clock.at + HOUR)
            first = await source.page(None)
            assert len(first.messages) == 50
            clock.at = Instant(clock.at + DAY)
            said = world.say(world.customer("ben"), "@brewline is this yours?")
            page = await source.page(first.cursor)
            assert [one.text for one in page.messages] == ["@brewline is this yours?"]
            clock.at = Instant(clock.at + 1_000)
            world.edit(said.id, "Is this yours?")
            page = await source.page(page.cursor)
            assert {(one.text, one.change) for one in page.messages} == {("Is this yours?", Change.EDIT)}
            job, found = Job(id="j", kind="backfill", since=None, asked_at=clock.at, place=""), set()
            while True:
                walked = await notifications.walk(job)
                found |= {one.native_id for one in walked.messages}
                job = Job(id="j", kind="backfill", since=None, asked_at=clock.at, place=walked.cursor)
                if not walked.more:
                    break
            assert found == {network.native_id(one) for one in world.said.values()}
            await notifications.subscribe(tools.hook_url)
            await notifications.subscribe(tools.hook_url)
            assert network.subscribed == 1
            world.say(world.customer("eva"), "And mine?")
            assert [pushed.url for pushed in network.outgoing] == [tools.hook_url]
            assert network.violations == []

    run(story())


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(426, {"message": "Requested version is not active"}, "ended the API version 202610"),
     (403, {"message": "Not enough permissions"}, "r_organization_social"),
     (500, {}, "keeps trying")],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(status: int, body: dict[str, Any], words: str) -> None:
    async def story() -> None:
        answer = httpx2.MockTransport(lambda _request: httpx2.Response(status, json=body))
        async with httpx2.AsyncClient(transport=answer) as http:
            tools = Tools(now=lambda: NOW, http=http, budgets=Budgets(lambda: NOW))
            secrets = LinkedInSecrets(client_secret="s", access_token="t")
            connector = LinkedInConnector(LinkedInSettings(organization_id="9"), secrets, tools)
            (problem,) = await connector.check()
            assert words in problem

    run(story())


def test_a_quota_of_the_day_opens_at_midnight() -> None:
    words = {
        "message": "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
    }

    async def story() -> None:
        answer = httpx2.MockTransport(lambda _request: httpx2.Response(429, json=words))
        async with httpx2.AsyncClient(transport=answer) as http:
            tools = Tools(now=lambda: NOW, http=http, budgets=Budgets(lambda: NOW))
            secrets = LinkedInSecrets(client_secret="s", access_token="t")
            connector = LinkedInConnector(LinkedInSettings(organization_id="9"), secrets, tools)
            with pytest.raises(SendPostponed) as later:
                await connector.send(reply())
            assert later.value.after_seconds == (DAY - NOW % DAY) / 1000

    run(story())


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b'"x"', b"[" * 100_000])
def test_what_is_no_delivery_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_delivery(body, NOW)


NAMES = [*SAID, *FULL, "comment", "share", "owner", "text", "entity", "time", "content", "url"]


@few
@given(objects(NAMES))
def test_no_shape_stops_the_reading_of_comments(data: dict[str, Any]) -> None:
    comment(data, POST, "9", NOW)
    comment(FULL | data, "", "9", NOW)


@few
@given(shaped(NAMES, lambda inner: {"type": EVENTS, "notifications": [SAID | inner, inner]}) | anything())
def test_no_shape_stops_the_reading_of_deliveries(body: bytes) -> None:
    try:
        parse_delivery(body, NOW)
    except Unreadable:
        return
