"""The model card: `docs/reference/model-card.md`, written by the command that trains the weights.

Held-out figures: each message is rated by a model that saw nothing of its industry (or its brand, for the demo
conversations). Figures on outside data sets are measured with the finished model, which never saw them.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earful.triage.corpus import Example, read_rows
from earful.triage.fit import softmax
from earful.triage.model import Head, Model, bounds_of
from earful.triage.task import TaskError, calibration_error, evaluate, read_table

Floats = NDArray[np.float32]
FEWEST = 40
"""Messages from which a language or an industry gets a line of its own."""
_POLAR = {"0": "negative", "1": "neutral", "2": "positive"}
_EMOTION = {
    "Negative emotion": "negative", "Positive emotion": "positive", "No emotion toward brand or product": "neutral",
}  # fmt: skip
OUTSIDE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("airline, English", "benchmark_only/airline_train_dev.NC.csv",
     {"text": "text", "label": "airline_sentiment", "where": "split=dev"}),
    ("SemEval as in TweetEval, English", "benchmark_only/tweeteval_sentiment_val.csv",
     {"text": "text", "label": "label", "names": _POLAR}),
    ("SXSW brands, English", "benchmark_only/brands_sxsw_train_dev.csv",
     {"text": "text", "label": "emotion", "where": "split=dev", "names": _EMOTION, "only": tuple(_EMOTION.values())}),
    ("GermEval 2017, German", "benchmark_only/germeval2017_dev.csv", {"text": "text", "label": "sentiment"}),
    ("UMSAB, eight languages", "benchmark_only/umsab_train_val.csv",
     {"text": "text", "label": "label", "where": "split=val", "group": "lang", "names": _POLAR}),
)  # fmt: skip
"""Sentiment on data sets that no shipped weight has seen."""


def held_out(heads: Sequence[Head], scores: Floats, wanted: Floats, trust: Floats) -> dict[str, Any]:
    """Figures of each head over the rows that have its label."""
    found: dict[str, Any] = {}
    for at, (first, end, alone, _) in enumerate(bounds_of(tuple(heads)).tolist()):
        rows = trust[:, at] > 0
        truth, given = wanted[rows, first:end], scores[rows, first:end]
        if not rows.any():
            continue
        if alone:
            pairs = [(truth[:, column] > 0, given[:, column] > 0) for column in range(end - first)]
            f1 = [_f1(real, said) for real, said in pairs if real.sum() >= 5]
            exact = np.all([real == said for real, said in pairs], axis=0).mean()
            found[heads[at].name] = {"accuracy": float(exact), "macro_f1": float(np.mean(f1)) if f1 else 0.0}
        else:
            chances, real = softmax(given, heads[at].heat), truth.argmax(axis=1)
            f1 = [_f1(real == label, chances.argmax(axis=1) == label) for label in np.unique(real)]
            found[heads[at].name] = {
                "accuracy": float((chances.argmax(axis=1) == real).mean()),
                "macro_f1": float(np.mean(f1)),
                "calibration_error": calibration_error(real, chances),
                "unsure": float((chances.max(axis=1) < heads[at].threshold).mean()),
            }
        found[heads[at].name]["texts"] = int(rows.sum())
    return {name: {key: round(value, 3) for key, value in row.items()} for name, row in found.items()}


def _f1(real: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    return float(2 * (real & said).sum() / max(real.sum() + said.sum(), 1))


def by(
    names: Iterable[str], heads: Sequence[Head], scores: Floats, wanted: Floats, trust: Floats
) -> dict[str, Any]:
    """`held_out` for each name with enough messages."""
    named = np.array(list(names))
    return {
        name: held_out(heads, scores[named == name], wanted[named == name], trust[named == name])
        for name in sorted(set(named.tolist()))
        if (named == name).sum() >= FEWEST
    }


def kappa(labels: Path) -> dict[str, float]:
    """Cohen's kappa of the two readers of the demo conversations, for each label."""
    first, second = ([row for _, row in read_rows(labels / name)] for name in ("first.tsv", "second.tsv"))
    found: dict[str, float] = {}
    for name in ("kind", "sentiment", "topic", "severity", "urgency", "wants", "tried", "churn", "relevance"):
        one, other = [row[name] for row in first], [row[name] for row in second]
        agree = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
        chance = sum(one.count(label) * other.count(label) for label in set(one)) / len(one) ** 2
        found[name] = round((agree - chance) / (1 - chance), 3) if chance < 1 else 1.0
    return found


def outside(model: Model, datasets: Path) -> dict[str, Any]:
    """Sentiment on data sets that the model has never seen; those that are missing are left out."""
    found: dict[str, Any] = {}
    for name, file, how in OUTSIDE:
        options = dict(how)
        only = options.pop("only", None)
        try:
            table = read_table(datasets / file, **options)
        except TaskError:
            continue
        if only:
            kept = [at for at, label in enumerate(table.labels) if label in only]
            table = type(table)([table.texts[at] for at in kept], [table.labels[at] for at in kept])
        report = evaluate(model, table, head="sentiment")
        keys = ("texts", "accuracy", "macro_f1", "macro_recall", "calibration_error")
        found[name] = {key: report[key] for key in keys}
    return found


def write(path: Path, model: Model, examples: Sequence[Example], lines: Path) -> None:
    """Write the card: what was measured, between the sentences of the template at `lines`."""
    about = model.about
    tables = {
        "HEADS": _table(about["held_out"]),
        "DEMO": _table(about["demo"]),
        "OUTSIDE": _table(about["outside"]),
        "LANGUAGES": _brief(about["by_language"]),
        "INDUSTRIES": _brief(about["by_industry"]),
        "KAPPA": "\n".join(
            ["| label | kappa |", "|---|---|", *(f"| {k} | {v} |" for k, v in about["kappa"].items())]
        ),
        "COUNT": f"{len(examples):,}",
        "NAME": model.name,
        "THRESHOLDS": ", ".join(f"{head.name} {head.threshold:g}" for head in model.heads if head.threshold),
    }
    text = lines.read_text("utf-8")
    for name, table in tables.items():
        text = text.replace("{{" + name + "}}", table)
    path.write_text(text, "utf-8")


def _table(rows: dict[str, Any]) -> str:
    keys = list(dict.fromkeys(key for row in rows.values() for key in row))
    head = "| | " + " | ".join(key.replace("_", " ") for key in keys) + " |"
    body = [
        f"| {name} | " + " | ".join(str(row.get(key, "")) for key in keys) + " |"
        for name, row in rows.items()
    ]
    return "\n".join([head, "|---" * (len(keys) + 1) + "|", *body])


def _brief(rows: dict[str, Any]) -> str:
    """Macro-F1 of the heads that matter most, a line each."""
    shown = ("kind", "sentiment", "topic", "severity", "urgency", "wants")
    head = "| | messages | " + " | ".join(shown) + " |"
    body = [
        f"| {name} | {row['kind']['texts']} | "
        + " | ".join(str(row[key]["macro_f1"]) for key in shown)
        + " |"
        for name, row in rows.items()
    ]
    return "\n".join([head, "|---" * (len(shown) + 2) + "|", *body])
