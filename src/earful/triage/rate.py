"""Rate messages: `load(brand).rate(batch)`. Pure after loading: no clock, no I/O, no state kept."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from earful.model.rating import UNSURE, Rating, Reason
from earful.triage import language, pii, priority, reach, relevance, rules
from earful.triage.features import WHOLE, extract
from earful.triage.model import SCALE, Answer, Model, unpack
from earful.triage.rulebook import phrasebook
from earful.triage.subject import Brand, Subject
from earful.triage.tokens import HANDLE, Tokens

REASONS_MOST = 14
"""Reasons of one rating. The points of the priority are always all there."""
SAID, UNSAID = 0.85, 0.7
"""Confidence of a rule that found its words, and of one that found none."""
_WORDS_SHOWN = {"kind": 2, "sentiment": 1, "topic": 1, "wants": 1}
_WEIGHTS = "seed-1.json"
_SIGNS = {
    "*asks": "a question mark", "*ends asking": "ends with a question mark", "*asks loudly": "asks loudly",
    "*exclaims": "an exclamation mark", "*shouts": "several exclamation marks", "*capitals": "capitals",
    "*tiny": "very short", "*short": "short", "*middling": "of middling length", "*long": "long",
    "*no fault": "no word of a fault", "*no mood": "no word of a mood",
}  # fmt: skip


class Triage(Protocol):
    """Whatever rates messages."""

    def rate(self, batch: Sequence[Subject]) -> list[Rating]:
        """One rating for each subject, in order, of it alone. No text makes it raise."""


class Rater:
    """The first version: a small model for kind, sentiment, topic, wants and severity, rules for the rest."""

    def __init__(self, model: Model, brand: Brand) -> None:
        self._model = model
        self._phrases = phrasebook()
        self._brand = relevance.BrandWords(brand)

    def rate(self, batch: Sequence[Subject]) -> list[Rating]:
        """See `Triage.rate`."""
        return [self._rate(subject) for subject in batch]

    def _rate(self, subject: Subject) -> Rating:
        text = subject.text
        tokens = Tokens(text)
        found = self._phrases.find(tokens)
        finds = rules.by_label(found)
        features = extract(tokens, found, self._brand.own)
        answers = self._model.answer(features)
        kind, sentiment, topic, wants = (
            _label(answers[name]) for name in ("kind", "sentiment", "topic", "wants")
        )
        tongue, tongue_p = language.detect(tokens, subject.language)

        tried = rules.tried_before(finds) if kind not in ("praise", "other") else []
        level, severe = rules.severity(int(answers["severity"].label), kind, finds, len(tried), text)
        haste, hasty = rules.urgency(level, kind, finds, text)
        churn_risk, leaving = rules.churn(kind, finds, text)
        abuses, abusive = rules.abuse(finds, text)
        about, why_about = relevance.judge(
            subject, tokens, self._brand.find(tokens), kind, spam="spam" in abuses and kind != "complaint"
        )
        audience = reach.expected(subject)
        points, contributions = priority.points(
            severity=level, urgency=haste, tried=len(tried), churn_risk=churn_risk, sentiment=sentiment,
            wants=wants, relevance=about, reach=audience,
        )  # fmt: skip
        reasons = [*contributions, *severe, *hasty, *abusive, *leaving, *rules.tried_reasons(tried, text)]
        reasons += self._words(answers, features, tokens)
        reasons.append(why_about)
        return Rating(
            relevance=about,
            kind=kind,
            kind_p=_probabilities(answers["kind"]),
            sentiment=sentiment,
            sentiment_p=_probabilities(answers["sentiment"]),
            topic=topic,
            severity=level,
            urgency=haste,
            wants=wants,
            tried_before=tried,
            churn_risk=churn_risk,
            abuse=abuses,
            pii=pii.find(text, tongue),
            language=tongue,
            reach=audience,
            reach_tier=reach.tier(audience),
            priority=points,
            confidence={
                **{name: answer.p if answer.sure else 0.0 for name, answer in answers.items()},
                "severity": SAID if severe else answers["severity"].p,
                "urgency": SAID if hasty else UNSAID,
                "churn_risk": SAID if leaving else UNSAID,
                "language": tongue_p,
            },
            reasons=reasons[:REASONS_MOST],
            model=self._model.name,
        )

    def _words(self, answers: dict[str, Answer], features: dict[str, int], tokens: Tokens) -> list[Reason]:
        """The features that pushed each head's label most, with their words."""
        reasons: list[Reason] = []
        present = features.keys()
        for field, most in _WORDS_SHOWN.items():
            answer = answers[field]
            if not answer.sure:
                reasons.append(Reason(field=field, because="nothing here is known well enough to tell"))
                continue
            strong = self._model.strong[answer.column]
            pushes = [(strong[name], name, features[name]) for name in present & strong.keys()]
            pushes.sort(reverse=True)
            shown: set[int] = set()
            for weight, name, at in pushes:
                if at in shown or name == "*bias":
                    continue
                shown.add(at)
                reasons.append(
                    _push(field, answer.label, name=name, at=at, weight=weight / SCALE, tokens=tokens)
                )
                if len(shown) == most:
                    break
        return reasons


def _push(field: str, label: str, *, name: str, at: int, weight: float, tokens: Tokens) -> Reason:
    if at == WHOLE:
        because = _SIGNS.get(name) or f"a phrase of {name.lstrip('!')}"
        return Reason(field=field, because=f"{because} speaks for {label}", weight=round(weight, 2))
    first = at - 1 if " " in name and at and name[0] not in ("^", ".", HANDLE[0]) else at
    start, end = tokens.starts[first], tokens.ends[at]
    return Reason(
        field=field, because=f"speaks for {label}", words=tokens.text[start:end], span=(start, end),
        weight=round(weight, 2),
    )  # fmt: skip


def _label(answer: Answer) -> str:
    return answer.label if answer.sure else UNSURE


def _probabilities(answer: Answer) -> dict[str, float]:
    return dict(zip(answer.head.labels, answer.probabilities, strict=True))


@cache
def shipped() -> Model:
    """The model that comes with Earful, read once and never changed.

    Raises WeightsRefused when the file is of another version or was changed, FileNotFoundError when missing.
    """
    source = Path(__file__).parent / "weights" / _WEIGHTS
    return unpack(source.read_bytes(), _WEIGHTS)


def load(brand: Brand) -> Triage:
    """A triage for one brand, with the shipped weights. Raises as `shipped`."""
    return Rater(shipped(), brand)
