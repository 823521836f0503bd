"""Rate messages: `load(brand).rate(batch)`. Pure after loading: no clock, no I/O, no state kept."""

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Protocol

from earful.model.rating import KINDS, SENTIMENTS, UNSURE, Rating, Reason
from earful.triage import pii, priority, reach, relevance, rules
from earful.triage.answers import ANSWERS, Answer, Answers
from earful.triage.labels import HEADS
from earful.triage.learn import Grown
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
_SEVERITY = SHOWN.index("severity")
_WEAK = 0.12
"""A word with a smaller share of a label's score is no reason worth reading."""
_KNOWN = 50_000
"""Sums and verdicts that are remembered: many messages are alike in what counts."""
_UNKNOWN = Reason(field="kind", because="no word here is known well enough to tell")
_NOTHING: rules.Finds = {}
_NONE: list[Found] = []
_NO_REASONS: list[Reason] = []
_HINTED = 0.3
"""How sure a language is that only the network tells."""


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
        self._points = lru_cache(maxsize=_KNOWN)(partial(_points, weights))
        self._answers = Answers(model, SHOWN)
        labels = {head.name: head.labels for head in model.heads}
        # One more, in the place that `UNTOLD` takes.
        self._labels = [(*labels[name], UNSURE) for name in ANSWERS]
        self._languages = labels["language"]
        self._says = [[f"speaks for {label}" for label in labels[name]] for name in SHOWN]
        self._tried, self._abuse = _sets(labels["tried"]), _sets(labels["abuse"])

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
        answers = enumerate(zip(batch, self._answers.of(scored), strict=True))
        return [self._rate(subject, answer, found.get(at, _NONE)) for at, (subject, answer) in answers]

    def _rate(self, subject: Subject, answer: Answer, found: list[Found]) -> Rating:
        text, sure, (kinds, sentiments, topics, wanted, urgencies, levels) = (
            subject.text,
            answer.sure,
            self._labels,
        )
        kind_at, sentiment_at, topic_at, wants_at, urgency_at, level_at, tongue = answer.places
        kind, sentiment, topic = kinds[kind_at], sentiments[sentiment_at], topics[topic_at]
        wants, urgency, level = wanted[wants_at], urgencies[urgency_at], levels[level_at]
        if answer.own >= 0:
            topic, sure[2] = self._topics[answer.own], answer.own_sure
        language = self._languages[tongue] if tongue >= 0 else subject.language or "und"
        finds = rules.by_label(found) if found else _NOTHING
        if found or answer.tried:
            tried, why_tried = rules.tried_before(finds, self._tried[answer.tried], kind, text)
            verdict = _verdict(kind, level, urgency, self._abuse[answer.abuse], finds, len(tried), text)
        else:
            tried, why_tried = [], _NO_REASONS
            verdict = _plain(kind, level, urgency, self._abuse[answer.abuse])
        severity, urgency, abuses, harsh = verdict
        churn_risk, leaving = rules.churn(answer.churn, kind, finds, text)
        about, why_about = relevance.judge(subject, answer.relevance, found, self._known, abuses, kind)
        audience = reach.expected(subject)
        points, worth = self._points(
            severity, urgency, len(tried), churn_risk, sentiment, wants, about, audience
        )
        reasons = [*worth, *harsh, *leaving, *why_tried, why_about]
        if answer.strange:
            reasons.append(_UNKNOWN)
        best, tops = answer.best, answer.tops
        for slot, share in enumerate(answer.shares):
            if share >= _WEAK and (slot != _SEVERITY or severity):
                start, end = tops[2 * slot], tops[2 * slot + 1]
                because = self._says[slot][best[slot]]
                reasons.append(
                    Reason(
                        field=SHOWN[slot],
                        because=because,
                        words=text[start:end],
                        span=(start, end),
                        weight=share,
                    )
                )
        return Rating(
            relevance=about, kind=kind, kind_p=dict(zip(KINDS, answer.kinds, strict=True)), sentiment=sentiment,
            sentiment_p=dict(zip(SENTIMENTS, answer.sentiments, strict=True)), topic=topic, severity=severity,
            urgency=urgency, wants=wants, tried_before=tried, churn_risk=churn_risk, abuse=[*abuses],
            pii=pii.find(text, language, finds) if answer.private else [], language=language, reach=audience,
            reach_tier=reach.tier(audience), priority=points,
            confidence={
                "kind": sure[0], "sentiment": sure[1], "topic": sure[2], "wants": sure[3], "urgency": sure[4],
                "severity": sure[5], "churn_risk": answer.churn_sure,
                "language": sure[6] if tongue >= 0 else _HINTED if subject.language else 0.0,
            },
            reasons=reasons[:REASONS_MOST], model=self._model.name,
        )  # fmt: skip


def _sets(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """The labels of each number whose bits say which hold."""
    return [
        tuple(label for at, label in enumerate(labels) if bits >> at & 1) for bits in range(1 << len(labels))
    ]


def _verdict(
    kind: str, level: str, urgency: str, abuse: Sequence[str], finds: rules.Finds, tried: int, text: str
) -> tuple[int, str, list[str], list[Reason]]:
    """Severity, urgency and abuse by the rules, with their reasons."""
    severity, severe = rules.severity(0 if level == UNSURE else int(level), kind, finds, tried, text)
    hurry, hasty = rules.urgency("none" if urgency == UNSURE else urgency, severity, kind, finds, text)
    abuses, abusive = rules.abuse(finds, abuse, text)
    return severity, hurry, abuses, [*severe, *hasty, *abusive]


@lru_cache(maxsize=_KNOWN)
def _plain(
    kind: str, level: str, urgency: str, abuse: tuple[str, ...]
) -> tuple[int, str, list[str], list[Reason]]:
    """The verdict on a text in which no phrase was found: no word of it matters."""
    return _verdict(kind, level, urgency, abuse, _NOTHING, 0, "")


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
