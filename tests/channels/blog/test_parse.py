"""Comments of WordPress and isso as messages, and what goes there."""

from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given

from earful.channels.blog.connector import BlogConnector
from earful.channels.blog.follow import changes
from earful.channels.blog.parse import Signing, isso, listed, tree, wordpress
from earful.channels.blog.send import compose
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.contract import Job, Reply, ReplyTarget, SendRefused
from earful.channels.kit.api import NotJson
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Network, Visibility
from earful.model.time import Instant
from earful.playground.networks.wordpress import PASSWORD, USER
from tests.channels.garbage import few, objects
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.channels.simulated import simulated

BLOG = "wordpress:blog.example.test"
COMMENT: dict[str, Any] = {
    "id": 41, "post": 7, "parent": 40, "author": 0, "author_name": "Ana &amp; Jo", "author_email": "Ana@Example.test",
    "author_url": "https://ana.example.test", "date": "2026-11-22T11:00:00", "date_gmt": "2026-11-22T10:00:00",
    "content": {"rendered": "<p>It&#8217;s <em>lost</em></p>\n<p>Help</p>", "raw": "It's <em>lost</em>\r\n\r\nHelp"},
    "link": "https://blog.example.test/?p=7#comment-41", "status": "approved", "type": "comment",
    "author_avatar_urls": {"24": "https://a.test/24", "96": "https://a.test/96"}, "meta": [],
}  # fmt: skip
ISSO: dict[str, Any] = {
    "id": 3, "parent": 1, "author": "Tom &amp; Jo", "text": "It *leaks* <b>", "website": None, "mode": 1,
    "created": 1784927750.25, "modified": None, "likes": 0, "dislikes": 0, "hash": "abc123",
}  # fmt: skip
SIGNING = Signing("only-we-know", "https://blog.example.test/")


def read(raw: dict[str, Any], us: str = "1") -> IncomingMessage:
    found = wordpress(raw, BLOG, us)
    assert found is not None
    return found


def read_isso(raw: dict[str, Any]) -> IncomingMessage:
    found = isso(raw, "isso:c.test", "/one/", "https://blog.example.test", SIGNING)
    assert found is not None
    return found


def test_a_comment_is_what_was_written() -> None:
    message = read(COMMENT)
    assert (message.native_id, message.parent_id, message.kind) == ("41", "40", MessageKind.REPLY)
    assert message.text == "It's lost\n\nHelp"
    assert message.occurred_at.isoformat() == "2026-11-22T10:00:00+00:00"
    assert message.author is not None
    assert (message.author.native_id, message.author.name) == ("mail:ana@example.test", "Ana & Jo")
    assert message.author.alt_ids == {"email": "ana@example.test"}
    assert message.author.avatar_url == "https://a.test/96"
    assert message.context == {"post": 7}
    assert read(COMMENT | {"id": "41", "parent": "0"}).kind is MessageKind.COMMENT


def test_who_may_not_moderate_gets_what_is_shown_and_no_address() -> None:
    shown = COMMENT | {
        "content": {"rendered": "<p>It&#8217;s lost</p>"},
        "author_email": None,
        "status": None,
    }
    message = read(shown)
    assert message.text == "It’s lost"
    assert message.author is not None
    assert (message.author.native_id, message.author.alt_ids) == ("comment:41", {})


def test_our_user_is_us_and_other_users_are_not() -> None:
    assert read(COMMENT | {"author": 1}).direction is Direction.OUTBOUND
    assert read(COMMENT | {"author": 2}).direction is Direction.INBOUND
    assert read(COMMENT, us="").direction is Direction.INBOUND


@pytest.mark.parametrize(
    "raw",
    [
        COMMENT | {"status": "spam"},
        COMMENT | {"status": "trash"},
        COMMENT | {"id": 0.5},
        COMMENT | {"date_gmt": "soon"},
    ],
)
def test_what_is_no_comment_any_more_is_none(raw: dict[str, Any]) -> None:
    assert wordpress(raw, BLOG, "1") is None


def test_scripts_stay_out_and_held_comments_come_in() -> None:
    nasty = {
        "rendered": "<p>Hi<script>alert(1)</script><img src=x onerror=a()></p>",
        "raw": "Hi<script>alert(1)</script>",
    }
    message = read(COMMENT | {"content": nasty, "status": "hold", "author_url": "javascript:alert(1)"})
    assert message.text == "Hi"
    assert "script" not in message.html
    assert "onerror" not in message.html
    assert message.author is not None
    assert message.author.profile_url == ""


def test_isso_tells_words_as_they_were_written() -> None:
    message = read_isso(ISSO)
    assert (message.native_id, message.parent_id) == ("/one/#isso-3", "/one/#isso-1")
    assert (message.text, message.edited_at) == ("It *leaks* <b>", None)
    assert message.author is not None
    assert (message.author.native_id, message.author.name) == ("hash:abc123", "Tom & Jo")
    assert message.permalink == "https://blog.example.test/one/#isso-3"
    assert read_isso(ISSO | {"modified": 1784927800.0}).edited_at is not None
    assert isso(ISSO | {"mode": 4}, "n", "/one/", "", SIGNING) is None


def test_only_what_we_signed_is_ours() -> None:
    mark = SIGNING.website("/one/", "r:1", "It *leaks* <b>")
    ours = read_isso(ISSO | {"website": mark})
    assert (ours.direction, ours.client_id) == (Direction.OUTBOUND, "r:1")
    assert read_isso(ISSO | {"website": mark, "text": "Other words"}).direction is Direction.INBOUND
    assert isso(ISSO | {"website": mark}, "n", "/two/", "", SIGNING).direction is Direction.INBOUND  # type: ignore[union-attr]
    other = Signing("guessed", "https://blog.example.test/")
    forged = other.website("/one/", "r:1", "It *leaks* <b>")
    for website in (forged, mark[:-1], f"{mark}é", "https://[", "https://x.test/#reply:"):
        assert read_isso(ISSO | {"website": website}).direction is Direction.INBOUND


def test_an_error_page_is_no_empty_blog() -> None:
    for raw in (b"<html>", b"{}", b'{"code": "rest_no_route"}', b"null"):
        with pytest.raises(NotJson):
            listed(raw)
    with pytest.raises(NotJson):
        tree({"error": "not found"})
    assert tree({"replies": [ISSO | {"replies": [ISSO]}, None, 1]}) == [ISSO | {"replies": [ISSO]}, ISSO]


def test_a_change_is_told_from_news() -> None:
    first, again = read(COMMENT), read(COMMENT | {"content": {"raw": "It is found", "rendered": ""}})
    (new,), seen = changes([first], {}, Instant(5))
    assert new.change is Change.CREATE
    assert changes([first], seen, 5)[0] == []  # type: ignore[arg-type]
    (edit,), _ = changes([again], seen, Instant(1_795_000_000_000))
    assert (edit.change, edit.text) == (Change.EDIT, "It is found")
    assert edit.edited_at is not None
    assert edit.edited_at.timestamp() == 1_795_000_000


@few
@given(objects([*COMMENT, *ISSO, "raw", "rendered", "replies"]))
def test_nothing_that_a_blog_answers_breaks_the_reading(raw: dict[str, Any]) -> None:
    assert wordpress(raw, BLOG, "1") is None or read(raw).author is not None
    isso(raw, "n", "/one/", "https://b.test", SIGNING)
    for one in (COMMENT | raw, ISSO | raw):
        wordpress(one, BLOG, "1")
        isso(one, "n", "/one/", "", SIGNING)


def reply(
    text: str, audience: Visibility = Visibility.PUBLIC, namespace: str = BLOG, to: str = "41"
) -> Reply:
    target = ReplyTarget(native_id=to, namespace=namespace, visibility=Visibility.PUBLIC)
    return Reply(client_id="r-1", text=text, audience=audience, to=target)


@pytest.mark.parametrize(
    ("given_reply", "words"),
    [
        (reply("Sorry", Visibility.DIRECT), "public"),
        (reply("Sorry", namespace="wordpress:other.test"), "this blog"),
        (reply(" a "), "at least 3"),
        (reply("é" * 40_000), "80,000 bytes"),
    ],
)
def test_what_may_not_go_out_is_refused(given_reply: Reply, words: str) -> None:
    with pytest.raises(SendRefused, match=words):
        compose(given_reply, BLOG)


@pytest.mark.parametrize("route", ["", "/index.php?rest_route=/"])
def test_a_blog_with_and_without_pretty_links(route: str) -> None:
    async def walk() -> None:
        async with simulated(Network.BLOG) as (simulator, tools, clock):
            settings = BlogSettings(url=f"{simulator.base_url}{route}", name=USER, poll_seconds=5)
            connector = BlogConnector(settings, BlogSecrets(password=PASSWORD), tools)
            assert await connector.check() == []
            ana = simulator.world.customer("ana")
            ids = [simulator.world.say(ana, f"Comment {number}").id for number in range(130)]
            inlet = MemoryInlet()
            async with receiving(connector, inlet):
                await inlet.until(lambda: len(inlet.kept) == 100)
                new = [simulator.world.say(ana, f"Later {number}").id for number in range(150)]
                await inlet.until(lambda: len(inlet.kept) == 250)
                assert {one.native_id for one in inlet.messages()} == {*ids[30:], *new}
                simulator.world.edit(new[0], "Put right")
                simulator.world.delete(new[1])
                clock.at = Instant(clock.at + 3_600_000)
                await inlet.until(lambda: any(one.deleted for one in inlet.kept.values()))
                kept = {one.message.native_id: one for one in inlet.kept.values()}
                assert (kept[new[0]].message.text, kept[new[1]].deleted) == ("Put right", True)
                assert sum(one.deleted for one in kept.values()) == 1
            steps, place = 0, ""
            while steps == 0 or place:
                page = await connector._system.walk(
                    Job(id="j", kind="backfill", since=None, asked_at=clock.at, place=place)
                )
                steps, place = steps + 1, page.cursor
            assert steps == 4
            assert simulator.violations == []

    run(walk())


def test_a_reply_below_what_is_not_shown_is_refused_and_a_double_is_found() -> None:
    async def walk() -> None:
        async with simulated(Network.BLOG) as (simulator, tools, _):
            settings = BlogSettings(url=simulator.base_url, name=USER)
            connector = BlogConnector(settings, BlogSecrets(password=PASSWORD), tools)
            said = simulator.world.say(simulator.world.customer("ana"), "Is it vegan?")
            answer = reply("Yes & <b>no</b>", namespace=connector._system.namespace, to=said.id)
            sent = await connector.send(answer)
            assert simulator.world.said[sent.native_id].text == "Yes & <b>no</b>"
            assert await connector.send(answer) == sent
            assert await connector.find(answer) == sent
            simulator.world.delete(said.id)
            with pytest.raises(SendRefused, match="Invalid comment"):
                await connector.send(answer)

            async def held(request: httpx2.Request) -> httpx2.Response:
                return httpx2.Response(200, content=msgspec.json.encode(COMMENT | {"status": "hold"}))

            async with httpx2.AsyncClient(transport=httpx2.MockTransport(held)) as http:
                waits = BlogConnector(
                    settings, BlogSecrets(password=PASSWORD), msgspec.structs.replace(tools, http=http)
                )
                with pytest.raises(SendRefused, match="waits for approval"):
                    await waits.send(answer)

    run(walk())
