"""Train the second stage: `python -m earful.triage.deep_ship --datasets FOLDER --out FILE`. Needs `earful[deep]`.

Learns from what the fast stage learns from, and is measured as that is: each industry is rated by heads that saw none
of it. Reports macro-F1 of either stage, of their average, and of the cascade, for each head.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from earful.triage import deep_fit, ship
from earful.triage.deep import SHARE, confidence
from earful.triage.deep_heads import CONFIDENCES, DeepModel, blended, calibrated, mean_of, save
from earful.triage.encoder import batches, checksum, open_network, pool, tokenize, weights_folder
from earful.triage.fit import folds
from earful.triage.labels import HEADS
from earful.triage.model import Head, bounds_of
from earful.triage.task import calibration_error, macro_f1

NAME = "deep-1"
SETTINGS = deep_fit.Settings()
Floats = NDArray[np.float32]
Say = Callable[[str], object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, write the file; figures go into its `about`, and to standard output as JSON."""
    parser = argparse.ArgumentParser(prog="python -m earful.triage.deep_ship", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus"))
    parser.add_argument("--labels", type=Path, default=Path("data/demo_labels"))
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with the data sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--keep", type=Path, help="a folder for what takes long, used again while the lesson is the same"
    )
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args(arguments)
    folder = weights_folder()
    import torch  # noqa: PLC0415

    torch.set_num_threads(asked.threads)
    say: Say = lambda text: sys.stderr.write(text + "\n")  # noqa: E731
    lesson = ship.read_lesson(asked.corpus, asked.labels, asked.datasets)
    keep = _Kept(asked.keep, lesson)
    model = train(lesson, folder, keep, say)
    about = model.about | {"sources": ship.sources(asked.corpus, asked.labels, asked.datasets)}
    save(msgspec.structs.replace(model, about=about), asked.out)
    sys.stdout.write(json.dumps(about, indent=1) + "\n")
    say(f"{asked.out}: sha256 {hashlib.sha256(asked.out.read_bytes()).hexdigest()}")
    return 0


class _Kept:
    """Arrays that take long to make, in a folder, under the checksum of the lesson."""

    def __init__(self, folder: Path | None, lesson: ship.Lesson) -> None:
        self._folder = folder
        said = [msgspec.json.encode(example) for example in lesson.examples]
        self._sum = hashlib.sha256(b"\n".join(said)).hexdigest()[:16]

    def get(self, name: str, make: Callable[[], Floats]) -> Floats:
        if self._folder is None:
            return make()
        path = self._folder / f"{name}-{self._sum}.npy"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(path, make())
        return np.asarray(np.load(path, allow_pickle=False), np.float32)


def train(lesson: ship.Lesson, folder: Path, keep: _Kept, say: Say) -> DeepModel:
    """The model, with everything that its card says in `about`."""
    texts = [example.text for example in lesson.examples]
    say(f"{len(texts)} examples")
    fast = keep.get("fast", lambda: ship.held_out(ship.features_of(lesson.examples), lesson, say))
    layers = "".join(str(layer) for layer in SETTINGS.layers)
    pooled = keep.get(f"pooled-{layers}", lambda: _pooled(texts, folder, say))
    # Most emoji are not in the encoder's vocabulary: it would learn a mood for what it cannot read.
    read = np.array([example.industry != "emoji" for example in lesson.examples])
    held = _held_out(pooled, lesson, read, say)
    fast += ship.lifts(fast, lesson)
    heads, first = (
        tuple(ship.head_of(at, head, scores, lesson) for at, head in enumerate(HEADS))
        for scores in (held, fast)
    )
    lifts = _lifted(held, lesson)
    fitted = deep_fit.fit(pooled[read], lesson.targets[read], lesson.trust[read], HEADS, SETTINGS)
    heads = tuple(msgspec.structs.replace(head, heat=1.0) if head.alone else head for head in heads)
    chances = calibrated(fast, first), calibrated(held + lifts, heads)
    real = np.array([example.industry not in ship.HINTS for example in lesson.examples])
    sure = confidence(chances[0], first)[real]
    blend = _blend(mean_of(*chances), lesson)
    return DeepModel(
        name=NAME, encoder=checksum(folder), layers=SETTINGS.layers, heads=heads,
        **fitted._replace(outer_bias=fitted.outer_bias + lifts)._asdict(),
        blend=blend,
        confidences=tuple(round(float(one), 5) for one in np.quantile(sure, np.linspace(0, 1, CONFIDENCES))),
        about={
            "settings": msgspec.to_builtins(SETTINGS), "examples": int(read.sum()),
            "figures": _figures(lesson, *chances, blend, confidence(chances[0], first) <= np.quantile(sure, SHARE)),
        },
    )  # fmt: skip


def _pooled(texts: list[str], folder: Path, say: Say) -> Floats:
    import torch  # noqa: PLC0415

    tokenizer, network = open_network(folder)
    out = np.zeros((len(texts), len(SETTINGS.layers) * network.config.hidden_size), np.float32)
    begun = time.perf_counter()
    with torch.inference_mode():
        for rows in batches(texts):
            tokens = tokenize(tokenizer, [texts[row] for row in rows])
            out[rows] = pool(network, tokens, SETTINGS.layers).numpy()
    say(f"read {len(texts) / (time.perf_counter() - begun):.0f} messages a second")
    return out


def _held_out(pooled: Floats, lesson: ship.Lesson, read: NDArray[np.bool_], say: Say) -> Floats:
    """Scores of each example by heads that saw none of its group, in the folds of the fast stage."""
    names = sorted(set(lesson.groups))
    groups = np.array([names.index(group) for group in lesson.groups], np.int64)
    out = np.zeros_like(lesson.targets)
    for number, held in enumerate(folds(groups, ship.FOLDS), 1):
        rest = np.setdiff1d(np.flatnonzero(read), held)
        layers = deep_fit.fit(pooled[rest], lesson.targets[rest], lesson.trust[rest], HEADS, SETTINGS)
        out[held] = layers.scores(pooled[held])
        say(f"second stage held out {number} of {ship.FOLDS}")
    return out


def _lifted(held: Floats, lesson: ship.Lesson) -> Floats:
    """As `ship.lifts`, for scores whose loss is logistic."""
    return ship.lifts(held, lesson, np.arange(-4.0, 3.0, 0.25))


def _blend(mean: Floats, lesson: ship.Lesson) -> tuple[float, ...]:
    """The temperature of each head's average, from held-out messages."""
    scores = np.log(np.maximum(mean, np.float32(1e-9)))
    return tuple(
        1.0 if head.alone else ship.head_of(at, head, scores, lesson).heat for at, head in enumerate(HEADS)
    )


def _figures(
    lesson: ship.Lesson, fast: Floats, deep: Floats, blend: tuple[float, ...], again: NDArray[np.bool_]
) -> dict[str, Any]:
    """Macro-F1 of each head by each way of rating, and how far confidence is from truth."""
    mean = blended(mean_of(fast, deep), HEADS, blend)
    ways = {"fast": fast, "deep": deep, "average": mean, "cascade": np.where(again[:, None], mean, fast)}
    figures: dict[str, Any] = {}
    for at, head in enumerate(HEADS):
        rows = ship.rows_of(at, lesson)
        first, end = (int(value) for value in bounds_of(HEADS)[at, :2])
        figures[head.name] = dict[str, Any](examples=len(rows)) | {
            way: _measured(head, lesson.targets[rows, first:end], chances[rows, first:end])
            for way, chances in ways.items()
        }
    return figures


def _measured(head: Head, wanted: Floats, chances: Floats) -> dict[str, float]:
    if head.alone:
        each = [ship.f1(wanted[:, at] > 0, chances[:, at] >= 0.5) for at in range(len(head.labels))]
        return {"macro_f1": round(float(np.mean(each)), 4)}
    truth = wanted.argmax(axis=1)
    f1 = macro_f1(truth, chances.argmax(axis=1), len(head.labels))
    return {"macro_f1": round(f1, 4), "calibration_error": round(calibration_error(truth, chances), 4)}


if __name__ == "__main__":
    raise SystemExit(main())
