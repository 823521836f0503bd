"""`earful train` and `earful evaluate`: a model for any task with one label a text, in a CSV file.

Settings are chosen on the training data alone, by cross-validation, one after the other.
"""

import csv
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage.extract import Features, extract, pick
from earful.triage.fit import Settings, Weights, fit, fit_heat, folds, scores, softmax
from earful.triage.model import Head, Model, quantise

HEAD = "label"
_FOLDS = 3
_SEARCHED = 12_000
"""Texts that the search for settings looks at."""
_TRIED: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
    ("loss", (
        {"margin": True, "rate": 0.05, "passes": 14},
        {"margin": True, "rate": 0.03, "passes": 10},
        {"margin": False, "rate": 0.05, "passes": 6},
    )),
    ("balance", ({"balance": 0.0}, {"balance": 0.5}, {"balance": 1.0})),
    ("runs", ({"runs": 0.5}, {"runs": 0.8})),
    ("bits", ({}, {"bits": 20})),
)  # fmt: skip
"""Each step keeps the best of its choices by the mean of macro-F1 and macro-recall, the first when equal."""

Say = Callable[[str], None]


class Table(Struct, frozen=True):
    """Texts with a label each, and a group (a language, a brand) where one was asked for."""

    texts: list[str]
    labels: list[str]
    groups: list[str] = []


class TaskError(ValueError):
    """A file that cannot be used, and why."""


def read_table(
    path: Path,
    text: str,
    label: str,
    *,
    where: str = "",
    group: str = "",
    names: Mapping[str, str] | None = None,
) -> Table:
    """Rows of a CSV file with a header. `where` is `column=value`; `names` renames labels.

    Raises TaskError when the file, a column or every row is missing.
    """
    csv.field_size_limit(1 << 27)
    key, _, value = where.partition("=")
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            for column in filter(None, (text, label, key, group)):
                if column not in header:
                    raise TaskError(f"{path.name} has no column {column!r}; it has {', '.join(header)}")
            rows = [row for row in reader if not key or row[key] == value]
    except OSError as error:
        raise TaskError(f"{path} cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise TaskError(f"{path.name} is not a CSV file: {error}") from error
    labels = [(names or {}).get(row[label] or "", row[label] or "") for row in rows]
    kept = [at for at, one in enumerate(labels) if one]
    if not kept:
        raise TaskError(f"{path.name} has no row with a label in {label!r}")
    return Table(
        [rows[at][text] or "" for at in kept],
        [labels[at] for at in kept],
        [rows[at][group] or "" for at in kept] if group else [],
    )


def train(
    table: Table, *, dev: Table | None = None, name: str = "trained", say: Say = lambda _: None
) -> Model:
    """A model with one head, `label`. `dev` only measures; nothing is chosen by it. Raises TaskError for less than two labels or
    six texts."""
    labels = tuple(sorted(set(table.labels)))
    if len(labels) < 2 or len(table.texts) < 2 * _FOLDS:
        raise TaskError(f"{len(table.texts)} texts with {len(labels)} labels teach nothing; give both more")
    places = {label: at for at, label in enumerate(labels)}
    truth = np.array([places[label] for label in table.labels], np.int64)
    settings = _search(table.texts, truth, len(labels), say)
    held = _held_out(table.texts, truth, len(labels), settings)
    heat = fit_heat(held, truth)
    head = Head(name=HEAD, labels=labels, heat=heat)
    weights = _train(_features(table.texts, settings), truth, len(labels), settings)
    steps, index, scales = quantise(weights.table)
    about: dict[str, Any] = {
        "texts": len(table.texts),
        "settings": msgspec.to_builtins(settings),
        "held_out": _brief(figures(truth, softmax(held, heat), labels)),
    }
    model = Model(
        name=name, bits=settings.bits, runs=settings.runs, heads=(head,), table=steps, index=index, scales=scales,
        bias=weights.bias, about=about,
    )  # fmt: skip
    if dev is not None:
        about["dev"] = _brief(evaluate(model, dev))
    return model


def _features(texts: list[str], settings: Settings) -> Features:
    return extract(texts, settings.bits, settings.runs)


def _train(features: Features, truth: NDArray[np.int64], width: int, settings: Settings) -> Weights:
    counts = np.bincount(truth, minlength=width)
    weight = (len(truth) / width / np.maximum(counts, 1)) ** settings.balance
    targets = np.zeros((len(truth), width), np.float32)
    targets[np.arange(len(truth)), truth] = 1
    head = Head(name=HEAD, labels=("",) * width)
    trust = weight[truth].astype(np.float32).reshape(-1, 1)
    return fit(features, targets, trust, (head,), settings)


def _held_out(
    texts: list[str], truth: NDArray[np.int64], width: int, settings: Settings
) -> NDArray[np.float32]:
    """Scores of each text by a model that never saw it. The same text stays in one fold."""
    same: dict[str, int] = {}
    groups = np.array([same.setdefault(text, len(same)) for text in texts], np.int64)
    features = _features(texts, settings)
    out = np.zeros((len(texts), width), np.float32)
    for held in folds(groups, _FOLDS):
        rest = np.setdiff1d(np.arange(len(texts)), held)
        weights = _train(pick(features, rest), truth[rest], width, settings)
        out[held] = scores(pick(features, held), weights)
    return out


def _search(texts: list[str], truth: NDArray[np.int64], width: int, say: Say) -> Settings:
    if len(texts) > _SEARCHED:
        chosen = np.sort(np.random.default_rng(1).permutation(len(texts))[:_SEARCHED])
        texts, truth = [texts[at] for at in chosen], truth[chosen]
    best = Settings()
    for name, choices in _TRIED:
        results = []
        for choice in choices:
            settings = msgspec.structs.replace(best, **choice)
            guess = _held_out(texts, truth, width, settings).argmax(axis=1)
            f1, recall = _macro(truth, guess, width)
            results.append(((f1 + recall) / 2, settings))
            say(f"{name}: {choice or 'as before'} gives macro-F1 {f1:.4f}, macro-recall {recall:.4f}")
        best = max(results, key=lambda result: result[0])[1]
    return best


def _counts(
    truth: NDArray[np.int64], guess: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Hits, actual and guessed of each label."""
    hits = np.bincount(truth[truth == guess], minlength=width)
    known = guess[(guess >= 0) & (guess < width)]
    return hits, np.bincount(truth, minlength=width), np.bincount(known, minlength=width)


def _macro(truth: NDArray[np.int64], guess: NDArray[np.int64], width: int) -> tuple[float, float]:
    hits, actual, said = _counts(truth, guess, width)
    there = actual > 0
    f1 = 2 * hits[there] / np.maximum(actual[there] + said[there], 1)
    return float(f1.mean()), float((hits[there] / actual[there]).mean())


def figures(
    truth: NDArray[np.int64], probabilities: NDArray[np.float32], labels: Sequence[str]
) -> dict[str, Any]:
    """Every figure of `earful evaluate` that needs no clock. Macro means are over the labels that occur."""
    guess = probabilities.argmax(axis=1)
    hits, actual, said = _counts(truth, guess, len(labels))
    f1, recall = _macro(truth, guess, len(labels))
    per_label = {
        label: {
            "precision": round(float(hits[at] / max(said[at], 1)), 4),
            "recall": round(float(hits[at] / max(actual[at], 1)), 4),
            "f1": round(float(2 * hits[at] / max(actual[at] + said[at], 1)), 4),
            "texts": int(actual[at]),
        }
        for at, label in enumerate(labels)
    }
    pairs = Counter(zip(truth.tolist(), guess.tolist(), strict=True))
    return {
        "texts": len(truth),
        "accuracy": round(float((truth == guess).mean()), 4),
        "macro_f1": round(f1, 4),
        "macro_recall": round(recall, 4),
        "calibration_error": round(calibration_error(truth, probabilities), 4),
        "labels": list(labels),
        "per_class": per_label,
        "confusion": [[pairs[row, column] for column in range(len(labels))] for row in range(len(labels))],
    }


def macro_f1(truth: NDArray[np.int64], guess: NDArray[np.int64], width: int) -> float:
    """F1, averaged over the labels that occur."""
    return _macro(truth, guess, width)[0]


def _brief(report: dict[str, Any]) -> dict[str, Any]:
    names = ("texts", "accuracy", "macro_f1", "macro_recall", "calibration_error")
    return {name: report[name] for name in names}


def calibration_error(truth: NDArray[np.int64], probabilities: NDArray[np.float32], bins: int = 15) -> float:
    """Expected calibration error of the top label (Guo et al., 2017), equal-width bins; 0 is perfect."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((top * bins).astype(int), bins - 1)
    gaps = [
        abs(float(right[bin_of == one].mean()) - float(top[bin_of == one].mean()))
        * int((bin_of == one).sum())
        for one in np.unique(bin_of)
    ]
    return sum(gaps) / max(len(truth), 1)


def evaluate(model: Model, table: Table, *, head: str = HEAD) -> dict[str, Any]:
    """The figures of one head on labelled texts, with messages a second on one core.

    Raises TaskError when a label is none of the head's, and KeyError when the model has no such head.
    """
    from earful.triage.scorer import Scorer  # noqa: PLC0415  (it compiles or loads the kernel)

    place = model.place(head)
    labels = model.heads[place].labels
    known = {label: at for at, label in enumerate(labels)}
    unknown = sorted(set(table.labels) - set(known))
    if unknown:
        raise TaskError(f"the model knows {', '.join(labels)}, but the file has {', '.join(unknown[:5])}")
    truth = np.array([known[label] for label in table.labels], np.int64)
    scorer = Scorer(model)
    first, end = (int(value) for value in model.bounds()[place, :2])
    scorer.probabilities(table.texts[:2])
    begun = time.perf_counter()
    probabilities = scorer.probabilities(table.texts)[:, first:end]
    took = time.perf_counter() - begun
    report = figures(truth, probabilities, labels) | {"messages_per_second": round(len(truth) / took)}
    if table.groups:
        report["groups"] = _by_group(table, truth, probabilities, labels)
        report["mean_group_macro_f1"] = round(
            float(np.mean([one["macro_f1"] for one in report["groups"].values()])), 4
        )
    return report


def _by_group(
    table: Table, truth: NDArray[np.int64], probabilities: NDArray[np.float32], labels: Sequence[str]
) -> dict[str, Any]:
    names = np.array(table.groups)
    return {
        group: _brief(figures(truth[names == group], probabilities[names == group], labels))
        for group in sorted(set(table.groups))
    }
