"""Lengths as networks count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.text import Counter, count, graphemes, segments


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


@pytest.mark.parametrize(
    ("text", "units", "sms"),
    [
        ("", 0, 0),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        # The 153rd place cannot hold a character that takes two.
        ("€" * 153, 306, 3),
        ("ж" * 70, 70, 1),
        ("ж" * 71, 71, 2),
        ("ж" * 134, 134, 2),
        ("👋" * 35, 70, 1),
        ("👋" * 67, 134, 3),
        ("Straße, 5 £, ¿qué? Ωmega", 24, 1),
        ("Grüße vom Kundendienst ` ", 25, 1),
    ],
)
def test_sms_are_counted_as_they_go_over_the_air(text: str, units: int, sms: int) -> None:
    assert count(text, Counter.SMS) == units
    assert segments(text) == sms


@given(st.text(max_size=400))
def test_more_text_never_needs_fewer_sms(text: str) -> None:
    assert segments(text) <= segments(text + "a") <= segments(text) + 1
