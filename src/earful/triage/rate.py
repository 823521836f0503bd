"""Rate messages: `load(brand).rate(batch)`. Pure after loading: no clock, no I/O, no state kept."""

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np

from earful.model.rating import UNSURE, Rating, Reason
from earful.triage import pii, priority, reach, relevance, rules
from earful.triage.labels import HEADS
from earful.triage.learn import OWN_LIKELY, Grown
from earful.triage.model import Model, ModelRefused, load_model
from earful.triage.phrases import Found, Phrasebook
from earful.triage.priority import DEFAULT, Weights
from earful.triage.scorer import Scored, Scorer
from earful.triage.subject import Brand, Subject

WEIGHTS = Path(__file__).parent / "weights" / "earful-1.model"
REASONS_MOST = 16
"""Reasons of one rating. The points of the priority are always all there."""
SHOWN = ("kind", "sentiment", "topic", "severity")
"""Heads whose strongest word is a reason."""
ANSWERS = ("kind", "sentiment", "topic", "wants", "urgency", "severity")
"""Heads that give one label each, whose confidence is the model's."""
_WEAK = 0.12
"""A word with a smaller share of a label's score is no reason worth reading."""
_FEWEST_DIGITS = 3
_KNOWN_POINTS = 50_000
"""Sums of points that are remembered: many messages are alike in what counts."""
LIKELY = 0.5
"""From here on a label that stands alone holds."""
STRANGE_MOST = 3
"""Strange words for each known one, above which a text is in no language that the model has read."""
_UNKNOWN = Reason(field="kind", because="no word here is known well enough to tell")
_NONE: list[Found] = []
_NOBODY: list[str] = []


class Triage(Protocol):
    """Whatever rates messages."""

    def rate(self, batch: Sequence[Subject]) -> list[Rating]:
        """One rating for each subject, in order, of it alone. No text makes it raise."""


class Rater:
    """One pass of the model over a batch; rules for what must not be missed; sums for reach and priority."""

    def __init__(
        self, model: Model, brand: Brand, grown: Grown | None = None, weights: Weights = DEFAULT,
        book: Phrasebook | None = None,
    ) -> None:  # fmt: skip
        missing = {head.name for head in HEADS} - {head.name for head in model.heads}
        if missing:
            raise ModelRefused(f"the model {model.name} has no head for {', '.join(sorted(missing))}")
        self._model = model
        self._topics = grown.topics if grown else ()
        self._scorer = Scorer(
            model, book=book or relevance.phrasebook_of(brand), shown=SHOWN,
            learned=grown.learned if grown else None,
        )  # fmt: skip
        self._known = brand != Brand()
        self._points = lru_cache(maxsize=_KNOWN_POINTS)(partial(_points, weights))
        bounds = model.bounds().tolist()
        self._heads = {head.name: (*bounds[at][:2], at, head) for at, head in enumerate(model.heads)}
        self._plain = [self._heads[name] for name in ANSWERS]

    def rate(self, batch: Sequence[Subject]) -> list[Rating]:
        """See `Triage.rate`."""
        if not batch:
            return []
        return self.ratings(batch, self.look(batch))

    @property
    def model(self) -> Model:
        """What rates."""
        return self._model

    def look(self, batch: Sequence[Subject]) -> Scored:
        """What the model makes of a batch that is not empty, before it becomes ratings."""
        return self._scorer.score([subject.text for subject in batch])

    def ratings(self, batch: Sequence[Subject], scored: Scored) -> list[Rating]:
        """Ratings from what was made of a batch: here rules, points and reasons join in."""
        found = self._scorer.found(scored)
        rows = np.round(scored.probabilities.astype(np.float64), 3).tolist()
        best, marks = scored.best.tolist(), scored.marks.tolist()
        tops, shares = scored.tops.tolist(), scored.shares.tolist()
        return [
            self._rate(subject, rows[at], best[at], marks[at], found.get(at, _NONE), tops[at], shares[at])
            for at, subject in enumerate(batch)
        ]

    def _rate(
        self, subject: Subject, row: list[float], best: list[int], marks: list[int], found: list[Found],
        tops: list[list[int]], shares: list[float],
    ) -> Rating:  # fmt: skip
        text = subject.text
        answers: list[str] = []
        sure: dict[str, float] = {}
        strange = marks[3] > STRANGE_MOST * marks[2] or not (marks[2] or marks[3])
        for first, _, at, head in self._plain:
            place = best[at]
            p = 0.0 if strange else row[first + place]
            answers.append(head.labels[place] if p and p >= head.threshold else UNSURE)
            sure[head.name] = p
        kind, sentiment, topic, wants, urgency, level = answers
        if self._topics:
            own = row[self._model.columns :]
            if max(own) >= OWN_LIKELY:
                sure["topic"] = max(own)
                topic = self._topics[own.index(max(own))]
        finds = rules.by_label(found)
        tongue = self._language(row, best, subject.language, strange)
        tried, why_tried = rules.tried_before(finds, self._likely(row, "tried"), kind, text)
        severity, severe = rules.severity(int(level) if level != UNSURE else 0, kind, finds, len(tried), text)
        urgency, hasty = rules.urgency("none" if urgency == UNSURE else urgency, severity, kind, finds, text)
        _, hint, leave = row[self._heads["churn"][0] : self._heads["churn"][1]]
        churn_risk, leaving = rules.churn(round(0.5 * hint + leave, 2), kind, finds, text)
        abuses, abusive = rules.abuse(finds, self._likely(row, "abuse"), text)
        first = self._heads["relevance"][0]
        guess = sum(row[first + at] * worth for at, worth in enumerate(relevance.WORTH))
        about, why_about = relevance.judge(subject, round(guess, 2), found, self._known, abuses, kind)
        audience = reach.expected(subject)
        points, worth = self._points(
            severity, urgency, len(tried), churn_risk, sentiment, wants, about, audience
        )
        reasons = [*worth, *severe, *hasty, *abusive, *leaving, *why_tried, why_about]
        if strange:
            reasons.append(_UNKNOWN)
        for slot, field in enumerate(SHOWN):
            if shares[slot] >= _WEAK and len(reasons) < REASONS_MOST and (field != "severity" or severity):
                reasons.append(self._word(field, best, tops[slot], shares[slot], text))
        sure["churn_risk"], sure["language"] = max(round(1 - hint - leave, 3), hint, leave), tongue[1]
        return Rating(
            relevance=about, kind=kind, kind_p=self._chances(row, "kind"), sentiment=sentiment,
            sentiment_p=self._chances(row, "sentiment"), topic=topic, severity=severity, urgency=urgency,
            wants=wants, tried_before=tried, churn_risk=churn_risk, abuse=abuses,
            pii=pii.find(text, tongue[0], finds) if marks[0] >= _FEWEST_DIGITS or marks[1] else [],
            language=tongue[0], reach=audience, reach_tier=reach.tier(audience), priority=points,
            confidence=sure, reasons=reasons[:REASONS_MOST], model=self._model.name,
        )  # fmt: skip

    def _chances(self, row: list[float], name: str) -> dict[str, float]:
        first, end, _, head = self._heads[name]
        return dict(zip(head.labels, row[first:end], strict=True))

    def _likely(self, row: list[float], name: str) -> list[str]:
        """The labels that stand alone and more likely hold than not."""
        first, end, _, head = self._heads[name]
        chances = row[first:end]
        if max(chances) < LIKELY:
            return _NOBODY
        return [label for label, chance in zip(head.labels, chances, strict=True) if chance >= LIKELY]

    def _language(self, row: list[float], best: list[int], hint: str, strange: bool) -> tuple[str, float]:
        first, _, at, head = self._heads["language"]
        p = row[first + best[at]]
        if p >= head.threshold and not strange:
            return head.labels[best[at]], p
        return (hint, 0.3) if hint else ("und", 0.0)

    def _word(self, field: str, best: list[int], top: list[int], share: float, text: str) -> Reason:
        _, _, at, head = self._heads[field]
        return Reason(
            field=field, because=f"speaks for {head.labels[best[at]]}", words=text[top[0] : top[1]],
            span=(top[0], top[1]), weight=round(share, 2),
        )  # fmt: skip


def _points(
    weights: Weights, severity: int, urgency: str, tried: int, churn_risk: float, sentiment: str, wants: str,
    relevance: float, reach: float,
) -> tuple[int, tuple[Reason, ...]]:  # fmt: skip
    points, reasons = priority.points(
        severity=severity, urgency=urgency, tried=tried, churn_risk=churn_risk, sentiment=sentiment, wants=wants,
        relevance=relevance, reach=reach, weights=weights,
    )  # fmt: skip
    return points, tuple(reasons)


@cache
def shipped() -> Model:
    """The model that comes with Earful, read once and never changed.

    Raises ModelRefused when the file is of another version or was changed, FileNotFoundError when missing.
    """
    return load_model(WEIGHTS)


def load(brand: Brand, grown: Grown | None = None, weights: Weights = DEFAULT) -> Rater:
    """A triage for one brand, with the shipped weights and what the workspace learned. Raises as `shipped`."""
    return Rater(shipped(), brand, grown, weights)
