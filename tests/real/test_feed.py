"""The feed connector against a real HTTP server."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.feed.connector import FeedConnector
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.model.message import Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.servers.feeds import FeedServer

pytestmark = pytest.mark.real


def document(*items: tuple[str, str, str]) -> bytes:
    """RSS of (guid, title, words)."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://forum.test/{guid}</link>"
        f"<description>{words}</description><pubDate>Sat, 21 Nov 2026 10:00:0{n} GMT</pubDate></item>"
        for n, (guid, title, words) in enumerate(items)
    )
    return f"<rss version='2.0'><channel><title>Forum</title>{entries}</channel></rss>".encode()


def connector(server: FeedServer, **changes: Any) -> FeedConnector:
    settings = FeedSettings(url=server.url, **{"poll_seconds": 1, **changes})
    return FeedConnector(settings, FeedSecrets(), allow_private=True)


def test_news_and_edits_arrive_once_and_an_unchanged_feed_costs_a_304(feed_server: FeedServer) -> None:
    async def story() -> None:
        inlet = MemoryInlet()
        feed_server.document = document(("a", "Old", "history"))
        async with receiving(connector(feed_server), inlet):
            await inlet.until(lambda: len(inlet.kept) == 1)
            assert inlet.messages()[0].backfill
            await inlet.until(lambda: 304 in feed_server.served)
            feed_server.document = document(
                ("a", "Old", "history"), ("b", "New", "a &lt;b&gt;complaint&lt;/b&gt;")
            )
            await inlet.until(lambda: len(inlet.kept) == 2)
            news = inlet.messages()[1]
            assert (news.native_id, news.text, news.backfill) == ("b", "New\n\na complaint", False)
            assert news.occurred_at == datetime(2026, 11, 21, 10, 0, 1, tzinfo=UTC)
            feed_server.document = document(("b", "New", "an edited complaint"))
            await inlet.until(lambda: sum(kept.edits for kept in inlet.kept.values()) == 1)
        # "a" left the document, which is no delete; nothing was handed in twice.
        assert not any(kept.deleted for kept in inlet.kept.values())
        assert inlet.duplicates == 0

    run(story())


def test_the_cursor_survives_a_restart(feed_server: FeedServer) -> None:
    async def story() -> None:
        inlet = MemoryInlet()
        feed_server.document = document(("a", "One", "x"))
        async with receiving(connector(feed_server), inlet):
            await inlet.until(lambda: len(inlet.kept) == 1)
        assert "etag" in json.loads(inlet.cursors["feed"])
        feed_server.served.clear()
        async with receiving(connector(feed_server), inlet):
            await inlet.until(lambda: bool(feed_server.served))
            assert feed_server.served[0] == 304
        assert inlet.duplicates == 0

    run(story())


def test_a_store_that_fails_gets_the_same_news_again(feed_server: FeedServer) -> None:
    async def story() -> None:
        inlet = MemoryInlet()
        inlet.fail_next = 1
        feed_server.document = document(("a", "One", "x"))
        async with receiving(connector(feed_server), inlet):
            await inlet.until(lambda: len(inlet.kept) == 1)

    run(story())


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (410, {}, "gone for good"),
        (429, {"Retry-After": "60"}, "429"),
        (500, {}, "500"),
    ],
)
def test_a_server_that_refuses_is_named_and_not_hammered(
    feed_server: FeedServer, status: int, headers: dict[str, str], words: str
) -> None:
    async def story() -> None:
        inlet = MemoryInlet()
        feed_server.status, feed_server.headers = status, headers
        async with receiving(connector(feed_server), inlet):
            await inlet.until(lambda: bool(inlet.troubles))
        assert words in inlet.troubles[0]
        assert len(feed_server.served) == 1

    run(story())


def test_bombs_oversize_and_web_pages_are_refused_in_words(feed_server: FeedServer) -> None:
    async def story() -> None:
        cases = {
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa">]><rss version="2.0"/>': "document type",
            b"<html><body>no feed</body></html>": "no RSS or Atom",
            b"x" * 5_000_001: "longer than",
        }
        for raw, words in cases.items():
            feed_server.document = raw
            (problem,) = await connector(feed_server).check()
            assert words in problem
        feed_server.document = document(("a", "One", "x"))
        assert await connector(feed_server).check() == []
        guarded = FeedConnector(FeedSettings(url=feed_server.url), FeedSecrets())
        (problem,) = await guarded.check()
        assert "not a public address" in problem

    run(story())


def test_a_feed_cannot_be_answered(feed_server: FeedServer) -> None:
    async def story() -> None:
        target = ReplyTarget(native_id="a", visibility=Visibility.PUBLIC)
        reply = Reply(client_id="1", text="Hi", audience=Visibility.PUBLIC, to=target)
        with pytest.raises(SendRefused):
            await connector(feed_server).send(reply)
        assert await connector(feed_server).find(reply) is None

    run(story())
