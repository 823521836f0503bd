"""The pure rules of answering: parts, times, private data, approval, macros, and what may be shown again."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.text import Counter, count
from earful.desk.answering.rules import gaps, private_in, send_time, split
from earful.desk.approval.rules import Policy, Rule, Writer, because, difference
from earful.desk.conditions.facts import Facts
from earful.desk.macros import rules as macros
from earful.desk.macros.rules import Actions, InvalidMacroError, Macro
from earful.desk.suggestions import rules as suggestions
from earful.model.message import Visibility
from earful.model.time import DAY, Instant, instant, moment

NUMBER = re.compile(r" \((\d+)/(\d+)\)$")
WORDS = st.lists(st.text("abcäé👍🏽", min_size=1, max_size=12), min_size=1, max_size=120).map(" ".join)


@given(
    WORDS,
    st.integers(40, 120),
    st.sampled_from([Counter.CODEPOINTS, Counter.GRAPHEMES, Counter.UTF8, Counter.X]),
)
def test_parts_fit_are_numbered_and_lose_no_word(text: str, most: int, counter: Counter) -> None:
    parts = split(text, most, lambda said: count(said, counter))
    if not parts:
        return
    assert all(count(part, counter) <= most for part in parts)
    if len(parts) > 1:
        numbers = [NUMBER.search(part) for part in parts]
        assert [(int(n[1]), int(n[2])) for n in numbers if n] == [
            (i, len(parts)) for i in range(1, len(parts) + 1)
        ]
    assert " ".join(NUMBER.sub("", part) for part in parts).split() == text.split()


def test_parts_end_with_a_sentence_and_what_cannot_be_cut_is_not() -> None:
    text = "We are sorry about this. " * 4 + "A new one is on its way."
    assert [part[-8:] for part in split(text, 100, len)] == ["s. (1/2)", "y. (2/2)"]
    assert split("x" * 200, 100, len) == []
    assert split("short", 100, len) == ["short"]
    assert split("word " * 5_000, 100, len) == [], "nobody wants more than twenty posts"


def at(text: str) -> Instant:
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("wanted", "zone", "now", "then"),
    [
        ("tomorrow", "Europe/Berlin", "2026-11-20T23:30", "2026-11-22T08:00"),
        ("monday", "Europe/Berlin", "2026-11-20T12:00", "2026-11-23T08:00"),
        ("monday", "America/New_York", "2026-11-23T02:00", "2026-11-23T14:00"),
        # The night in which the clocks go forward, and the one in which they go back.
        ("tomorrow", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T07:00"),
        ("tomorrow", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T08:00"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:30"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"),
        ("2026-11-21T09:00", "nowhere", "2026-11-20T12:00", "2026-11-21T09:00"),
        ("2026-11-19T09:00", "UTC", "2026-11-20T12:00", None),
        ("2027-11-19T09:00", "UTC", "2026-11-20T12:00", None),
        ("soon", "UTC", "2026-11-20T12:00", None),
    ],
)
def test_a_time_is_that_of_the_reader(wanted: str, zone: str, now: str, then: str | None) -> None:
    found = send_time(wanted, zone, at(now))
    assert (moment(found).strftime("%Y-%m-%dT%H:%M") if found else None) == then


def test_what_is_ours_and_the_letters_of_a_link_are_not_private() -> None:
    text = "Write to help@acme.example or call +44 20 7946 0000, see https://acme.example/order/AB-123456"
    assert {one.type for one in private_in(text)} == {"email", "phone"}
    assert private_in(text, ["help@acme.example", "+44 (0) 20 7946 0000", "+442079460000"]) == []
    (found,) = private_in("Paid with 4111 1111 1111 1111?", ["4"])
    assert (found.type, found.start, found.end) == ("card", 10, 29)
    assert gaps("Hi [[name]], [[order number]] [x] [[]]") == ["name", "order number"]


NOW = at("2026-11-20T12:00")
NEW, OLD, LEAD = (
    Writer(may_approve=False, since=NOW - 5 * DAY),
    Writer(may_approve=False, since=0),
    Writer(may_approve=True, since=0),
)
SEVERE = {"field": "case.severity", "op": "at_least", "value": 3}


@pytest.mark.parametrize(
    ("rule", "writer", "audience", "severity", "holds"),
    [
        (Rule(name="r"), OLD, "public", 0, True),
        (Rule(name="r"), LEAD, "public", 0, False),
        (Rule(name="r"), OLD, "direct", 0, False),
        (Rule(name="r", public_only=False), OLD, "direct", 0, True),
        (Rule(name="r", who="new"), NEW, "public", 0, True),
        (Rule(name="r", who="new"), OLD, "public", 0, False),
        (Rule(name="r", who="everybody"), LEAD, "public", 0, True),
        (Rule(name="r", condition=SEVERE), OLD, "public", 2, False),
        (Rule(name="r", condition=SEVERE), OLD, "public", 3, True),
    ],
)
def test_who_needs_a_second_pair_of_eyes(
    rule: Rule, writer: Writer, audience: str, severity: int, holds: bool
) -> None:
    facts = Facts(case_severity=severity)
    assert because([rule], writer, Visibility(audience), facts, NOW) == ("r" if holds else "")


def test_a_policy_that_cannot_be_used_says_where() -> None:
    wrong = Policy(rules=[Rule(name="severe", condition={"field": "case.severty", "op": "is", "value": 1})])
    assert "severe: " in (wrong.problem() or "")
    assert Policy(rules=[Rule(name="severe", condition=SEVERE)]).problem() is None


@given(st.text("ab c.\n", max_size=60), st.text("ab c.\n", max_size=60))
def test_a_difference_has_both_texts_in_it(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(one.text for one in pieces if one.kind != "in") == before
    assert "".join(one.text for one in pieces if one.kind != "out") == after


TEXTS = st.dictionaries(
    st.sampled_from(["en", "de", "fr"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"), min_size=1, max_size=40)
    .map(str.strip).filter(bool),
    min_size=1,
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.text("abc \"'\\é\x7f", min_size=1).filter(str.strip), TEXTS), min_size=1, max_size=4
    )
)
def test_macros_survive_export_and_import(given: list[tuple[str, dict[str, str]]]) -> None:
    made = [
        macros.check(Macro(title=title[:80], texts=texts, actions=Actions(tags=["a b"], snooze_hours=3)))
        for title, texts in given
    ]
    assert macros.loads(macros.dump(made)) == made


def test_a_macro_with_a_mistake_names_its_place() -> None:
    with pytest.raises(InvalidMacroError, match=r"line 2, column 4: {nmae} is not a variable here"):
        macros.check(Macro(title="Late", texts={"de": "Hallo,\nan {nmae}"}))
    with pytest.raises(InvalidMacroError, match=r"Macro 2: .*unknown field"):
        macros.loads('[[macro]]\ntitle = "a"\ntexts = {en = "b"}\n[[macro]]\ntitle = "b"\nwho = 1')
    with pytest.raises(InvalidMacroError, match=r"not TOML: .*at end of document"):
        macros.loads("[[macro")


def test_an_empty_variable_is_a_gap() -> None:
    assert macros.fill("Hi {first_name}, {case}", {"case": "#7"}) == "Hi [[first name]], #7"
    assert macros.text_for({"en": "Hi", "de": "Hallo"}, "de-AT") == "Hallo"
    assert macros.text_for({"en": "Hi", "de": "Hallo"}, "fi") == "Hi"


def test_an_answer_is_shown_again_without_whose_it_was() -> None:
    text = "@ana Hi Ana Bell, order number 48213377 left today. Mail ana@mail.example. ^KD"
    said = suggestions.without_private(text, ["Ana Bell", "ana"], ["^KD"], "en")
    assert said == "Hi {name}, order number [[order number]] left today. Mail [[email]]."
    assert suggestions.adapted(said, "Ben Hall").startswith("Hi Ben, ")
    assert suggestions.adapted(said, "").startswith("Hi [[name]], ")
