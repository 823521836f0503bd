"""Phrases: the small language of the rules."""

import pytest

from earful.triage.extract import find
from earful.triage.phrases import Phrasebook


def labels(book: Phrasebook, text: str) -> list[str]:
    return [hit.label for hit in find(book, text)]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("never again", "Never AGAIN!", True),
        ("never again", "never, ever again", False),
        ("called # times", "called 9 times", True),
        ("called # times", "called three times", True),
        ("called # times", "called some times", False),
        ("# times", "twelve times", True),
        ("lost my? bag", "lost bag", True),
        ("lost my? bag", "lost my bag", True),
        ("store * blames", "store in Leeds always blames", True),
        ("store * blames", "store in Leeds really always blames", False),
        ("store * blames", "the store. nobody blames", False),
        ("^ emailed", "Hi there. Emailed you", True),
        ("^ emailed", "@shop emailed you", True),
        ("^ emailed", "she emailed you", False),
        ("verguenza", "¡Qué vergüenza!", True),
        ("can't pay", "can’t pay", True),
        ("e-mail", "EMAIL", True),
        ("thanks <handle>", "thanks @shop.example", True),
        ("thanks <handle>", "thanks shop", False),
        ("@shop", "hi @Shop", True),
        ("@shop", "hi shop", False),
    ],
)
def test_a_phrase_matches(phrase: str, text: str, found: bool) -> None:
    assert bool(labels(Phrasebook({"x": (phrase,)}), text)) is found


def test_a_near_miss_drops_what_it_overlaps_and_only_that() -> None:
    book = Phrasebook({"churn:2": ("leave you",), "-churn": ("never leave you",)})
    assert labels(book, "I will never leave you") == []
    assert labels(book, "I will never leave you. No: I leave you") == ["churn:2"]


def test_spans_are_code_points_of_the_text() -> None:
    text = "😡İ never again"
    (hit,) = find(Phrasebook({"x": ("never again",)}), text)
    assert text[hit.start : hit.end] == "never again"


@pytest.mark.parametrize("phrase", ["* again", "again *", "a||b c"])
def test_a_phrase_that_cannot_be_meant_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"gap|empty"):
        Phrasebook({"x": (phrase,)})
