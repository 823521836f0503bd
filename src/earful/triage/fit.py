"""Train a table: AdaGrad (Duchi et al., 2011) over hashed features, all heads at once, fixed seeds.

A head learns from the examples that have its label; targets may be soft. The weights are the mean over the second
half of the passes, which is steadier than the last.
"""

from typing import NamedTuple

import numba
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage.compiled import compiled
from earful.triage.extract import Features
from earful.triage.model import Head, bounds_of

Floats = NDArray[np.float32]
SEED = 20_261_121


class Settings(Struct, frozen=True, kw_only=True):
    """How to train. `runs`: what runs of characters weigh against words; `balance`: 0 counts examples as they
    come, 1 gives every label the same weight; `margin`: squared hinge (good for many labels) instead of logistic
    loss; `pull`: towards zero."""

    bits: int = 18
    runs: float = 0.6
    balance: float = 0.5
    margin: bool = False
    passes: int = 8
    rate: float = 0.1
    pull: float = 0.0


class Weights(NamedTuple):
    """`table[row, column]` and `bias[column]`, real numbers."""

    table: Floats
    bias: Floats


@compiled
def _fit(rows, values, starts, targets, trust, bounds, order, size, rate, pull, margin):
    columns = targets.shape[1]
    weights, squares = np.zeros((size, columns), np.float32), np.full((size, columns), 1e-6, np.float32)
    bias, bias_squares = np.zeros(columns, np.float32), np.full(columns, 1e-6, np.float32)
    sums, bias_sums, summed = np.zeros((size, columns), np.float32), np.zeros(columns, np.float32), 0
    errors = np.empty(columns, np.float32)
    for turn in range(len(order)):
        for text in order[turn]:
            errors[:] = bias
            for at in range(starts[text], starts[text + 1]):
                row = weights[rows[at]]
                value = values[at]
                for column in range(columns):
                    errors[column] += row[column] * value
            for head in range(len(bounds)):
                first, end = bounds[head, 0], bounds[head, 1]
                share = trust[text, head]
                if share == 0:
                    errors[first:end] = 0
                else:
                    _errors(errors, targets[text], first, end, bounds[head, 2], margin, share)
            for column in range(columns):
                error = errors[column]
                if error != 0:
                    bias_squares[column] += error * error
                    bias[column] -= 0.1 * rate * error / np.sqrt(bias_squares[column])
            for at in range(starts[text], starts[text + 1]):
                row, square = weights[rows[at]], squares[rows[at]]
                value = values[at]
                for column in range(columns):
                    slope = errors[column] * value + (pull * row[column] if errors[column] != 0 else 0.0)
                    square[column] += slope * slope
                    row[column] -= rate * slope / np.sqrt(square[column])
        if turn >= len(order) // 2:
            sums += weights
            bias_sums += bias
            summed += 1
    return sums / summed, bias_sums / summed


@numba.njit(inline="always")
def _errors(scores, targets, first, end, alone, margin, share):
    """Turn scores into the slope of the loss."""
    if margin:
        for column in range(first, end):
            side = np.float32(2.0) * targets[column] - np.float32(1.0)
            short = np.float32(1.0) - side * scores[column]
            scores[column] = -side * short * share if short > 0 else np.float32(0.0)
    elif alone:
        for column in range(first, end):
            scores[column] = (1.0 / (1.0 + np.exp(-scores[column])) - targets[column]) * share
    else:
        most, total = scores[first:end].max(), np.float32(0)
        for column in range(first, end):
            scores[column] = np.exp(scores[column] - most)
            total += scores[column]
        for column in range(first, end):
            scores[column] = (scores[column] / total - targets[column]) * share


def fit(
    features: Features, targets: Floats, trust: Floats, heads: tuple[Head, ...], settings: Settings
) -> Weights:
    """Weights from `targets[text, column]` (0-1) where `trust[text, head]` (0: no label) lets them count."""
    random = np.random.default_rng(SEED)
    count = len(features.starts) - 1
    order = np.array([random.permutation(count) for _ in range(settings.passes)])
    used, rows = np.unique(features.rows, return_inverse=True)
    small, bias = _fit(
        rows.astype(np.int32), features.values, features.starts, targets, trust, bounds_of(heads), order,
        len(used), np.float32(settings.rate), np.float32(settings.pull), settings.margin,
    )  # fmt: skip
    table = np.zeros((1 << settings.bits, targets.shape[1]), np.float32)
    table[used] = small
    return Weights(table, bias)


@compiled
def _scores(rows, values, starts, table, bias):
    out = np.empty((len(starts) - 1, len(bias)), np.float32)
    for text in range(len(starts) - 1):
        out[text] = bias
        for at in range(starts[text], starts[text + 1]):
            out[text] += table[rows[at]] * values[at]
    return out


def scores(features: Features, weights: Weights) -> Floats:
    """`[text, column]`, before any softmax."""
    return np.asarray(_scores(*features, *weights), np.float32)


def softmax(values: Floats, heat: float = 1.0) -> Floats:
    """Probabilities over the last axis; `heat` > 0."""
    raised = np.exp((values - values.max(axis=-1, keepdims=True)) / np.float32(heat))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def fit_heat(values: Floats, truth: NDArray[np.int64]) -> float:
    """The temperature of least log loss for held-out scores, from a fixed grid."""
    grid = np.geomspace(0.05, 8, 80)

    def loss(heat: float) -> float:
        chosen = softmax(values, heat)[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return round(float(min(grid, key=loss)), 4)


def folds(groups: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    """Places of the held-out texts of each fold; texts of one group stay together."""
    names = np.unique(groups)
    random = np.random.default_rng(SEED)
    fold_of = dict(zip(names.tolist(), (random.permutation(len(names)) % count).tolist(), strict=True))
    fold = np.array([fold_of[group] for group in groups.tolist()])
    return [np.flatnonzero(fold == one) for one in range(count)]
