"""Characters, words, reach and relevance, each alone."""

import numpy as np
import pytest

from earful.triage import priority, reach, relevance
from earful.triage.extract import find
from earful.triage.kernel import hash_words
from earful.triage.subject import Brand, Subject

APPLE = Brand(
    names=("Apple",), handles=("AppleHelp",), products=("Pear Phone",), words_that_fool=("pie",),
    competitors=("Banana Inc",),
)  # fmt: skip
BOOK = relevance.phrasebook_of(APPLE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÉCOLE", "ecole"), ("straße", "strase"), ("can’t", "cant"), ("e-mail", "EMAIL"), ("soooooo", "soo"),
        ("𝗙𝗥𝗘𝗘", "free"), ("ＡＢＣ", "abc"), ("#fail", "fail"), ("12", "45"), ("£4", "€9,99"),
        ("https://a.example/b?c", "http://d.example"),
    ],
)  # fmt: skip
def test_words_that_are_read_alike(one: str, other: str) -> None:
    assert np.array_equal(hash_words([one])[0], hash_words([other])[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("shop", "@shop"), ("free", "fred"), ("?", "!"), ("😡", "😍"), ("12", "12345"), ("日", "本")],
)
def test_words_that_are_not_alike(one: str, other: str) -> None:
    assert not np.array_equal(hash_words([one])[0], hash_words([other])[0])


def test_reach_fades_and_followers_weigh_little() -> None:
    fresh = reach.expected(Subject(text="", reactions={"views": 5_000}))
    old = reach.expected(Subject(text="", reactions={"views": 5_000}, age_ms=3 * reach.HALF_LIFE_MS))
    famous = reach.expected(Subject(text="", followers=1_000_000))
    assert fresh > 5 * old
    assert famous < 200
    assert reach.expected(Subject(text="", visibility="direct", followers=9)) == 0


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (0, "private"),
        (9, "a few"),
        (50, "tens"),
        (5_000, "thousands"),
        (99_999, "tens of thousands"),
        (1e9, "millions"),
    ],
)
def test_tiers_of_reach(audience: float, words: str) -> None:
    assert reach.tier(audience) == words


@pytest.mark.parametrize(
    ("text", "addressed", "low", "high", "because"),
    [
        ("@AppleHelp my phone is broken", False, 0.8, 0.8, "our handle"),
        ("my phone is broken", True, 0.8, 0.8, "said to us"),
        ("my pear phone is broken", False, 0.8, 0.8, "our product"),
        ("Apple broke it", False, 0.8, 0.8, "our name"),
        ("best apple pie in town", False, 0.0, 0.1, "another sense"),
        ("my banana inc phone is broken", False, 0.0, 0.15, "competitor"),
        ("my bike is broken", False, 0.0, 0.3, "nothing of ours"),
    ],
)
def test_relevance(text: str, addressed: bool, low: float, high: float, because: str) -> None:
    value, reason = relevance.judge(Subject(text=text, addressed=addressed), 0.8, find(BOOK, text), True, [])
    assert low <= value <= high
    assert reason.field == "relevance"
    assert because in reason.because


def test_without_a_profile_only_the_words_judge() -> None:
    assert relevance.judge(Subject(text="x"), 0.7, [], False, [])[0] == 0.7
    assert relevance.judge(Subject(text="x"), 0.7, [], False, ["spam"])[0] == 0.2


def test_names_of_signs_only_are_left_out() -> None:
    odd = Brand(names=("!!!", "A|B?", "* *"), handles=("", "@"), products=("C++",))
    assert find(relevance.phrasebook_of(odd), "a b and c")[0].label in relevance.OURS


MOST = {
    "severity": 4, "urgency": "now", "tried": 7, "churn_risk": 1.0, "sentiment": "negative", "wants": "help",
    "relevance": 1.0, "reach": 1e9,
}  # fmt: skip


def test_all_points_together_make_a_hundred() -> None:
    assert priority.points(**MOST)[0] == 100


def test_reach_weighs_less_than_any_step_of_severity() -> None:
    steps = [after - before for before, after in zip(priority.SEVERITY, priority.SEVERITY[1:], strict=False)]
    assert min(steps) > priority.REACH_MOST
    seen = priority.points(**MOST | {"severity": 1})[0]
    unseen = priority.points(**MOST | {"severity": 2, "reach": 0.0})[0]
    assert unseen > seen


def test_what_is_not_about_us_sinks() -> None:
    value, reasons = priority.points(**MOST | {"relevance": 0.0, "reach": 0.0})
    assert value < 25
    assert sum(reason.weight for reason in reasons) == value
