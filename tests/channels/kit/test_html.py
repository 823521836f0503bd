"""Customers' HTML made safe and made plain."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.html import sanitise, scrub, to_text


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<svg onload=alert(1)>",
        "<iframe src='//evil'></iframe>",
        "<style>body{display:none}</style>",
        "<p style='position:fixed' onclick='x()'>x</p>",
        "<form action='//evil'><input name=q></form>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<link rel=stylesheet href=//evil><meta http-equiv=refresh content='0;url=//evil'><base href=//evil>",
        "<<script>script>alert(1)<</script>/script>",
    ],
)
def test_nothing_runs_loads_or_sends(attack: str) -> None:
    safe = sanitise(attack).lower()
    for trace in (
        "<script",
        "onerror",
        "onload",
        "onclick",
        "javascript:",
        "data:",
        "src=",
        "style",
        "<form",
    ):
        assert trace not in safe
    for trace in ("<svg", "<iframe", "<math", "<link", "<meta", "<base", "<input"):
        assert trace not in safe


@pytest.mark.parametrize("href", ["/sign-out", "sign-out", "//evil.test", "?a=b", "#x", "../x"])
def test_links_into_our_own_pages_are_dead(href: str) -> None:
    assert "href" not in sanitise(f'<a href="{href}">x</a>')


def test_pictures_keep_their_words_and_lose_their_address() -> None:
    assert (
        sanitise('<img src="https://track.test/1.gif" alt="A cat" width="2">')
        == '<img alt="A cat" width="2">'
    )
    assert sanitise('<img src="x" width="1">') == '<img alt="" width="1">'


def test_links_open_without_referrer_or_rank() -> None:
    assert (
        sanitise('<a href="https://a.test" target="_top">x</a>')
        == '<a href="https://a.test" rel="noopener noreferrer nofollow ugc">x</a>'
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("a\n  b\t c", "a b c"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("new<blockquote>old<br>older</blockquote>newer", "new\n\n> old\n> older\n\nnewer"),
        ("<blockquote><blockquote>deep</blockquote></blockquote>", "> > deep"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a href="https://a.test/x">here</a>', "here (https://a.test/x)"),
        ('<a href="https://a.test/">https://a.test</a>', "https://a.test"),
        ('<a href="mailto:a@b.test">a@b.test</a>', "a@b.test"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<script>x</script>y<style>z</style><title>t</title>", "y"),
        ("&lt;b&gt; &amp; &nbsp;x", "<b> &  x"),
        ("", ""),
    ],
)
def test_the_words_keep_their_lines(html: str, text: str) -> None:
    assert to_text(html) == text


def test_links_can_be_left_as_they_read() -> None:
    html = '<p><a href="https://s.test/@ana">@<span>ana</span></a> see <a href="https://x.test/abc">x.test/abc</a></p>'
    assert to_text(html, links=False) == "@ana see x.test/abc"


def test_deep_nesting_is_read_without_a_parser() -> None:
    bomb = "<div>" * 100_000 + "words"
    begin = time.process_time()
    assert to_text(bomb) == "words"
    assert "words" in sanitise(bomb)
    assert "<div>" not in sanitise(bomb)
    assert time.process_time() - begin < 20


def test_scrub_takes_out_what_stores_choke_on() -> None:
    assert scrub("a\0b\ud83dc\r\nd\re\x1b") == "ab\ufffdc\nd\ne"


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    for made in (sanitise(text), to_text(text), to_text(f"<p>{text}<blockquote>{text}")):
        made.encode("utf-8")
        assert "\0" not in made
