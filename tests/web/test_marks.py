"""Customers' words on a page: nothing they write becomes markup, and marks sit where the words are."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.web.marks import Mark, clean, hits, rating_marks, said, search_hits

from .brewline import GRINDER, rating


class Reader(HTMLParser):
    """What a browser would make of it: the tags, and the text without them."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.marked: list[str] = []
        self._open = 0
        self.feed(str.__str__(markup))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert all(name in ("class", "title", "href", "target", "rel") for name, _ in attrs)
        if tag == "mark":
            self._open += 1
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open:
            self.marked[-1] += data


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    'https://x.example/"onmouseover="alert(1)',
    "https://x.example/<svg/onload=alert(1)>",
    "</mark></li><iframe srcdoc='x'>",
    "<!--",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_written_becomes_markup(attack: str) -> None:
    read = Reader(said(f"a {attack} b", [Mark(0, 9, "reason", attack)]))
    assert set(read.tags) <= {"mark", "a"}
    assert read.text == f"a {attack} b"


def test_only_http_becomes_a_link() -> None:
    assert "href" not in said("javascript:alert(1) data:text/html,x ftp://x.example")
    page = said("see https://x.example/a?b=1&c=2, then (http://y.example).")
    assert 'href="https://x.example/a?b=1&amp;c=2"' in page
    assert 'href="http://y.example"' in page
    assert page.count('rel="noopener noreferrer nofollow ugc"') == 2


def test_marks_overlap_without_crossing() -> None:
    page = said("abcdef", [Mark(0, 4, "tried", "one"), Mark(2, 6, "pii", "two")])
    assert page == (
        '<mark class="mark-tried" title="one">ab</mark>'
        '<mark class="mark-tried mark-pii" title="one; two">cd</mark>'
        '<mark class="mark-pii" title="two">ef</mark>'
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("😀 pay me", 2, 5, "pay"),
        ("👨‍👩‍👧 help", 0, 5, "👨‍👩‍👧"),
        ("مرحبا help", 0, 5, "مرحبا"),
        ("e\u0301te\u0301", 0, 2, "e\u0301"),
        ("tail", 2, 99, "il"),
    ],
)
def test_spans_are_code_points(text: str, start: int, end: int, words: str) -> None:
    assert Reader(said(text, [Mark(start, end, "reason", "")])).marked == [words]


@pytest.mark.parametrize("span", [(5, 2), (-9, -1), (40, 50), (3, 3)])
def test_impossible_spans_are_dropped(span: tuple[int, int]) -> None:
    assert said("short", [Mark(*span, "pii", "")]) == "short"


def test_lone_surrogates_and_controls_keep_their_places() -> None:
    broken = "a\ud83d b\x00c"
    assert clean(broken) == "a\ufffd b\ufffdc"
    page = said(broken, [Mark(3, 4, "reason", "\udc00")])
    page.encode("utf-8")
    assert Reader(page).marked == ["b"]


def test_a_link_may_be_marked_inside() -> None:
    page = said("https://x.example", [Mark(8, 9, "pii", "card")])
    assert Reader(page).text == "https://x.example"
    assert page.startswith("<a ")


def test_a_rating_marks_its_words() -> None:
    read = Reader(said(GRINDER, rating_marks(rating())))
    assert read.marked == ["grinder is dead", "AGAIN", "called twice", "e-mailed", "+49 30 5550 1234"]


def test_search_hits_ignore_case_and_patterns() -> None:
    assert [m[:2] for m in search_hits("Pay pAY", "pay")] == [(0, 3), (4, 7)]
    assert search_hits("aaa", ".*") == []
    assert search_hits("a b", "a") == []
    assert "<a " not in hits("https://x.example", "example")


@given(st.text(), st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=6))
def test_any_text_and_spans_read_back_the_same(text: str, spans: list[tuple[int, int]]) -> None:
    page = said(text, [Mark(a, b, "reason", text[:9]) for a, b in spans])
    assert Reader(page).text.replace("\r\n", "\n") == clean(text).replace("\r\n", "\n")
