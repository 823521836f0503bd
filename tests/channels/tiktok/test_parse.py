"""Events and comments of TikTok as messages, and what goes there."""

from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given

from earful.channels.contract import Job, Reply, ReplyTarget, SendRefused
from earful.channels.hooks import Part, Unreadable
from earful.channels.kit import oauth
from earful.channels.tiktok.connector import TikTokConnector
from earful.channels.tiktok.limits import CAPABILITIES, provider, status_of, without_messages
from earful.channels.tiktok.parse import comment, parse_event
from earful.channels.tiktok.send import compose, compose_message
from earful.channels.tiktok.settings import TikTokSecrets, TikTokSettings
from earful.model.message import Change, Direction, MessageKind, Network, Visibility
from earful.model.time import DAY, Instant
from earful.outbox.rules import audiences
from tests.channels.garbage import few, objects
from tests.channels.json import anything, shaped
from tests.channels.running import run
from tests.channels.simulated import simulated

NOW = Instant(1_795_000_000_000)
EVENT = {"comment_id": 71, "video_id": 72, "parent_comment_id": 0, "comment_action": "insert"}
COMMENT: dict[str, Any] = {
    "comment_id": "71", "video_id": "72", "user_id": "u1", "username": "ana", "display_name": "Ana Lima",
    "text": "It <b>leaks</b>", "create_time": "1784927750", "likes": 3, "replies": 0, "owner": False,
}  # fmt: skip


def read(content: Any = None, *, event: str = "comment.update", **changes: Any) -> Part:
    inner = content if content is not None else EVENT | changes
    text = inner if isinstance(inner, str) else msgspec.json.encode(inner).decode()
    (part,) = parse_event(
        msgspec.json.encode({"event": event, "user_openid": "me", "create_time": 1, "content": text}), NOW
    )
    return part


def test_an_event_tells_which_comment_is_to_be_fetched() -> None:
    assert read().account == "me"
    assert read().wanted == ["comment:72/71"]
    assert read(comment_id="71", comment_action=None).wanted == ["comment:72/71"]
    assert read(parent_comment_id=70).wanted == ["reply:72/70/71"]


def test_deletes_hidden_ones_and_what_nobody_knows() -> None:
    (message,) = read(comment_action="delete").messages
    assert (message.native_id, message.namespace, message.change) == ("71", "tiktok", Change.DELETE)
    hidden = read(comment_action="set_to_hidden")
    assert (hidden.messages, hidden.wanted, hidden.strange) == ([], [], [])
    assert read(comment_action="fold").strange == ["comment.update fold"]
    assert read("no json").strange == ["comment.update of a new shape"]
    assert read(event="telepathy").strange == ["telepathy"]
    assert read(event="post.publish.complete").strange == []
    assert "consent" in read(event="authorization.removed").revoked


def test_a_comment_and_a_reply_of_ours() -> None:
    message = comment(COMMENT)
    assert message is not None
    assert (message.native_id, message.thread, message.kind) == ("71", "71", MessageKind.COMMENT)
    assert message.author is not None
    assert (message.author.native_id, message.author.handle, message.author.name) == ("u1", "ana", "Ana Lima")
    assert message.metrics == {"likes": 3, "replies": 0}
    ours = comment(
        COMMENT | {"comment_id": 75, "parent_comment_id": 71, "owner": True, "create_time": 1784927750}
    )
    assert ours is not None
    assert (ours.native_id, ours.thread, ours.parent_id, ours.direction) == (
        "75",
        "71",
        "71",
        Direction.OUTBOUND,
    )
    bare = comment(COMMENT | {"text": ""})
    assert bare is not None
    assert bare.kind is MessageKind.UNSUPPORTED


def reply(
    native_id: str = "71", audience: Visibility = Visibility.PUBLIC, text: str = "Sorry", video: str = "72"
) -> Reply:
    to = ReplyTarget(
        native_id=native_id, namespace="tiktok", visibility=Visibility.PUBLIC, author_handle="ana",
        context={"top": "71", "video": video},
    )  # fmt: skip
    return Reply(client_id="c", text=text, audience=audience, to=to)


def test_a_reply_to_a_reply_names_whom_it_answers() -> None:
    assert compose(reply()).body("me") == {
        "business_id": "me", "video_id": "72", "comment_id": "71", "text": "Sorry",
    }  # fmt: skip
    assert compose(reply("75")).text == "@ana Sorry"


@pytest.mark.parametrize(
    "refused",
    [
        reply(audience=Visibility.DIRECT), reply(text=" "), reply(text="a" * 151), reply(video=""),
        reply("75", text="a" * 146),
    ],
)  # fmt: skip
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing"):
        compose(refused)


@pytest.mark.parametrize(
    ("code", "status"), [(0, 200), (40100, 429), (40105, 401), (40001, 403), (40002, 400), (51305, 500)]
)
def test_codes_mean_what_a_status_would(code: int, status: int) -> None:
    assert status_of(code) == status


def test_what_was_not_told_is_asked_for_when_the_number_of_comments_changes() -> None:
    async def story() -> None:
        async with simulated(Network.TIKTOK) as (network, tools, clock):
            world = network.world
            old = world.say(world.customer("ana"), "It leaks")
            settings = TikTokSettings(**network.wiring().settings)
            connector = TikTokConnector(settings, TikTokSecrets(**network.wiring().secrets), tools)
            source = connector._comments.source(Instant(clock.at + 1_000))
            first = await source.page(None)
            assert [(one.native_id, one.backfill) for one in first.messages] == [(old.id, True)]
            assert (await source.page(first.cursor)).messages == []
            clock.at = Instant(clock.at + DAY)
            new = world.say(world.customer("ben"), "Mine too", parent=old.id)
            page = await source.page(first.cursor)
            assert [(one.native_id, one.backfill, one.thread) for one in page.messages] == [
                (new.id, False, old.id)
            ]
            anew = TikTokConnector(settings, TikTokSecrets(**network.wiring().secrets), tools)
            again = await anew._comments.source(clock.at).page(page.cursor)
            assert {one.native_id: one.backfill for one in again.messages} == {old.id: True, new.id: False}
            assert network.violations == []

    run(story())


def test_history_is_walked_video_by_video() -> None:
    async def story() -> None:
        async with simulated(Network.TIKTOK) as (network, tools, _):
            world = network.world
            said = [world.say(world.customer(f"ana{number}"), f"It leaks {number}") for number in range(70)]
            settings = TikTokSettings(**network.wiring().settings)
            secrets = TikTokSecrets(**network.wiring().secrets)
            walk = TikTokConnector(settings, secrets, tools)._comments.walk
            page, found = await walk(Job(id="j", kind="backfill", since=None, asked_at=NOW, place="")), 0
            while page.more:
                found += len(page.messages)
                page = await walk(Job(id="j", kind="backfill", since=None, asked_at=NOW, place=page.cursor))
            assert found + len(page.messages) == len(said)
            assert network.violations == []

    run(story())


def test_tokens_come_in_an_envelope_and_are_renewed_elsewhere() -> None:
    asked: list[tuple[str, dict[str, str]]] = []
    answers: list[dict[str, Any]] = [
        {
            "code": 0,
            "data": {
                "access_token": "a1", "refresh_token": "r1", "expires_in": 86400, "scope": "comment.list,video.list",
            },
        },
        {"code": 0, "data": {"access_token": "a2", "refresh_token": "r2", "expires_in": 86400}},
        {"code": 40103, "message": "Refresh token expired", "data": {}},
        {"code": 51305, "message": "Infrastructure error", "data": {}},
    ]  # fmt: skip

    def endpoint(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.path, msgspec.json.decode(request.content)))
        return httpx2.Response(200, json=answers[len(asked) - 1])

    async def story() -> None:
        made, client = (
            provider("777", "https://api.test/open_api/v1.3"),
            oauth.Client(client_id="777", client_secret="s"),
        )
        url = oauth.consent_url(made, client, redirect_uri="https://desk.test/back", state="s", verifier="v")
        assert "client_key=777" in url
        assert "code_challenge" not in url
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(endpoint)) as http:
            grant = await oauth.take_code(
                http, made, client, code="c", redirect_uri="https://desk.test/back", verifier="v", now=NOW
            )
            assert grant.scopes == ("comment.list", "video.list")
            assert grant.expires_at == NOW + 86_400_000
            assert (await oauth.renew(http, made, client, grant, NOW)).refresh_token == "r2"
            with pytest.raises(oauth.GrantRefused, match="Refresh token expired"):
                await oauth.renew(http, made, client, grant, NOW)
            with pytest.raises(httpx2.HTTPError, match="51305"):
                await oauth.renew(http, made, client, grant, NOW)

    run(story())
    assert [path for path, _ in asked[:2]] == [
        "/open_api/v1.3/tt_user/oauth2/token/",
        "/open_api/v1.3/tt_user/oauth2/refresh_token/",
    ]
    assert asked[0][1]["auth_code"] == "c"
    assert asked[1][1]["refresh_token"] == "r1"


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b"1", b"[" * 100_000])
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_event(body, NOW)


@few
@given(objects([*COMMENT, "parent_comment_id", "image_url", "unique_identifier"]))
def test_no_shape_stops_the_reading_of_comments(data: dict[str, Any]) -> None:
    comment(data)
    comment(COMMENT | data)


@few
@given(
    shaped(
        [*EVENT, "event", "content", "user_openid"],
        lambda inner: {"event": "comment.update", "content": EVENT} | inner,
    )
    | anything()
)
def test_no_shape_stops_the_reading_of_events(body: bytes) -> None:  # fmt: skip
    try:
        parse_event(body, NOW)
    except Unreadable:
        return


DIRECT: dict[str, Any] = {
    "type": "text", "message_id": "m1", "conversation_id": "c1", "timestamp": 1_795_000_000_000, "from": "ana",
    "from_user": {"id": "u1"}, "to_user": {"id": "me"}, "text": {"body": "Is it in stock?"},
}  # fmt: skip


def test_a_private_message_is_of_the_customer_or_ours() -> None:
    (theirs,) = read(DIRECT, event="im_receive_msg").messages
    assert (theirs.native_id, theirs.thread, theirs.text) == ("m1", "c1", "Is it in stock?")
    assert (theirs.visibility, theirs.kind, theirs.direction) == (
        Visibility.DIRECT, MessageKind.DM, Direction.INBOUND,
    )  # fmt: skip
    assert theirs.author is not None
    assert (theirs.author.native_id, theirs.author.handle) == ("u1", "ana")
    back = DIRECT | {"from_user": {"id": "me"}, "to_user": {"id": "u1"}}
    (echo,) = read(back, event="im_send_msg").messages
    assert (echo.direction, echo.thread) == (Direction.OUTBOUND, "c1")
    (picture,) = read(DIRECT | {"text": None, "image": {"media_id": "p1"}}, event="im_receive_msg").messages
    assert picture.attachments[0].native_id == "c1/m1/p1"
    (sticker,) = read(DIRECT | {"text": None, "type": "sticker"}, event="im_receive_msg").messages
    assert sticker.kind is MessageKind.UNSUPPORTED
    assert read({"message_id": "m1"}, event="im_receive_msg").strange == ["im_receive_msg of a new shape"]


def test_a_read_mark_is_of_the_customer() -> None:
    mark = {
        "conversation_id": "c1",
        "read": {"last_read_timestamp": 1_795_000_000_000},
        "from_user": {"id": "u1"},
    }
    (told,) = read(mark, event="im_mark_read_msg").read
    assert (told.thread, told.namespace) == ("c1", "tiktok")
    assert read(mark | {"from_user": {"id": "me"}}, event="im_mark_read_msg").read == []


def test_a_private_answer_stays_private_and_where_it_is_approved() -> None:
    def asked(audience: Visibility, conversation: str = "c1", text: str = "Yes") -> Reply:
        to = ReplyTarget(native_id="m1", visibility=Visibility.DIRECT, context={"conversation": conversation})
        return Reply(client_id="r", text=text, audience=audience, to=to)

    body = compose_message(asked(Visibility.DIRECT), 6_000).body("me")
    assert (body["recipient"], body["text"]) == ("c1", {"body": "Yes"})
    for bad in (
        asked(Visibility.PUBLIC),
        asked(Visibility.DIRECT, ""),
        asked(Visibility.DIRECT, text="x" * 6_001),
    ):
        with pytest.raises(SendRefused, match="nothing was sent"):
            compose_message(bad, 6_000)
    plain = without_messages(CAPABILITIES)
    assert (plain.private_reply, plain.window) == (False, None)
    assert audiences(Visibility.PUBLIC, CAPABILITIES) == [Visibility.PUBLIC]
    assert audiences(Visibility.DIRECT, CAPABILITIES) == [Visibility.DIRECT]
    assert CAPABILITIES.within(Visibility.DIRECT).max_length == 6_000
