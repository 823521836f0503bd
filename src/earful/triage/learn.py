"""What a workspace teaches: corrections become differences on top of the shipped weights, at once.

Online logistic regression with AdaGrad (Duchi et al., 2011) over words, pairs and phrases, with a pull to the
shipped answer; runs of characters keep what they were, so that one correction stays small. A workspace's own topics
are further columns that start from nothing. Pure: corrections in, weights out; the same list gives the same weights.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage.compiled import compiled
from earful.triage.extract import extract
from earful.triage.model import Model, ModelRefused
from earful.triage.phrases import Phrasebook
from earful.triage.scorer import Learned, Scorer

RATE, PULL, PASSES = 0.5, 0.02, 3
OWN_RATE, OWN_BIAS = 2.0, -0.8
"""A workspace's own topic has few examples to rise from nothing."""
REPLAY_PASSES = 12
OWN_LIKELY = 0.55
"""From here on a workspace's own topic is given."""
FEWEST_OF_TOPIC = 5
"""Examples from which a workspace's own topic is offered by itself."""
NO_TOPIC = ""
"""The topic of a lesson that is none of the workspace's own."""
HELD_OUT = 5
"""One correction of so many is held out of a replay, chosen by the text, so that it is always the same."""
Floats = NDArray[np.float32]


class Lesson(Struct, frozen=True):
    """One correction: what people say of a text. `labels` by head: a label, or a set for heads whose labels stand
    alone. A topic may be the workspace's own."""

    text: str
    labels: Mapping[str, str | tuple[str, ...]]

    @property
    def held_out(self) -> bool:
        """Whether a replay measures with this one instead of learning from it."""
        return (
            hashlib.blake2b(self.text.encode("utf-8", "replace"), digest_size=4).digest()[0] % HELD_OUT == 0
        )


class Grown(Struct, frozen=True):
    """What a workspace learned, and its own topics, in the order of their columns after the model's."""

    learned: Learned
    topics: tuple[str, ...]
    lessons: int


@compiled
def _learn(rows, values, starts, base, targets, bounds, deltas, squares, bias, passes, rate, own_rate, pull):
    scores = np.empty(base.shape[1], np.float32)
    for _ in range(passes):
        # Bounds come in the order of their texts.
        for at in range(len(bounds)):
            text = bounds[at, 0]
            first, end, alone, own = bounds[at, 1], bounds[at, 2], bounds[at, 3], bounds[at, 4]
            # A head's columns, and for topics the workspace's own at the end.
            for column in range(len(scores)):
                scores[column] = -30.0
            for column in range(len(scores)):
                if first <= column < end or column >= own:
                    scores[column] = base[text, column] + bias[column]
                    for place in range(starts[text], starts[text + 1]):
                        scores[column] += deltas[rows[place], column] * values[place]
            if alone:
                for column in range(first, end):
                    scores[column] = 1.0 / (1.0 + np.exp(-scores[column]))
            else:
                # As when rating: the head's labels share one, the workspace's own topics stand alone.
                scores[first:end] = np.exp(scores[first:end] - scores[first:end].max())
                scores[first:end] /= scores[first:end].sum()
                for column in range(own, len(scores)):
                    scores[column] = 1.0 / (1.0 + np.exp(-scores[column]))
                if targets[text, first:end].sum() == 0:
                    # The label is one of the workspace's own: the shipped labels learn nothing from it.
                    scores[first:end] = 0
            for column in range(len(scores)):
                if not (first <= column < end or column >= own):
                    continue
                error = scores[column] - targets[text, column]
                step = own_rate if column >= own else rate
                for place in range(starts[text], starts[text + 1]):
                    row = rows[place]
                    slope = error * values[place] + pull * deltas[row, column]
                    squares[row, column] += slope * slope
                    deltas[row, column] -= step * slope / np.sqrt(squares[row, column])


def learn(
    model: Model, book: Phrasebook, lessons: Sequence[Lesson], topics: Sequence[str] = (), passes: int = PASSES,
    others: Sequence[str] = (),
) -> Grown:  # fmt: skip
    """Weights that know the lessons. `topics` are the workspace's own that have examples enough; `others` are
    messages of any kind, that keep such a topic from claiming everything."""
    own = tuple(dict.fromkeys(topics))
    taught = len(lessons)
    lessons = _mixed(lessons, [Lesson(text, {"topic": NO_TOPIC}) for text in others] if own else [])
    wide = model.columns + len(own)
    where = np.full(1 << model.bits, -1, np.int32)
    bias = np.zeros(wide, np.float32)
    bias[model.columns :] = OWN_BIAS
    heats = _heats(model, len(own))
    if not lessons:
        return Grown(Learned(where, np.zeros((0, wide), np.float32), bias * heats), own, 0)
    texts = [lesson.text for lesson in lessons]
    features = extract(texts, model.bits, 0.0, book=book)
    words = features.values > 0
    counts = np.add.reduceat(words, features.starts[:-1])
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    used, rows = np.unique(features.rows[words], return_inverse=True)
    base = _base(model, book, texts, len(own))
    targets, bounds = _targets(model, lessons, own, wide)
    deltas, squares = np.zeros((len(used), wide), np.float32), np.full((len(used), wide), 0.05, np.float32)
    _learn(
        rows.astype(np.int64), features.values[words], starts, base, targets, bounds, deltas, squares, bias, passes,
        np.float32(RATE), np.float32(OWN_RATE), np.float32(PULL),
    )  # fmt: skip
    where[used] = np.arange(len(used), dtype=np.int32)
    return Grown(Learned(where, deltas * heats, bias * heats), own, taught)


def _mixed(lessons: Sequence[Lesson], others: Sequence[Lesson]) -> list[Lesson]:
    """Others spread among the lessons, so that neither comes last."""
    every = max(1, len(others) // max(1, len(lessons)))
    mixed, rest = list[Lesson](), iter(others)
    for lesson in lessons:
        mixed += [other for _, other in zip(range(every), rest, strict=False)]
        mixed.append(lesson)
    return mixed


def _heats(model: Model, own: int) -> Floats:
    """What a step in calibrated scores is worth before the temperature, for each column."""
    heats = [head.heat for head in model.heads for _ in head.labels]
    topic = model.heads[model.place("topic")].heat
    return np.array(heats + [topic] * own, np.float32)


def _base(model: Model, book: Phrasebook, texts: list[str], own: int) -> Floats:
    """The shipped answer of each text in calibrated scores."""
    chances = np.clip(Scorer(model, book=book).probabilities(texts), 1e-6, 1 - 1e-6)
    scores = np.log(chances)
    for first, end, alone, _ in model.bounds().tolist():
        if alone:
            scores[:, first:end] -= np.log(1 - chances[:, first:end])
    return np.concatenate([scores, np.zeros((len(texts), own), np.float32)], axis=1).astype(np.float32)


def _targets(
    model: Model, lessons: Sequence[Lesson], own: tuple[str, ...], wide: int
) -> tuple[Floats, NDArray[np.int64]]:
    """What each lesson wants, and rows of (text, first column, end, alone, first of its own columns)."""
    places, heads = {head.name: at for at, head in enumerate(model.heads)}, model.bounds().tolist()
    wanted, bounds = np.zeros((len(lessons), wide), np.float32), []
    for row, lesson in enumerate(lessons):
        for name, value in lesson.labels.items():
            if name not in places:
                continue
            head = model.heads[places[name]]
            first, end, alone, _ = heads[places[name]]
            columns = {label: first + at for at, label in enumerate(head.labels)}
            if name == "topic":
                columns |= {label: model.columns + at for at, label in enumerate(own)}
            chosen = [
                columns[label]
                for label in ((value,) if isinstance(value, str) else value)
                if label in columns
            ]
            if isinstance(value, str) and not chosen and value != NO_TOPIC:
                continue
            wanted[row, chosen] = 1
            bounds.append((row, first, end, alone, model.columns if name == "topic" else wide))
    return wanted, np.array(bounds, np.int64).reshape(-1, 5)


class Replay(Struct, frozen=True):
    """A replay's figures on held-out corrections: the share that each version answers as people did."""

    lessons: int
    held_out: int
    shipped: float
    present: float
    candidate: float

    @property
    def kept(self) -> bool:
        """A candidate stays when it is no worse than both what there is and what came with Earful."""
        return self.candidate >= max(self.present, self.shipped)


def replay(
    model: Model, book: Phrasebook, lessons: Sequence[Lesson], topics: Sequence[str], present: Grown | None,
    others: Sequence[str] = (),
) -> tuple[Grown, Replay]:  # fmt: skip
    """Learn anew from everything but the held-out part, measure there; the version given back knows all.

    Figures are 1.0 where nothing is held out: then nothing speaks against it.
    """
    rest = [lesson for lesson in lessons if not lesson.held_out]
    held = [lesson for lesson in lessons if lesson.held_out]
    nothing = learn(model, book, [], topics)
    tried = learn(model, book, rest, topics, REPLAY_PASSES, others)
    figures = Replay(
        len(lessons), len(held), agreement(model, book, nothing, held),
        agreement(model, book, present or nothing, held), agreement(model, book, tried, held),
    )  # fmt: skip
    return learn(model, book, lessons, topics, REPLAY_PASSES, others), figures


def agreement(model: Model, book: Phrasebook, grown: Grown, lessons: Sequence[Lesson]) -> float:
    """The share of single labels in the lessons that a version gives too; 1.0 when there are none."""
    if not lessons:
        return 1.0
    chances = Scorer(model, book=book, learned=grown.learned).probabilities(
        [lesson.text for lesson in lessons]
    )
    right, total = 0, 0
    for row, lesson in zip(chances, lessons, strict=True):
        for name, value in lesson.labels.items():
            if not isinstance(value, str) or name not in {head.name for head in model.heads}:
                continue
            right += answer(model, grown.topics, row, name) == value
            total += 1
    return round(right / total, 4) if total else 1.0


def answer(model: Model, topics: Sequence[str], row: Floats, name: str) -> str:
    """The likeliest label of a head, a workspace's own topic where it is likelier than not."""
    place = model.place(name)
    first, end = (int(value) for value in model.bounds()[place, :2])
    if name == "topic" and topics:
        own = row[model.columns :]
        if own.max() >= OWN_LIKELY:
            return topics[int(own.argmax())]
    return model.heads[place].labels[int(row[first:end].argmax())]


def pack(grown: Grown, model: Model) -> bytes:
    """What a workspace learned, as bytes to keep."""
    used = np.flatnonzero(grown.learned.where >= 0).astype(np.int32)
    deltas = grown.learned.deltas[grown.learned.where[used]].astype(np.float16)
    head: dict[str, Any] = {
        "model": model.name, "bits": model.bits, "columns": model.columns, "topics": grown.topics,
        "lessons": grown.lessons, "rows": len(used),
    }  # fmt: skip
    body = used.tobytes() + grown.learned.bias.tobytes() + deltas.tobytes()
    return msgspec.msgpack.encode([head, zlib.compress(body)])


def unpack(data: bytes, model: Model) -> Grown:
    """What `pack` kept. Raises ModelRefused when it was learned on top of another model."""
    head, body = msgspec.msgpack.decode(data)
    if (head["model"], head["bits"], head["columns"]) != (model.name, model.bits, model.columns):
        raise ModelRefused(
            f"this was learned on top of {head['model']}, not of {model.name}; replay the corrections"
        )
    raw, rows, wide = zlib.decompress(body), head["rows"], head["columns"] + len(head["topics"])
    used = np.frombuffer(raw, np.int32, rows)
    bias = np.frombuffer(raw, np.float32, wide, 4 * rows).copy()
    deltas = np.frombuffer(raw, np.float16, rows * wide, 4 * rows + 4 * wide).reshape(rows, wide)
    where = np.full(1 << model.bits, -1, np.int32)
    where[used] = np.arange(rows, dtype=np.int32)
    return Grown(Learned(where, deltas.astype(np.float32), bias), tuple(head["topics"]), head["lessons"])
