"""What customers say of whether it is fixed, and where our own replies point: measured on replies that are labelled."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.desk.outcomes.reading import Reading, pointing, read

DATA = Path(__file__).parents[3] / "data" / "replies"


def labelled(name: str) -> list[tuple[Reading, str, str]]:
    with (DATA / f"{name}.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(Reading(row["reading"]), row["language"], row["text"]) for row in rows]


def precision_and_recall(rows: list[tuple[Reading, str, str]], wanted: Reading) -> tuple[float, float]:
    found = [(label, read(text).reading) for label, _, text in rows]
    right = sum(label is said is wanted for label, said in found)
    return right / sum(said is wanted for _, said in found), right / sum(
        label is wanted for label, _ in found
    )


@pytest.mark.parametrize(("name", "least"), [("written_with", 0.97), ("held_out", 0.9)])
@pytest.mark.parametrize("wanted", list(Reading))
def test_replies_are_read_as_people_read_them(name: str, least: float, wanted: Reading) -> None:
    precision, recall = precision_and_recall(labelled(name), wanted)
    assert precision >= least
    assert recall >= least


def test_the_labelled_replies_are_apart_and_in_every_language() -> None:
    known, unseen = labelled("written_with"), labelled("held_out")
    assert len(known) + len(unseen) >= 200
    assert {text for _, _, text in known}.isdisjoint(text for _, _, text in unseen)
    for rows in (known, unseen):
        languages = {language for _, language, _ in rows}
        assert languages == {"en", "es", "fr", "de", "pt", "it", "nl"}
        assert {(label, one) for label, one, _ in rows} == {
            (label, one) for label in Reading for one in languages
        }


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        ("thanks, works now", Reading.CONFIRMED, "works now"),
        ("Thanks a lot!", Reading.UNCLEAR, ""),
        ("thanks, will try", Reading.UNCLEAR, ""),
        ("It was broken but it works now", Reading.CONFIRMED, "works now"),
        ("It worked for a day, now it is still broken", Reading.DENIED, "still broken"),
        ("Is it fixed?", Reading.UNCLEAR, ""),
        ("Why is it still broken?", Reading.DENIED, "still broken"),
        ("", Reading.UNCLEAR, ""),
    ],
)
def test_the_words_of_a_reading_stand_in_the_reply(text: str, reading: Reading, words: str) -> None:
    found = read(text)
    assert (found.reading, found.words) == (reading, words)
    assert text[slice(*found.span)] == words


@given(st.text(max_size=300), st.floats(0, 1))
def test_any_text_is_read_and_words_are_where_they_are_said_to_be(text: str, displeased: float) -> None:
    found = read(text, displeased)
    assert text[slice(*found.span)] == found.words
    assert bool(found.words) == (found.reading is not Reading.UNCLEAR)
    points = pointing(text)
    assert points is None or text[slice(*points.span)] == points.words


@given(st.sampled_from([text for label, _, text in labelled("written_with") if label is Reading.CONFIRMED]))
def test_asking_is_not_saying(text: str) -> None:
    assert read(text.rstrip(" .!:)") + "?").reading is not Reading.CONFIRMED or "!" in text or "." in text


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("Please call us on 0800 123456.", "phone"),
        ("Please DM us your order number.", "dm"),
        ("Please use our contact form: https://acme.example/form", "form"),
        ("https://acme.example/help", "link"),
        ("Send us an email at help@acme.example", "email"),
        ("Bitte rufen Sie uns unter 0800 1 an", "phone"),
        ("Envoyez-nous un message en MP svp", "dm"),
        ("Por favor envie uma mensagem privada", "dm"),
        ("Llámenos al 900 100", "phone"),
        ("Scrivici in privato, grazie", "dm"),
        ("Stuur ons een DM a.u.b.", "dm"),
    ],
)
def test_a_reply_that_only_points_elsewhere_is_seen(text: str, to: str) -> None:
    found = pointing(text)
    assert found is not None
    assert found.to == to


@pytest.mark.parametrize(
    "text",
    [
        "Sorry to hear that",
        "We have refunded you today. Call us on 0800 if you need anything else.",
        "Hold the power button for ten seconds until the light blinks twice, then let it cool for an hour before "
        "you switch it on again: that resets the pump and clears the error. Otherwise call us on 0800.",
        "",
    ],
)
def test_a_reply_that_answers_is_no_brush_off(text: str) -> None:
    assert pointing(text) is None
