"""Language, reach, relevance and priority, each alone."""

import pytest

from earful.triage import priority, reach, relevance
from earful.triage.language import detect
from earful.triage.subject import Brand, Subject
from earful.triage.tokens import Tokens, fold

BRAND = relevance.BrandWords(
    Brand(names=("Apple",), handles=("AppleHelp",), products=("Pear Phone",), words_that_fool=("pie",))
)


@pytest.mark.parametrize("text", ["İstanbul É ß", "plain", "😡 Ünïcode ’", "\ud800X"])
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_tokens_are_classes_and_places() -> None:
    tokens = Tokens("@ana paid £9 on 3/4: https://x.example, ok?")
    assert tokens.words == [
        "<handle>", "paid", "<money>", "on", "<num>", "<num>", "<url>", "ok", ".",
    ]  # fmt: skip
    assert tokens.text[tokens.starts[1] : tokens.ends[1]] == "paid"


def test_the_hint_decides_what_words_cannot() -> None:
    assert detect(Tokens("ok"), "nl-BE")[0] == "nl-BE"
    assert detect(Tokens("ok"))[0] == "und"
    assert detect(Tokens("the bill is wrong and you know it"), "nl")[0] == "en"


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
    ("text", "addressed", "kind", "low", "high"),
    [
        ("@AppleHelp my phone is broken", False, "complaint", 0.9, 1.0),
        ("my phone is broken", True, "complaint", 0.9, 1.0),
        ("my pear phone is broken", False, "complaint", 0.8, 1.0),
        ("@applehelp who wins this fight", True, "other", 0.2, 0.4),
        ("Apple announces record profits", False, "other", 0.4, 0.6),
        ("best apple pie in town", False, "praise", 0.0, 0.0),
        ("my bike is broken", False, "complaint", 0.0, 0.2),
    ],
)
def test_relevance(text: str, addressed: bool, kind: str, low: float, high: float) -> None:
    tokens = Tokens(text)
    value, reason = relevance.judge(Subject(text=text, addressed=addressed), tokens, BRAND.find(tokens), kind)
    assert low <= value <= high
    assert reason.field == "relevance"
    assert reason.because


def test_a_brand_without_words_is_named_by_nothing() -> None:
    assert relevance.BrandWords(Brand()).find(Tokens("anything at all")).names == ""


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
