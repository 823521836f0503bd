"""The heads of the shipped model, and examples as targets for training."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from earful.model.rating import ABUSES, KINDS, SENTIMENTS, TOPICS, TRIED_CHANNELS, URGENCIES, WANTS
from earful.triage.corpus import NOT_LABELLED, Example
from earful.triage.kernel import Hashes, hash_words
from earful.triage.model import Head

LANGUAGES = (
    "ar", "ca", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
    "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
SEVERITIES = ("0", "1", "2", "3", "4")
CHURNS = ("0", "1", "2")
RELEVANCES = ("0", "0.2", "0.5", "1")
HEADS: tuple[Head, ...] = (
    Head(name="kind", labels=KINDS),
    Head(name="sentiment", labels=SENTIMENTS),
    Head(name="topic", labels=TOPICS),
    Head(name="severity", labels=SEVERITIES),
    Head(name="urgency", labels=URGENCIES),
    Head(name="wants", labels=WANTS),
    Head(name="tried", labels=TRIED_CHANNELS, alone=True),
    Head(name="churn", labels=CHURNS),
    Head(name="abuse", labels=ABUSES, alone=True),
    Head(name="relevance", labels=RELEVANCES),
    Head(name="language", labels=LANGUAGES),
)
BALANCE = 0.5
"""How far rare labels are lifted: 0 not at all, 1 until all labels weigh the same."""
_MOST, _FEWEST = 4.0, 0.3


def said(example: Example, name: str) -> str | tuple[str, ...]:
    """What an example says for a head: a label, or a set of them."""
    value: str | tuple[str, ...] = getattr(example, name)
    return value


def targets(examples: Sequence[Example]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`[text, column]` 0 or 1, and `[text, head]` how much it counts: 0 where there is no label."""
    wide = sum(len(head.labels) for head in HEADS)
    wanted, trust = (
        np.zeros((len(examples), wide), np.float32),
        np.zeros((len(examples), len(HEADS)), np.float32),
    )
    first = 0
    for at, head in enumerate(HEADS):
        places = {label: first + place for place, label in enumerate(head.labels)}
        for row, example in enumerate(examples):
            value = said(example, head.name)
            if value == NOT_LABELLED or (isinstance(value, str) and value not in places):
                continue
            trust[row, at] = 1
            for label in (value,) if isinstance(value, str) else value:
                wanted[row, places[label]] = 1
        if not head.alone:
            _balance(wanted[:, first : first + len(head.labels)], trust[:, at])
        first += len(head.labels)
    return wanted, trust


def _balance(wanted: NDArray[np.float32], trust: NDArray[np.float32]) -> None:
    counts = np.maximum(wanted.sum(axis=0), 1)
    lift = np.clip((counts.sum() / (counts > 1).sum() / counts) ** BALANCE, _FEWEST, _MOST)
    trust *= np.where(trust > 0, wanted @ lift, 0)


def own_names(examples: Sequence[Example]) -> list[Hashes]:
    """The hashes of the brand's name in each example, which carry no mood."""
    brands = sorted({example.brand for example in examples})
    names = [brand + " @" + "".join(brand.split()) for brand in brands]
    known = dict(zip(brands, hash_words(names), strict=True))
    nothing = np.empty(0, np.uint64)
    return [known[example.brand] if example.brand not in ("", "-") else nothing for example in examples]
