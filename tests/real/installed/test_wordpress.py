"""The comments of a real WordPress: they arrive, change and go, and an answer is below them once."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from earful.channels.blog.connector import BlogConnector
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.feed.connector import FeedConnector
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.kit.tools import Tools
from earful.model.message import Direction, IncomingMessage, MessageKind, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import later, receiving, run, tools
from tests.servers import wordpress
from tests.servers.wordpress import WordPressServer

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def blog() -> Iterator[WordPressServer]:
    if why := wordpress.missing():
        pytest.skip(why)
    made = WordPressServer()
    yield made
    made.stop()


def quick() -> Tools:
    """Looks follow each other at once."""
    return msgspec.structs.replace(tools(), pace=0.01)


def connector(
    blog: WordPressServer, *, user: str = "earful", password: str = "", **more: Any
) -> BlogConnector:
    settings = BlogSettings(
        **{"url": blog.url, "name": user, "poll_seconds": 5, "look_again_minutes": 1} | more
    )
    return BlogConnector(settings, BlogSecrets(password=password or blog.passwords[user]), later(quick()))


def answer(message: IncomingMessage, text: str, client_id: str = "reply-1") -> Reply:
    to = ReplyTarget(native_id=message.native_id, namespace=message.namespace, visibility=Visibility.PUBLIC)
    return Reply(client_id=client_id, text=text, audience=Visibility.PUBLIC, to=to)


def test_a_comment_arrives_is_answered_once_changes_and_goes(blog: WordPressServer) -> None:
    async def walk() -> None:
        inlet, ours = MemoryInlet(), connector(blog)
        assert await ours.check() == []
        early = blog.comment("I was here <b>before</b> you")
        async with receiving(ours, inlet):
            await inlet.until(lambda: any(one.native_id == str(early) for one in inlet.messages()))
            assert all(one.backfill for one in inlet.messages())
            number = str(blog.comment("It's “late” — & 5 > 3 ☕\n\nWhere is it?", "Tom & Jo"))
            await inlet.until(lambda: number in kept_by(inlet))
            asked = kept_by(inlet)[number]
            assert (asked.text, asked.backfill) == ("It's “late” — & 5 > 3 ☕\n\nWhere is it?", False)
            assert (asked.kind, asked.direction) == (MessageKind.COMMENT, Direction.INBOUND)
            assert asked.author is not None
            assert asked.author.name == "Tom & Jo"

            reply = answer(asked, "Sorry, Tom & Jo! It's <b>on its way</b>.")
            assert await ours.find(reply) is None
            first, again, found = await ours.send(reply), await ours.send(reply), await ours.find(reply)
            assert found is not None
            assert first.native_id == again.native_id == found.native_id
            below = [one for one in blog.shown() if one["parent"] == int(number)]
            assert [one["author_name"] for one in below] == ["earful"]
            await inlet.until(lambda: first.native_id in kept_by(inlet))
            echo = kept_by(inlet)[first.native_id]
            assert (echo.direction, echo.text, echo.parent_id) == (Direction.OUTBOUND, reply.text, number)

            blog.change(int(number), content="It came, thanks")
            await inlet.until(lambda: kept_by(inlet)[number].text == "It came, thanks")
            blog.change(early, status="trash")
            blog.delete(int(number))
            await inlet.until(lambda: all(gone(inlet, one) for one in (str(early), number)))
            assert not gone(inlet, first.native_id)
        assert inlet.troubles == []

    run(walk())


def kept_by(inlet: MemoryInlet) -> dict[str, IncomingMessage]:
    """What came, by the number of the comment."""
    return {one.native_id: one for one in inlet.messages()}


def gone(inlet: MemoryInlet, number: str) -> bool:
    """Whether a comment is known to be deleted."""
    return any(one.deleted for (_, native_id), one in inlet.kept.items() if native_id == number)


def test_what_waits_for_approval_comes_in_and_is_answered_once_it_is_approved(blog: WordPressServer) -> None:
    async def walk() -> None:
        # As in a blog without pretty links.
        inlet, ours = MemoryInlet(), connector(blog, url=f"{blog.url}?rest_route=/")
        number = blog.comment("Is this thing on?", "Mo")
        blog.change(number, status="hold")
        async with receiving(ours, inlet):
            await inlet.until(lambda: str(number) in kept_by(inlet))
        asked = kept_by(inlet)[str(number)]
        with pytest.raises(SendRefused, match="waits for approval"):
            await ours.send(answer(asked, "It is."))
        blog.change(number, status="approved")
        sent = await ours.send(answer(asked, "It is."))
        assert any(one["id"] == int(sent.native_id) for one in blog.shown())

    run(walk())


def test_who_may_not_moderate_and_a_wrong_password_are_named(blog: WordPressServer) -> None:
    async def walk() -> None:
        (lacking,) = await connector(blog, user="reader").check()
        assert "may not moderate" in lacking
        (wrong,) = await connector(blog, password="not the password").check()
        assert "application password" in wrong

    run(walk())


@pytest.mark.parametrize("kind", ["comments-rss2", "comments-atom"])
def test_its_feed_of_comments_is_followed(blog: WordPressServer, kind: str) -> None:
    async def walk() -> None:
        inlet = MemoryInlet()
        settings = FeedSettings(url=f"{blog.url}/?feed={kind}", poll_seconds=1)
        words = f"And “me” & you by {kind}"
        blog.comment(f"Read me by {kind}")

        def there(text: str) -> IncomingMessage | None:
            return next((one for one in inlet.messages() if text in one.text), None)

        async with receiving(FeedConnector(settings, FeedSecrets(), allow_private=True, pace=0.1), inlet):
            await inlet.until(lambda: there(f"Read me by {kind}") is not None)
            # Often in the same second, in which WordPress gives the feed the same ETag.
            news = blog.comment(words, "Zoë")
            await inlet.until(lambda: there(words) is not None)
        found, early = there(words), there(f"Read me by {kind}")
        assert found is not None
        assert early is not None
        assert found.author is not None
        assert (found.author.name, found.backfill, early.backfill) == ("Zoë", False, True)
        assert found.permalink.endswith(f"#comment-{news}")

    run(walk())
