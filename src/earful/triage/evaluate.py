"""Measure triage on a labelled corpus: `python -m earful.triage.evaluate CORPUS [--json]`.

The heads of the model are cross-validated: every message is rated by a model that never saw it. The phrases
of the rules were written beside the seed corpus, so on that file their figures flatter them; they are marked.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from earful.model.rating import Rating
from earful.triage.corpus import Example, read
from earful.triage.model import Model
from earful.triage.rate import Rater
from earful.triage.subject import Brand, Subject
from earful.triage.train import fit, folds, rows

LEARNT = ("kind", "sentiment", "topic", "wants")
MIXED = ("severity",)
RULED = ("urgency", "language", "churn")
SETS = ("tried_before", "abuse")
Pair = tuple[str, str]


class Figures(Struct, frozen=True, kw_only=True):
    """How one head did. `unsure` counts as wrong; `macro_f1` is over the labels that occur."""

    by: str
    accuracy: float
    macro_f1: float
    unsure: float
    f1: dict[str, float]


def rate_out_of_fold(examples: Sequence[Example]) -> list[Rating]:
    """A rating of each example by a model trained without it."""
    data = rows(examples)
    ratings: dict[int, Rating] = {}
    for held in folds(len(data)):
        apart = set(held)
        model = Model("fold", fit([row for at, row in enumerate(data) if at not in apart]))
        rater = Rater(model, Brand())
        subjects = [Subject(text=examples[at].text, addressed=True) for at in held]
        ratings.update(zip(held, rater.rate(subjects), strict=True))
    return [ratings[at] for at in range(len(examples))]


def evaluate(examples: Sequence[Example]) -> dict[str, Figures]:
    """Figures for each head, cross-validated."""
    return measure(examples, rate_out_of_fold(examples))


def measure(examples: Sequence[Example], ratings: Sequence[Rating]) -> dict[str, Figures]:
    """Figures of given ratings against the labels."""
    both = list(zip(examples, ratings, strict=True))
    report: dict[str, Figures] = {}
    for field in LEARNT + MIXED + RULED:
        by = "model" if field in LEARNT else "model and rules" if field in MIXED else "rules"
        report[field] = figures(by, [(one.label(field), _said(rating, field)) for one, rating in both])
    for field in SETS:
        report[field] = _set_figures(field, both)
    return report


def _said(rating: Rating, field: str) -> str:
    if field == "churn":
        return "2" if rating.churn_risk >= 0.7 else "1" if rating.churn_risk >= 0.25 else "0"
    return str(getattr(rating, field))


def figures(by: str, pairs: Sequence[Pair]) -> Figures:
    """Accuracy and F1 of (true, said) pairs; at least one pair."""
    f1 = _f1(pairs, sorted({true for true, _ in pairs}))
    return Figures(
        by=by,
        accuracy=_share(sum(true == said for true, said in pairs), len(pairs)),
        macro_f1=round(sum(f1.values()) / len(f1), 3),
        unsure=_share(sum(said == "unsure" for _, said in pairs), len(pairs)),
        f1=f1,
    )


def _f1(pairs: Iterable[Pair], labels: Sequence[str]) -> dict[str, float]:
    hits: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    actual: Counter[str] = Counter()
    for true, said in pairs:
        actual[true] += 1
        spoken[said] += 1
        hits[true] += true == said
    return {label: _share(2 * hits[label], spoken[label] + actual[label]) for label in labels}


def _set_figures(field: str, both: Sequence[tuple[Example, Rating]]) -> Figures:
    """A set of labels is right when it is the whole set; F1 is over each label's presence."""
    wanted: list[set[str]] = [set(getattr(one, field)) for one, _ in both]
    given = [
        {str(getattr(entry, "channel", entry)) for entry in getattr(rating, field)} for _, rating in both
    ]
    f1: dict[str, float] = {}
    for label in sorted(set().union(*wanted)):
        pairs = [(str(label in true), str(label in said)) for true, said in zip(wanted, given, strict=True)]
        f1[label] = _f1(pairs, ["True"])["True"]
    right = sum(true == said for true, said in zip(wanted, given, strict=True))
    macro = round(sum(f1.values()) / len(f1), 3) if f1 else 1.0
    return Figures(by="rules", accuracy=_share(right, len(both)), macro_f1=macro, unsure=0.0, f1=f1)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0.0


def table(report: Mapping[str, Figures]) -> str:
    """The report as lines of text."""
    lines = [f"{'head':<14}{'by':<17}{'accuracy':>9}{'macro-F1':>9}{'unsure':>8}"]
    for field, row in report.items():
        lines.append(f"{field:<14}{row.by:<17}{row.accuracy:>9.3f}{row.macro_f1:>9.3f}{row.unsure:>8.3f}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the figures, as a table or as JSON."""
    paths = [argument for argument in arguments if argument != "--json"]
    if len(paths) != 1:
        sys.stderr.write("usage: python -m earful.triage.evaluate CORPUS [--json]\n")
        return 2
    report = evaluate(read(Path(paths[0])))
    sys.stdout.write(
        (msgspec.json.encode(report).decode() if "--json" in arguments else table(report)) + "\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
