"""A feed that is pushed: by a small hub of ours over real HTTP, with signatures by the standard library."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from earful.channels.contract import RawDelivery
from earful.channels.feed.connector import FeedConnector
from earful.channels.feed.hook import FeedHook, hook
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.feed.websub import Hub as Named
from earful.channels.feed.websub import discover
from earful.channels.hooks import Unreadable
from earful.model.time import Instant
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.servers.feeds import FeedServer
from tests.servers.hub import Hub, Pushed

pytestmark = pytest.mark.real
SECRETS = FeedSecrets(push_secret="only-we-know")


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub."""
    made = Hub()
    yield made
    made.stop()


@pytest.fixture
def desk() -> Iterator[Pushed]:
    """Who is pushed to."""
    made = Pushed()
    yield made
    made.stop()


def document(hub: str, *guids: str) -> bytes:
    items = "".join(f"<item><guid>{guid}</guid><title>{guid}</title></item>" for guid in guids)
    named = f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="https://forum.test/feed?a=1&amp;b=2"/>'
    head = f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Forum</title>{named}'
    return f"{head}{items}</channel></rss>".encode()


def test_a_feed_with_a_hub_is_pushed_and_looked_at_less_often(
    feed_server: FeedServer, hub: Hub, desk: Pushed
) -> None:
    settings = FeedSettings(url=feed_server.url, poll_seconds=1)
    desk.hook = hook(settings, SECRETS)
    feed_server.document = document(hub.url, "a")
    ahead = timedelta()
    connector = FeedConnector(
        settings, SECRETS, allow_private=True, pace=0.05, hook_url=f"{desk.url}/hooks/forum",
        now=lambda: datetime.now(UTC) + ahead,
    )  # fmt: skip

    async def story() -> None:
        nonlocal ahead
        inlet = MemoryInlet()
        # Known since before anybody wanted pushes: unchanged, and without its hub.
        async with receiving(FeedConnector(settings, FeedSecrets(), allow_private=True), inlet):
            await inlet.until(lambda: len(inlet.kept) == 1)
        assert "hub" not in json.loads(inlet.cursors["feed"])
        async with receiving(connector, inlet):
            await inlet.until(lambda: inlet.signs_of_life > 2 and bool(hub.verified))
            (agreed,) = hub.verified.values()
            assert agreed["hub.topic"] == "https://forum.test/feed?a=1&b=2"
            assert agreed["hub.secret"] not in str(agreed["hub.callback"])
            assert "only-we-know" not in str(agreed)

            new = document(hub.url, "a", "b")
            for method in ("sha1", "sha256", "sha384", "sha512"):
                assert hub.publish(new, method) == [202]
            assert [m.native_id for m in desk.messages] == ["a", "b"] * 4
            await inlet.accept(RawDelivery(transport="webhook", body=new), desk.messages[-2:])
            assert len(inlet.kept) == 2
            assert not connector._is_pushed
            feed_server.document = new
            await inlet.until(lambda: connector._is_pushed or len(inlet.kept) > 2)
            assert len(inlet.kept) == 2, "what was pushed and what is fetched have the same ids"

            # Not the hub, or not what it signed: told that all is well, and ignored.
            assert hub.publish(document(hub.url, "forged"), secret="guessed") == [202]
            assert httpx2.post(f"{desk.url}/hooks/forum", content=new, trust_env=False).status_code == 202
            assert desk.refused == 2
            assert len(desk.messages) == 8

            # The lease goes on before it can end, and not before.
            asked = len(hub.asked)
            ahead = timedelta(hours=7)
            signs = inlet.signs_of_life
            await inlet.until(lambda: inlet.signs_of_life > signs + 1)
            assert len(hub.asked) == asked + 1

            # What the hub left out is fetched all the same, and quickly from then on.
            feed_server.document = document(hub.url, "a", "b", "c")
            await inlet.until(lambda: len(inlet.kept) == 3)
            assert inlet.troubles == []
        assert not connector._is_pushed

    run(story())


def test_only_what_was_asked_for_is_agreed_to(hub: Hub, desk: Pushed) -> None:
    desk.hook = hook(FeedSettings(url="https://forum.test/feed"), SECRETS)
    callback = f"{desk.url}/hooks/forum?topic=https://forum.test/feed&key=guessed"
    assert not hub.intends(callback, "https://forum.test/feed")
    assert not hub.intends(f"{desk.url}/hooks/forum?x=1", "https://forum.test/feed")
    assert hook(FeedSettings(url="https://forum.test/feed"), FeedSecrets()) is None


def test_a_hub_that_will_not_costs_nothing(feed_server: FeedServer, hub: Hub) -> None:
    hub.status = 500
    feed_server.document = document(hub.url, "a")
    settings = FeedSettings(url=feed_server.url, poll_seconds=1)
    connector = FeedConnector(
        settings, SECRETS, allow_private=True, pace=0.05, hook_url="http://127.0.0.1:9/hooks/forum"
    )

    async def story() -> None:
        inlet = MemoryInlet()
        async with receiving(connector, inlet):
            await inlet.until(lambda: bool(hub.asked))
            feed_server.document = document(hub.url, "a", "b")
            await inlet.until(lambda: len(inlet.kept) == 2)
        assert len(hub.asked) == 1
        assert inlet.troubles == []

    run(story())


def test_a_hub_is_found_in_headers_and_in_both_formats() -> None:
    link = httpx2.Headers({"link": '<https://hub.test/>; rel="hub", <https://forum.test/f>; rel="self"'})
    at = "https://forum.test/feed"
    assert discover(b"<rss/>", link, url=at) == Named("https://hub.test/", "https://forum.test/f")
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="https://hub.test/"/></feed>'
    assert discover(atom, httpx2.Headers(), url=at) == Named("https://hub.test/", at)
    for raw in (b"<rss/>", b"<feed><link rel='hub' href='javascript:x'/></feed>", b"no feed, but a hub"):
        assert discover(raw, httpx2.Headers(), url=at) is None


def test_what_is_pushed_and_is_no_feed_is_kept_unread() -> None:
    made = FeedHook(FeedSettings(url="https://forum.test/feed"), SECRETS)
    for raw in (b"", b"thin ping", b"<!DOCTYPE a><rss version='2.0'/>"):
        with pytest.raises(Unreadable):
            made.parse(RawDelivery(transport="webhook", body=raw), Instant(1_800_000_000_000))
