"""The second stage: what the fast stage is least sure of is read again by a small transformer.

`Cascade(rater)` rates as `rater` does. Where that one's confidence is low, or where a caller asks, the probabilities
of both stages are averaged, and rules, points and reasons follow from the average as they do from one stage.
Needs `pip install "earful[deep]"`; nothing is ever downloaded.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from earful.model.rating import Rating, Reason
from earful.triage.answers import ANSWERS, STRANGE_MOST
from earful.triage.deep_heads import DeepModel, load_deep
from earful.triage.encoder import Encoder
from earful.triage.model import Head, ModelRefused, bounds_of
from earful.triage.rate import REASONS_MOST, SHOWN, Rater
from earful.triage.scorer import Scored
from earful.triage.subject import Subject

WEIGHTS = Path(__file__).parent / "weights" / "deep-1.npz"
SHARE = 0.2
"""How much is looked at again when nobody says otherwise."""
LOOKED = Reason(field="model", because="the second stage read it again; both are averaged")


class Cascade:
    """Two stages behind the interface of one.

    `share` (0-1) is how much of what people usually write is looked at again; a message's own confidence decides,
    under a limit known from held-out messages. So a rating never depends on what else is in the batch, and a batch of
    hard messages is looked at more. Raises ImportError, naming the extra, when it is not installed; ModelRefused when
    files do not fit each other.
    """

    def __init__(self, rater: Rater, share: float = SHARE) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"a share is between 0 and 1, not {share}")
        self._model, self._encoder = shipped()
        fast = rater.model
        if [(head.name, head.labels) for head in fast.heads] != [
            (head.name, head.labels) for head in self._model.heads
        ]:
            raise ModelRefused(
                f"{self._model.name} has other labels than {fast.name}; it can look at nothing again"
            )
        self._rater, self._limit = rater, self._model.limit(share)
        self._name = f"{fast.name}+{self._model.name}"

    def rate(self, batch: Sequence[Subject]) -> list[Rating]:
        """See `Triage.rate`."""
        if not batch:
            return []
        scored = self._rater.look(batch)
        unsure = confidence(scored.probabilities, self._rater.model.heads) <= self._limit
        return self._rated(batch, scored, np.flatnonzero(unsure & _readable(scored)))

    def look_again(self, subject: Subject) -> Rating:
        """The rating of both stages, however sure the first is: for a message that somebody opens."""
        return self._rated([subject], self._rater.look([subject]), np.zeros(1, np.int64))[0]

    def _rated(self, batch: Sequence[Subject], scored: Scored, chosen: NDArray[np.int64]) -> list[Rating]:
        if not len(chosen):
            return self._rater.ratings(batch, scored)
        second = self._model.probabilities(self._encoder.pooled([batch[row].text for row in chosen.tolist()]))
        ratings = self._rater.ratings(batch, self._mixed(scored, chosen, second))
        for row in chosen.tolist():
            rating = ratings[row]
            ratings[row] = msgspec.structs.replace(
                rating, model=self._name, reasons=[*rating.reasons[: REASONS_MOST - 1], LOOKED]
            )
        return ratings

    def _mixed(self, scored: Scored, chosen: NDArray[np.int64], second: NDArray[np.float32]) -> Scored:
        """What was scored, with the average of both stages in the chosen rows."""
        probabilities, best, shares = scored.probabilities.copy(), scored.best.copy(), scored.shares.copy()
        shared = self._rater.model.columns
        probabilities[chosen, :shared] = self._model.averaged(probabilities[chosen, :shared], second)
        for head, (first, end, _, _) in enumerate(self._rater.model.bounds().tolist()):
            best[chosen, head] = probabilities[chosen, first:end].argmax(axis=1)
        for slot, name in enumerate(SHOWN):
            # The strongest word speaks for the first stage's label; for another label it would say what is not so.
            head = self._rater.model.place(name)
            shares[best[:, head] != scored.best[:, head], slot] = 0
        return scored._replace(probabilities=probabilities, best=best, shares=shares)


def confidence(probabilities: NDArray[np.float32], heads: tuple[Head, ...]) -> NDArray[np.float32]:
    """How sure a stage is of each text: the mean of its likeliest answers to `ANSWERS`."""
    tops = [
        probabilities[:, first:end].max(axis=1)
        for head, (first, end, _, _) in zip(heads, bounds_of(heads).tolist(), strict=True)
        if head.name in ANSWERS
    ]
    return np.asarray(np.mean(tops, axis=0), np.float32)


def _readable(scored: Scored) -> NDArray[np.bool_]:
    """Texts of words that training saw: the others stay unsure, whoever reads them."""
    known, strange = scored.marks[:, 2], scored.marks[:, 3]
    return np.asarray((strange <= STRANGE_MOST * known) & ((known > 0) | (strange > 0)))


@cache
def shipped() -> tuple[DeepModel, Encoder]:
    """Our heads and the encoder, opened once. Raises ImportError, ModelRefused, and OSError for a missing file."""
    model = load_deep(WEIGHTS)
    return model, Encoder(model)
