"""Feeds as they come, and documents that are none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.feed.connector import changes, is_settled
from earful.channels.feed.parse import Entry, FeedRefused, parse_feed, refuse_bombs
from earful.model.message import Change

URL = "https://forum.test/feed"
FETCHED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def read(raw: str | bytes) -> list[Entry]:
    return parse_feed(raw.encode() if isinstance(raw, str) else raw, url=URL, fetched_at=FETCHED)


def rss(items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Forum</title>{items}</channel></rss>'


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title>
<entry><id>urn:1</id><title type="html">It &lt;b&gt;broke&lt;/b&gt;</title><link href="/1"/>
<author><name>Ana</name></author><published>2026-11-20T10:00:00Z</published><updated>2026-11-20T11:00:00Z</updated>
<content type="html">&lt;p&gt;Twice&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</content></entry></feed>"""


def test_atom() -> None:
    (entry,) = read(ATOM)
    message = entry.message
    assert (message.native_id, message.permalink) == ("urn:1", "https://forum.test/1")
    assert (message.subject, message.text) == ("It broke", "It broke\n\nTwice")
    assert "script" not in message.html
    assert message.occurred_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert message.edited_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert message.author is not None
    assert (message.author.name, message.context) == ("Ana", {"source": "Blog"})


@pytest.mark.parametrize(
    ("item", "native_id"),
    [
        ("<guid>g1</guid><link>https://l.test</link>", "g1"),
        ("<link>https://l.test/a</link><title>t</title>", "https://l.test/a"),
    ],
)
def test_identity_is_the_guid_else_the_link(item: str, native_id: str) -> None:
    (entry,) = read(rss(f"<item>{item}</item>"))
    assert entry.message.native_id == native_id


def test_identity_is_else_the_content() -> None:
    first, second = read(rss("<item><title>a</title></item><item><title>b</title></item>"))
    assert first.message.native_id.startswith("sha256:")
    assert first.message.native_id != second.message.native_id


def test_a_time_to_come_or_none_is_the_time_of_the_look() -> None:
    for date in ("<pubDate>Mon, 01 Jan 2096 00:00:00 GMT</pubDate>", "", "<pubDate>soon</pubDate>"):
        (entry,) = read(rss(f"<item><guid>g</guid>{date}</item>"))
        assert entry.message.occurred_at == FETCHED


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE r [<!ENTITY a "b">]><rss version="2.0"/>',
        b'<?xml version="1.0"?>\n<!-- <a> --> <!doctype r><rss version="2.0"/>',
        b'\xef\xbb\xbf<?xml version="1.0"?><?pi <x> ?><!DOCTYPE r SYSTEM "file:///etc/passwd"><rss/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r><rss/>'.encode("utf-16"),
        '<?xml version="1.0"?><!DOCTYPE r><rss/>'.encode("utf-16-be"),
        '<?xml version="1.0"?><!DOCTYPE r><rss/>'.encode("utf-32"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE r+AD4-<rss/>',
        b'<?xml version="1.0" encoding="cp037"?><rss/>',
        b"<html><body>hello</body></html>",
        b"",
        b"\0\0\0",
        b"{}",
    ],
)
def test_what_could_harm_or_is_no_feed_is_refused(raw: bytes) -> None:
    with pytest.raises(FeedRefused):
        read(raw)


def test_a_page_quoted_inside_an_entry_is_harmless() -> None:
    (entry,) = read(
        rss("<item><guid>g</guid><description><![CDATA[<!DOCTYPE html><p>x]]></description></item>")
    )
    assert "x" in entry.message.text


def test_news_edits_and_returns_are_told_apart() -> None:
    first = read(rss("<item><guid>a</guid><title>1</title></item>"))
    messages, known = changes(first, None, FETCHED)
    assert [m.backfill for m in messages] == [True]
    assert changes(first, known, FETCHED) == ([], known)
    later = read(rss("<item><guid>a</guid><title>2</title></item><item><guid>b</guid></item>"))
    messages, known = changes(later, known, FETCHED)
    assert {m.native_id: m.change for m in messages} == {"a": Change.EDIT, "b": Change.CREATE}
    # An edit without a time of its own must be later than what it changes, or either may stand.
    assert {m.native_id: m.edited_at for m in messages} == {"a": FETCHED, "b": None}
    # Gone from the document, and back again: no delete, no news.
    assert changes([], known, FETCHED) == ([], known)
    assert changes(later, known, FETCHED)[0] == []


@given(st.binary(max_size=200))
def test_no_bytes_break_it(raw: bytes) -> None:
    try:
        refuse_bombs(raw)
        read(raw)
    except FeedRefused:
        return


@given(st.text(max_size=200))
def test_no_words_break_it(words: str) -> None:
    for entry in read(
        rss(f"<item><guid>g</guid><description><![CDATA[{words}]]></description></item>").encode(
            "utf-8", "replace"
        )
    ):
        entry.message.text.encode()


@pytest.mark.parametrize(
    ("modified", "date", "settled"),
    [
        ("Sat, 21 Nov 2026 11:59:58 GMT", "Sat, 21 Nov 2026 12:00:00 GMT", True),
        ("Sat, 21 Nov 2026 11:59:59 GMT", "Sat, 21 Nov 2026 12:00:00 GMT", False),
        ("Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 12:00:00 GMT", False),
        # Without a Date it is our clock that counts.
        ("Sat, 21 Nov 2026 11:00:00 GMT", "", True),
        ("Sat, 21 Nov 2026 12:00:00 GMT", "yesterday", False),
        ("", "Sat, 21 Nov 2026 12:00:00 GMT", True),
        ("soon", "", True),
    ],
)
def test_a_version_that_may_still_change_under_its_name_is_not_settled(
    modified: str, date: str, settled: bool
) -> None:
    assert is_settled({"last-modified": modified, "date": date}, FETCHED) is settled
