"""Train the model that ships: `python -m earful.triage.ship --datasets FOLDER --out FILE`.

Learns from the corpus, from the demo conversations where two readers agree, and from the polarity of emoji.
Everything reported is held out: each industry is rated by a model that saw none of it.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage import card
from earful.triage.corpus import Example, read_corpus, read_rows
from earful.triage.extract import Features, extract, pick
from earful.triage.fit import SEED, Settings, fit, fit_heat, folds, scores, softmax
from earful.triage.kernel import hash_words
from earful.triage.labels import HEADS, own_names, targets
from earful.triage.model import KNOWN_BITS, Head, Model, bounds_of, quantise, save
from earful.triage.rulebook import phrasebook

NAME = "earful-1"
SETTINGS = Settings(bits=18, runs=0.6, margin=True, rate=0.05, passes=12)
FOLDS = 10
RIGHT_ENOUGH = 0.35
"""A head says unsure where answers of its confidence were right less often than this."""
HEADS_THAT_ALWAYS_ANSWER = frozenset({"severity", "urgency", "churn", "relevance"})
LABELS = ("first.tsv", "second.tsv")
CONVERSATIONS, EMOJI = Path("demo_conversations.jsonl"), Path("trainable/emoji_sentiment_ranking.csv")
BY_LANGUAGE = frozenset({"spanish", "french", "german", "portuguese", "italian", "dutch", "europe", "world"})
PLAIN = {"trainable/clinc150_train_val.csv": "text", "trainable/banking77_train.csv": "text"}
_PLAIN_MOST, _PLAIN_TRUST = 3_000, 0.25
HINTS = frozenset({"emoji", "plain"})
"""What only helps: never measured on, and never held against."""
_EMOJI_TRUST, _EMOJI_SEEN = 0.3, 100
_LISTS = ("tried", "abuse")
LIMITS = np.arange(-0.8, 0.6, 0.05)
"""Scores tried as the limit from which a label that stands alone holds."""
Floats = NDArray[np.float32]


class Lesson(Struct, frozen=True):
    """What a model learns from: examples with a fold group each, `targets` and how far each is trusted."""

    examples: list[Example]
    targets: Floats
    trust: Floats
    groups: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, write the model; figures go into its `about`, and to standard output as JSON."""
    parser = argparse.ArgumentParser(prog="python -m earful.triage.ship", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus"))
    parser.add_argument("--labels", type=Path, default=Path("data/demo_labels"))
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with the data sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--card", type=Path, help="write the model card here, from the template beside it")
    asked = parser.parse_args(arguments)
    say: Callable[[str], object] = lambda text: sys.stderr.write(text + "\n")  # noqa: E731
    model = train_shipped(asked.corpus, asked.labels, asked.datasets, say)
    save(model, asked.out)
    if asked.card:
        card.write(asked.card, model, read_corpus(asked.corpus), asked.card.with_suffix(".template.md"))
    sys.stdout.write(json.dumps(model.about, indent=1) + "\n")
    say(f"{asked.out}: sha256 {hashlib.sha256(asked.out.read_bytes()).hexdigest()}")
    return 0


def train_shipped(corpus: Path, labels: Path, datasets: Path, say: Callable[[str], object]) -> Model:
    """The model, with everything that its card says in `about`."""
    lesson = read_lesson(corpus, labels, datasets)
    say(f"{len(lesson.examples)} examples")
    features = features_of(lesson.examples)
    held = held_out(features, lesson, say)
    heads = tuple(head_of(at, head, held, lesson) for at, head in enumerate(HEADS))
    weights = fit(features, lesson.targets, lesson.trust, HEADS, SETTINGS)
    table, index, scales = quantise(weights.table)
    bias = weights.bias + lifts(held, lesson)
    about: dict[str, Any] = {
        "settings": msgspec.to_builtins(SETTINGS),
        "examples": len(lesson.examples),
        "sources": sources(corpus, labels, datasets),
        "kappa": card.kappa(labels),
    } | _figures(heads, held + lifts(held, lesson), lesson)
    model = Model(
        name=NAME, bits=SETTINGS.bits, runs=SETTINGS.runs, heads=heads, table=table, index=index, scales=scales,
        bias=bias.astype(np.float32), known=_known(lesson.examples), about=about,
    )  # fmt: skip
    about["outside"] = card.outside(model, datasets)
    return model


def _figures(heads: tuple[Head, ...], held: Floats, lesson: Lesson) -> dict[str, Any]:
    """Held-out figures: of our own corpus, of the demo conversations, by language and by industry."""
    demo = np.array([example.industry == "demo" for example in lesson.examples])
    ours = np.array([example.industry not in {"demo", *HINTS} for example in lesson.examples])
    examples = [example for example, own in zip(lesson.examples, ours, strict=True) if own]
    rows = (held[ours], lesson.targets[ours], lesson.trust[ours])
    return {
        "held_out": card.held_out(heads, *rows),
        "demo": card.held_out(heads, held[demo], lesson.targets[demo], lesson.trust[demo]),
        "by_language": card.by([example.language for example in examples], heads, *rows),
        "by_industry": card.by([example.industry for example in examples], heads, *rows),
    }


def read_lesson(corpus: Path, labels: Path, datasets: Path) -> Lesson:
    """Everything that a model learns from. Raises OSError, CorpusError."""
    return _joined(
        [
            _own(read_corpus(corpus)),
            _demo(labels, datasets / CONVERSATIONS),
            _emoji(datasets / EMOJI),
            _plain(datasets),
        ]
    )


def _known(examples: list[Example]) -> NDArray[np.bool_]:
    """The words of all examples."""
    words = np.concatenate(hash_words([example.text for example in examples]))
    known = np.zeros(1 << KNOWN_BITS, np.bool_)
    known[(words >> np.uint64(64 - KNOWN_BITS)).astype(np.int64)] = True
    return known


def _own(examples: list[Example]) -> Lesson:
    wanted, trust = targets(examples)
    return Lesson(examples, wanted, trust, [_group(example.industry) for example in examples])


def _group(file: str) -> str:
    """What is held out together. The files by language tell the same stories, each in its own words."""
    return "languages" if file in BY_LANGUAGE else file


def read_demo(labels: Path, conversations: Path) -> list[Example]:
    """The demo conversations' customer messages as one reader labelled them. Raises OSError, CorpusError."""
    said = {}
    for line in conversations.read_text("utf-8").splitlines():
        post = json.loads(line)
        said[post["post_id"]] = post
    examples = []
    for _, row in read_rows(labels):
        post = said[row.pop("post_id")]
        fields: dict[str, Any] = dict(row)
        for name in _LISTS:
            fields[name] = () if row[name] == "-" else tuple(row[name].split(","))
        examples.append(Example(text=post["text"], brand=post["brand"], industry="demo", **fields))
    return examples


def _demo(labels: Path, conversations: Path) -> Lesson:
    """Labels count where both readers gave them."""
    first, second = (read_demo(labels / name, conversations) for name in LABELS)
    wanted, trust = targets(first)
    other, _ = targets(second)
    for at, (start, end, _, _) in enumerate(bounds_of(HEADS).tolist()):
        trust[(wanted[:, start:end] != other[:, start:end]).any(axis=1), at] = 0
    return Lesson(first, wanted, trust, ["demo " + example.brand for example in first])


def _emoji(path: Path) -> Lesson:
    """Emoji as texts with a sentiment, from how people used them (Kralj Novak et al., 2015)."""
    examples, shares = [], []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counts = np.array([float(row[name]) for name in ("Negative", "Neutral", "Positive")])
            if counts.sum() < _EMOJI_SEEN:
                continue
            label = ("negative", "neutral", "positive")[int(counts.argmax())]
            shares.append(float(counts.max() / counts.sum()))
            examples.append(
                Example(
                    text=row["Emoji"], industry="emoji", language="und", kind="other", sentiment=label,  # type: ignore[arg-type]
                    topic="other", severity="0", urgency="none", wants="nothing", churn="0",
                )
            )  # fmt: skip
    wanted, trust = targets(examples)
    place = [head.name for head in HEADS].index("sentiment")
    only = np.zeros_like(trust)
    only[:, place] = _EMOJI_TRUST * np.array(shares, np.float32)
    return Lesson(examples, wanted, only, ["emoji"] * len(examples))


def _plain(datasets: Path) -> Lesson:
    """What people ask assistants and banks: by our guide neutral, in no haste, and without any abuse."""
    examples = []
    for name, column in PLAIN.items():
        with (datasets / name).open(encoding="utf-8", newline="") as file:
            texts = sorted({row[column] for row in csv.DictReader(file)})
        chosen = np.random.default_rng(SEED).permutation(len(texts))[:_PLAIN_MOST]
        examples += [
            Example(
                text=texts[at], industry="plain", language="en", kind="question", sentiment="neutral",
                topic="other", severity="0", urgency="none", wants="answer", churn="0",
            )
            for at in np.sort(chosen).tolist()
        ]  # fmt: skip
    wanted, trust = targets(examples)
    names = [head.name for head in HEADS]
    hints = np.zeros_like(trust)
    for name in ("sentiment", "urgency", "churn", "abuse", "language"):
        hints[:, names.index(name)] = _PLAIN_TRUST
    return Lesson(examples, wanted, hints, ["plain"] * len(examples))


def _joined(lessons: list[Lesson]) -> Lesson:
    return Lesson(
        [example for lesson in lessons for example in lesson.examples],
        np.concatenate([lesson.targets for lesson in lessons]),
        np.concatenate([lesson.trust for lesson in lessons]),
        [group for lesson in lessons for group in lesson.groups],
    )


def features_of(examples: list[Example]) -> Features:
    """What the table sees of each example."""
    texts = [example.text for example in examples]
    return extract(texts, SETTINGS.bits, SETTINGS.runs, book=phrasebook(), ours=own_names(examples))


def held_out(features: Features, lesson: Lesson, say: Callable[[str], object]) -> Floats:
    """Scores of each example by a model that saw none of its group."""
    names = sorted(set(lesson.groups))
    groups = np.array([names.index(group) for group in lesson.groups], np.int64)
    out = np.zeros_like(lesson.targets)
    for number, held in enumerate(folds(groups, FOLDS), 1):
        rest = np.setdiff1d(np.arange(len(groups)), held)
        weights = fit(pick(features, rest), lesson.targets[rest], lesson.trust[rest], HEADS, SETTINGS)
        out[held] = scores(pick(features, held), weights)
        say(f"held out {number} of {FOLDS}")
    return out


def rows_of(at: int, lesson: Lesson) -> NDArray[np.int64]:
    """Examples whose label for a head is known and was given by a reader."""
    real = np.array([example.industry not in HINTS for example in lesson.examples])
    return np.flatnonzero((lesson.trust[:, at] > 0) & real)


def head_of(at: int, head: Head, held: Floats, lesson: Lesson) -> Head:
    """A head with its temperature and threshold, from held-out scores."""
    if head.alone:
        return msgspec.structs.replace(head, heat=0.25)
    start, end = (int(value) for value in bounds_of(HEADS)[at, :2])
    rows = rows_of(at, lesson)
    truth, values = lesson.targets[rows, start:end].argmax(axis=1), held[rows, start:end]
    heat = fit_heat(values, truth)
    threshold = 0.0 if head.name in HEADS_THAT_ALWAYS_ANSWER else _threshold(softmax(values, heat), truth)
    return msgspec.structs.replace(head, heat=heat, threshold=threshold)


def _threshold(probabilities: Floats, truth: NDArray[np.int64]) -> float:
    """The highest confidence under which answers were right less often than `RIGHT_ENOUGH`."""
    top, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    best = 0.0
    for limit in np.arange(0.15, 0.6, 0.01):
        near = (top >= limit - 0.03) & (top < limit)
        if near.sum() >= 20 and right[near].mean() < RIGHT_ENOUGH:
            best = float(limit)
    return round(best, 2)


def lifts(held: Floats, lesson: Lesson, limits: NDArray[np.float64] = LIMITS) -> Floats:
    """What to add to each label that stands alone, so that an even chance is where its F1 was best held out."""
    added = np.zeros(held.shape[1], np.float32)
    for at, head in enumerate(HEADS):
        if not head.alone:
            continue
        rows, start = rows_of(at, lesson), int(bounds_of(HEADS)[at, 0])
        for column in range(start, start + len(head.labels)):
            truth, values = lesson.targets[rows, column] > 0, held[rows, column]
            added[column] = -max(limits, key=lambda limit: f1(truth, values > limit))
    return added


def f1(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """F1 of one label; 0 when it neither holds nor is said."""
    return float(2 * (truth & said).sum() / max(truth.sum() + said.sum(), 1))


def sources(corpus: Path, labels: Path, datasets: Path) -> dict[str, str]:
    """Every file that the model learned from, with its checksum."""
    paths = [*sorted(corpus.glob("*.tsv")), *(labels / name for name in LABELS)]
    paths += [datasets / CONVERSATIONS, datasets / EMOJI, *(datasets / name for name in PLAIN)]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


if __name__ == "__main__":
    raise SystemExit(main())
