"""Train the weights: `python -m earful.triage.train data/seed/messages.jsonl OUT`.

Plain logistic regression with AdaGrad (Duchi et al., 2011) and a pull to zero; pure Python, fixed seeds,
so the same corpus always gives the same bytes.
"""

import math
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from earful.model.rating import KINDS, SENTIMENTS, TOPICS, WANTS
from earful.triage.corpus import Example, read
from earful.triage.features import extract
from earful.triage.model import SCALE, Body, Head, Model, pack, softmax
from earful.triage.rulebook import phrasebook
from earful.triage.tokens import Tokens

NAME = "seed-1"
SEVERITIES = ("0", "1", "2", "3", "4")
HEADS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("kind", KINDS, 0.34),
    ("sentiment", SENTIMENTS, 0.42),
    ("topic", TOPICS, 0.22),
    ("wants", WANTS, 0.38),
    ("severity", SEVERITIES, 0.0),
)
"""Name, labels, and the threshold under which the head is unsure. Severity always answers: it is a number."""

EPOCHS, RATE, PULL, SEED, FEWEST = 14, 0.1, 0.01, 20_240_601, 2
FOLDS = 5
WEAKEST = 30
"""A feature none of whose weights reaches this, in hundredths, is left out: it costs time, says nothing."""
Rows = list[tuple[tuple[str, ...], tuple[int, ...]]]


def rows(examples: Sequence[Example]) -> Rows:
    """Each example as its features and its label's place for each head."""
    book = phrasebook()
    prepared: Rows = []
    for example in examples:
        tokens = Tokens(example.text)
        features = tuple(extract(tokens, book.find(tokens)))
        prepared.append((features, tuple(labels.index(example.label(name)) for name, labels, _ in HEADS)))
    return prepared


def fit(data: Rows, temperatures: Sequence[float] | None = None) -> Body:
    """Weights for all heads. Without temperatures each head's is 1."""
    counts = Counter(feature for features, _ in data for feature in features)
    kept = sorted(feature for feature, count in counts.items() if count >= FEWEST)
    columns = [_fit_head(data, place, len(labels), kept) for place, (_, labels, _) in enumerate(HEADS)]
    table = {
        feature: tuple(round(weight * SCALE) for head in columns for weight in head[feature])
        for feature in kept
    }
    heat = temperatures or [1.0] * len(HEADS)
    heads = tuple(Head(name, labels, heat[at], least) for at, (name, labels, least) in enumerate(HEADS))
    return Body(heads, {feature: row for feature, row in table.items() if max(map(abs, row)) >= WEAKEST})


def _fit_head(data: Rows, place: int, width: int, kept: Sequence[str]) -> dict[str, list[float]]:
    weights = {feature: [0.0] * width for feature in kept}
    squares = {feature: [1e-2] * width for feature in kept}
    order = list(range(len(data)))
    shuffle = random.Random(SEED + place)  # noqa: S311  (a fixed order, not a secret)
    for _ in range(EPOCHS):
        shuffle.shuffle(order)
        for at in order:
            features, answers = data[at]
            present = [feature for feature in features if feature in weights]
            scores = [sum(column) for column in zip(*(weights[f] for f in present), strict=True)]
            errors = softmax(scores, 1.0)
            errors[answers[place]] -= 1.0
            for feature in present:
                _step(weights[feature], squares[feature], errors)
    return weights


def _step(row: list[float], squares: list[float], errors: list[float]) -> None:
    for column, error in enumerate(errors):
        gradient = error + PULL * row[column]
        squares[column] += gradient * gradient
        row[column] -= RATE * gradient / math.sqrt(squares[column])


def folds(count: int) -> list[list[int]]:
    """Places of the held-out examples of each fold; every example is held out once."""
    order = list(range(count))
    random.Random(SEED).shuffle(order)  # noqa: S311
    return [sorted(order[fold::FOLDS]) for fold in range(FOLDS)]


def out_of_fold(data: Rows) -> list[list[list[float]]]:
    """For each head and example, the scores given by a model that never saw the example."""
    scores: list[list[list[float]]] = [[[] for _ in data] for _ in HEADS]
    for held in folds(len(data)):
        apart = set(held)
        model = Model("fold", fit([row for at, row in enumerate(data) if at not in apart]))
        for at in held:
            answers = model.answer(dict.fromkeys(data[at][0], 0))
            for place, (name, _, _) in enumerate(HEADS):
                scores[place][at] = [math.log(max(p, 1e-12)) for p in answers[name].probabilities]
    return scores


def temperature(scores: Sequence[list[float]], answers: Sequence[int]) -> float:
    """The temperature of least log loss, from a fixed grid of 0.5 to 4."""
    grid: list[float] = [0.5 + 0.05 * step for step in range(71)]

    def loss(heat: float) -> float:
        pairs = zip(scores, answers, strict=True)
        return -sum(math.log(max(softmax(row, heat)[answer], 1e-12)) for row, answer in pairs)

    best: float = min(grid, key=loss)
    return round(best, 2)


def train(examples: Sequence[Example]) -> bytes:
    """The bytes of a weights file trained on all examples, calibrated on held-out ones."""
    data = rows(examples)
    scores = out_of_fold(data)
    heats = [temperature(scores[place], [row[1][place] for row in data]) for place in range(len(HEADS))]
    return pack(NAME, fit(data, heats))


def main(arguments: Sequence[str]) -> int:
    """Train from a corpus file to a weights file; both are named on the command line."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m earful.triage.train CORPUS OUT\n")
        return 2
    examples = read(Path(arguments[0]))
    data = train(examples)
    Path(arguments[1]).write_bytes(data)
    sys.stderr.write(f"{len(examples)} examples, {len(data)} bytes of weights in {arguments[1]}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
