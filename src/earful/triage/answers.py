"""What a model answers of a batch, as plain values: thresholds, strange texts and chances, all texts at once. Pure.

To take a number out of an array costs more than most rules do: so only what a rating needs is taken out.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earful.triage.labels import CHURNS
from earful.triage.learn import OWN_LIKELY
from earful.triage.model import Model
from earful.triage.relevance import WORTH
from earful.triage.scorer import Scored

ANSWERS = ("kind", "sentiment", "topic", "wants", "urgency", "severity")
"""Heads that give one label each, whose confidence is the model's."""
STRANGE_MOST = 3
"""Strange words for each known one, above which a text is in no language that the model has read."""
LIKELY = 0.5
"""From here on a label that stands alone holds."""
UNTOLD = -1
"""The place of a label where none is known well enough."""
_FEWEST_DIGITS = 3
_CHURN_WORTH = np.array([0.5 if label == "1" else float(label == "2") for label in CHURNS])

Floats = NDArray[np.float64]


class Answer(NamedTuple):
    """What the model answers of one text. Chances are 0-1, rounded to three places."""

    places: list[int]
    """The place of the label of each of `ANSWERS`, then of the language; `UNTOLD` where none is sure enough."""
    sure: list[float]
    """The chance of each of them; 0 for a text of strange words, but for its language."""
    tried: int
    """A bit for each channel that likely failed before."""
    abuse: int
    private: bool
    """Whether there is enough of digits or signs to look for private data."""
    strange: bool
    own: int
    """The place of the workspace's own topic, or `UNTOLD`, and its chance."""
    own_sure: float
    churn: float
    churn_sure: float
    relevance: float
    kinds: list[float]
    sentiments: list[float]
    best: list[int]
    """The place of the likeliest label of each shown head, sure or not; start and end of its strongest word, one
    after the other; and that word's share."""
    tops: list[int]
    shares: list[float]


class Answers:
    """Takes out of a batch what ratings need, for one model. `shown`: heads whose strongest word is a reason."""

    def __init__(self, model: Model, shown: tuple[str, ...]) -> None:
        bounds = model.bounds().tolist()
        self._span = {head.name: slice(*bounds[at][:2]) for at, head in enumerate(model.heads)}
        asked = [model.place(name) for name in (*ANSWERS, "language")]
        self._asked, self._firsts = np.array(asked), np.array([bounds[at][0] for at in asked])
        self._floors = np.array([model.heads[at].threshold for at in asked])
        self._shown = np.array([model.place(name) for name in shown])
        self._columns = model.columns

    def of(self, scored: Scored) -> Iterator[Answer]:
        """The answer of each text, in order."""
        chances: Floats = np.asarray(np.round(scored.probabilities.astype(np.float64), 3), np.float64)
        known, unknown = scored.marks[:, 2], scored.marks[:, 3]
        strange = (unknown > STRANGE_MOST * known) | ((known == 0) & (unknown == 0))
        places = scored.best[:, self._asked]
        sure = np.take_along_axis(chances, places + self._firsts, axis=1)
        told = (sure > 0) & (sure >= self._floors) & ~strange[:, None]
        sure[strange, : len(ANSWERS)] = 0
        own, own_sure = _own(chances[:, self._columns :])
        churn = chances[:, self._span["churn"]]
        return map(
            Answer,
            np.where(told, places, UNTOLD).tolist(), sure.tolist(),
            _bits(chances[:, self._span["tried"]]), _bits(chances[:, self._span["abuse"]]),
            ((scored.marks[:, 0] >= _FEWEST_DIGITS) | (scored.marks[:, 1] > 0)).tolist(), strange.tolist(),
            own, own_sure,
            np.round(churn @ _CHURN_WORTH, 2).tolist(), churn.max(axis=1).tolist(),
            np.round(chances[:, self._span["relevance"]] @ np.array(WORTH), 2).tolist(),
            chances[:, self._span["kind"]].tolist(), chances[:, self._span["sentiment"]].tolist(),
            scored.best[:, self._shown].tolist(), scored.tops.reshape(len(places), -1).tolist(),
            np.round(scored.shares.astype(np.float64), 2).tolist(),
        )  # fmt: skip


def _bits(chances: Floats) -> list[int]:
    """A bit for each label that likely holds, the first label's the lowest."""
    bits: list[int] = ((chances >= LIKELY) @ (1 << np.arange(chances.shape[1]))).tolist()
    return bits


def _own(chances: Floats) -> tuple[list[int], list[float]]:
    """The workspace's own topic of each text, where one is likely, and its chance."""
    if not chances.shape[1]:
        return [UNTOLD] * len(chances), [0.0] * len(chances)
    most = chances.max(axis=1)
    return np.where(most >= OWN_LIKELY, chances.argmax(axis=1), UNTOLD).tolist(), most.tolist()
