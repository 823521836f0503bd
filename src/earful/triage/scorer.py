"""A model at work: texts in, probabilities, strongest words and phrases out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earful.triage.chars import chars
from earful.triage.extract import NO_PHRASES
from earful.triage.kernel import Hashes, pack_texts
from earful.triage.lexicon import lexicon
from earful.triage.model import Model
from earful.triage.phrases import Found, Phrasebook
from earful.triage.score import FINDS_MOST, score

_FINDS_A_TEXT = 24
_NOTHING = np.empty(0, np.uint64)


class Learned(NamedTuple):
    """What a workspace learned on top of a model: `where[row]` is the place in `deltas` or -1; `bias[column]` is
    added. `deltas` may have more columns than the model: the workspace's own topics."""

    where: NDArray[np.int32]
    deltas: NDArray[np.float32]
    bias: NDArray[np.float32]


class Scored(NamedTuple):
    """One batch. `tops[text, head]` is (start, end) of the word that speaks most for the head's label, -1 for none;
    `best[text, head]` is the place of the head's likeliest label; `finds` are rows of (text, label, start, end, first
    word, last word); `marks[text]` counts digits, e-mail signs, words that training saw, and words
    that it did not."""

    probabilities: NDArray[np.float32]
    best: NDArray[np.int32]
    tops: NDArray[np.int32]
    shares: NDArray[np.float32]
    finds: NDArray[np.int32]
    marks: NDArray[np.int32]


class Scorer:
    """Scores texts with one model, one phrasebook and one set of our own names."""

    def __init__(
        self,
        model: Model,
        *,
        book: Phrasebook = NO_PHRASES,
        ours: Hashes = _NOTHING,
        shown: tuple[str, ...] = (),
        learned: Learned | None = None,
    ) -> None:
        self.model = model
        self.book = book
        self._ours = ours
        self._shown = np.array([model.place(name) for name in shown], np.int64)
        self._heads = model.bounds()
        heats = [head.heat for head in model.heads if head.name == "topic"]
        self._own_heat = np.float32(heats[0] if heats else 1.0)
        self._chars, self._lexicon, self._arrays = tuple(chars()), tuple(lexicon()), tuple(book.book)
        self._where, self._deltas = np.full(1, -1, np.int32), np.empty((0, model.columns), np.float32)
        self._bias = model.bias
        if learned is not None:
            self._where, self._deltas, _ = learned
            self._bias = learned.bias.copy()
            self._bias[: model.columns] += model.bias

    def score(self, texts: list[str]) -> Scored:
        """Everything about a batch. No text makes it raise; linear in the text."""
        codes, starts = pack_texts(texts)
        count, model = len(texts), self.model
        out = np.empty((count, len(self._bias)), np.float32)
        best, marks = np.empty((count, len(self._heads)), np.int32), np.empty((count, 4), np.int32)
        tops = np.empty((count, len(self._shown), 2), np.int32)
        shares = np.empty((count, len(self._shown)), np.float32)
        finds = np.empty((FINDS_MOST + _FINDS_A_TEXT * count, 6), np.int32)
        found = score(
            codes, starts, self._chars, self._ours, self._lexicon, model.known, model.table, model.index, model.scales, self._bias,
            np.float32(model.runs), self._deltas, self._where, self._heads,
            self._own_heat, self._shown, self.book.signs,
            self._arrays, out, best, tops, shares, finds, marks,
        )  # fmt: skip
        return Scored(out, best, tops, shares, finds[:found], marks)

    def found(self, scored: Scored) -> dict[int, list[Found]]:
        """The phrases of each text that has any, near misses applied."""
        rows: dict[int, list[list[int]]] = {}
        for text, *find in scored.finds.tolist():
            rows.setdefault(text, []).append(find)
        return {text: self.book.resolve(finds) for text, finds in rows.items()}

    def probabilities(self, texts: list[str]) -> NDArray[np.float32]:
        """`[text, column]` for all heads' labels."""
        return self.score(texts).probabilities
