"""Lengths as networks count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.text import Counter, count, graphemes


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("👍🏽", 1),
        ("👩🏽‍🚀", 1),
        ("🇩🇪🇫🇷", 2),
        ("🇩🇪🇫", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
        ("❤️", 1),
        ("한국", 2),
        ("\u1112\u1161\u11ab", 1),
        ("a\r\nb", 3),
        ("\n\u0301", 2),
        ("नि", 1),
    ],
)
def test_a_person_would_count(text: str, characters: int) -> None:
    assert count(text, Counter.GRAPHEMES) == characters


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hi", 2),
        ("https://example.com/" + "a" * 200, 23),
        ("see https://a.b and http://c.d!", 4 + 23 + 5 + 23),
        ("@ana@example.social hello", len("@ana hello")),
        ("@ana hello", 10),
        ("write to ana@example.social", 27),
        ("👨‍👩‍👧‍👦", 1),
    ],
)
def test_mastodon_counts_links_at_a_fixed_price_and_mentions_without_their_server(
    text: str, length: int
) -> None:
    assert count(text, "mastodon") == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("héllo", 5),
        ("日本", 4),
        ("👍", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪", 2),
        ("https://example.com/" + "a" * 99, 23),
        ("e\u0301", 1),
    ],
)
def test_x_weighs_scripts(text: str, length: int) -> None:
    assert count(text, "x") == length


def test_code_points_and_bytes_differ() -> None:
    assert count("é👍", "codepoints") == 2
    assert count("é👍", "utf8") == 6
    assert count("\ud800", "utf8") == 3


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(ValueError, match="furlongs"):
        count("x", "furlongs")


@given(st.text())
def test_clusters_are_a_partition(text: str) -> None:
    assert "".join(graphemes(text)) == text
    for counter in Counter:
        assert count(text, counter) >= 0
