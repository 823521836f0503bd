"""Learning is pure: the same list gives the same weights, none gives none, and what is kept is what was learned."""

import time
from functools import cache

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earful.triage import learn, relevance
from earful.triage.learn import Grown, Lesson, agreement, pack, unpack
from earful.triage.model import ModelRefused
from earful.triage.phrases import Phrasebook
from earful.triage.priority import DEFAULT
from earful.triage.rate import Rater, shipped
from earful.triage.subject import Brand, Subject

TEXT = "The sourdough starter arrived without its lid"
LESSONS = [
    Lesson(TEXT, {"topic": "returns", "kind": "question"}),
    Lesson("The courier was rude", {"severity": "3", "abuse": ("spam",), "relevance": "0"}),
    Lesson("\ud800\0", {"kind": "praise", "language": "tlh"}),
    Lesson("", {"topic": "gift_cards"}),
]


@cache
def book() -> Phrasebook:
    return relevance.phrasebook_of(Brand())


def taught(*lessons: Lesson, topics: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> Grown:
    return learn.learn(shipped(), book(), lessons, topics, others=others)


@cache
def rater(*, empty: bool) -> Rater:
    return Rater(shipped(), Brand(), taught() if empty else None, DEFAULT, book())


@settings(deadline=None)
@given(st.text() | st.sampled_from([TEXT, "You charged me twice", "love it ❤️", "\ud800"]))
def test_an_empty_list_changes_no_rating(text: str) -> None:
    subject = [Subject(text=text)]
    assert rater(empty=True).rate(subject) == rater(empty=False).rate(subject)


def test_the_same_list_gives_the_same_weights() -> None:
    one = taught(*LESSONS, topics=("gift_cards",), others=("Where is it?",))
    two = taught(*LESSONS, topics=("gift_cards",), others=("Where is it?",))
    assert pack(one, shipped()) == pack(two, shipped())
    assert np.isfinite(one.learned.deltas).all()
    assert one.topics == ("gift_cards",)
    assert one.lessons == len(LESSONS)


def test_labels_that_the_model_does_not_know_teach_nothing() -> None:
    unknown = taught(Lesson(TEXT, {"language": "tlh", "mood": "great", "topic": "gift_cards"}))
    assert not unknown.learned.deltas.any()


def test_what_is_kept_is_what_was_learned() -> None:
    grown = taught(*LESSONS, topics=("gift_cards",))
    again = unpack(pack(grown, shipped()), shipped())
    assert (again.topics, again.lessons) == (grown.topics, grown.lessons)
    np.testing.assert_array_equal(again.learned.bias, grown.learned.bias)
    used = np.flatnonzero(grown.learned.where >= 0)
    np.testing.assert_array_equal(used, np.flatnonzero(again.learned.where >= 0))
    np.testing.assert_allclose(
        again.learned.deltas[again.learned.where[used]],
        grown.learned.deltas[grown.learned.where[used]],
        rtol=2e-3,
        atol=1e-6,
    )
    assert pack(again, shipped()) == pack(grown, shipped())


@pytest.mark.parametrize("change", [{"model": "old-one"}, {"bits": 3}, {"columns": 2}])
def test_what_was_learned_on_another_model_is_refused(change: dict[str, object]) -> None:
    head, body = msgspec.msgpack.decode(pack(taught(*LESSONS), shipped()))
    with pytest.raises(ModelRefused, match="replay the corrections"):
        unpack(msgspec.msgpack.encode([head | change, body]), shipped())


def test_agreement_counts_single_labels_only() -> None:
    nothing, knows = taught(), taught(Lesson(TEXT, {"topic": "returns"}))
    lesson = Lesson(TEXT, {"topic": "returns", "abuse": ("spam",), "mood": "x"})
    assert agreement(shipped(), book(), nothing, []) == 1.0
    assert agreement(shipped(), book(), nothing, [Lesson(TEXT, {"abuse": ("spam",)})]) == 1.0
    assert agreement(shipped(), book(), nothing, [lesson]) == 0.0
    assert agreement(shipped(), book(), knows, [lesson]) == 1.0
    two = [lesson, Lesson(TEXT, {"topic": "safety"})]
    assert agreement(shipped(), book(), knows, two) == 0.5


def test_one_in_five_is_held_out_and_always_the_same() -> None:
    texts = [f"message number {n}" for n in range(1000)]
    held = [text for text in texts if Lesson(text, {}).held_out]
    assert held == [text for text in texts if Lesson(text, {"kind": "praise"}).held_out]
    assert 150 < len(held) < 250
    assert Lesson("message number 3", {}).held_out == ("message number 3" in held)
    assert isinstance(Lesson("\ud800", {}).held_out, bool)


def test_time_is_linear_in_the_lessons() -> None:
    def seconds(count: int) -> float:
        lessons = [Lesson(f"{TEXT} {n}", {"topic": "returns", "kind": "question"}) for n in range(count)]
        started = time.process_time()
        taught(*lessons)
        return time.process_time() - started

    seconds(10)
    assert seconds(8_000) < max(12 * seconds(1_000), 0.5)
