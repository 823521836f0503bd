"""A multinomial log-linear model with one sparse table for all heads, scored in pure Python.

A head's probabilities are softmax((bias + sum of the weights of the features present) / temperature); the
temperature makes them mean what they say (Guo et al., On Calibration of Modern Neural Networks, 2017).
"""

import hashlib
import math
import struct
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Raw, Struct

FORMAT = 1
SCALE = 100
"""Weights are stored as whole hundredths."""
STRONG = 15
"""Hundredths from which a push is worth showing as a reason."""
_OFFSET = 1 << 12
"""Above the size of any weight; 32 bits a column then hold a million features."""


class WeightsRefused(ValueError):
    """Weights that are not what they say they are; the message names the file and the reason."""


class Head(Struct, frozen=True):
    """One question that the model answers."""

    name: str
    labels: tuple[str, ...]
    temperature: float
    threshold: float
    """Under this top probability the answer is `unsure`."""


class Body(Struct, frozen=True):
    """Heads, and for each feature its weight for every label of every head in turn, in whole hundredths."""

    heads: tuple[Head, ...]
    table: dict[str, tuple[int, ...]]


class Container(Struct, frozen=True):
    """The file: `sha256` is over the bytes of `body` as they stand."""

    format: int
    name: str
    sha256: str
    body: Raw


class Answer(Struct, frozen=True):
    """One head's answer: probabilities in the order of its labels."""

    head: Head
    column: int
    """The column of the top label in the weights table."""
    probabilities: list[float]
    label: str
    p: float
    sure: bool


class Model:
    """Immutable after construction."""

    def __init__(self, name: str, body: Body) -> None:
        self.name = name
        self.heads = body.heads
        self._bounds: list[tuple[Head, int, int]] = []
        width = 0
        for head in body.heads:
            self._bounds.append((head, width, width + len(head.labels)))
            width += len(head.labels)
        self._width = width
        self.table = body.table
        """Feature to its push towards each column, in hundredths."""
        self.strong: list[dict[str, int]] = [
            {feature: row[column] for feature, row in body.table.items() if row[column] >= STRONG}
            for column in range(width)
        ]
        """For each column, the features that push towards it strongly enough to be named, and how far."""
        # All columns of a feature side by side in one whole number, so that scoring is one addition a feature
        # instead of one a label: a quarter of the time. The offset keeps each column above zero.
        self._columns = struct.Struct(f"<{width}I")
        self._packed = {
            feature: int.from_bytes(self._columns.pack(*(weight + _OFFSET for weight in row)), "little")
            for feature, row in body.table.items()
        }

    def answer(self, features: Mapping[str, int]) -> dict[str, Answer]:
        """The answer of each head. A text of which the model knows no word gets answers that are not sure."""
        packed = self._packed
        known = [feature for feature in features if feature in packed]
        total = sum([packed[feature] for feature in known])
        lift = _OFFSET * len(known)
        scores = [
            column - lift for column in self._columns.unpack(total.to_bytes(self._columns.size, "little"))
        ]
        meant = any(feature[0] != "*" for feature in known)
        answers: dict[str, Answer] = {}
        for head, start, end in self._bounds:
            probabilities = softmax(scores[start:end], head.temperature * SCALE)
            p = max(probabilities)
            top = probabilities.index(p)
            sure = meant and p >= head.threshold
            answers[head.name] = Answer(head, start + top, probabilities, head.labels[top], p, sure)
        return answers


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    """Probabilities that sum to 1; `temperature` > 0."""
    top = max(scores)
    exp = math.exp
    powers = [exp((score - top) / temperature) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def pack(name: str, body: Body) -> bytes:
    """The bytes of a weights file."""
    raw = msgspec.json.encode(body)
    digest = hashlib.sha256(raw).hexdigest()
    return msgspec.json.encode(Container(FORMAT, name, digest, Raw(raw)))


def unpack(data: bytes, source: str) -> Model:
    """Read and check a weights file. Raises WeightsRefused, naming `source`."""
    try:
        container = msgspec.json.decode(data, type=Container)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WeightsRefused(f"{source}: not a weights file ({error}); reinstall or train again") from error
    if container.format != FORMAT:
        raise WeightsRefused(f"{source}: format {container.format}, but this version reads format {FORMAT}")
    if hashlib.sha256(container.body).hexdigest() != container.sha256:
        raise WeightsRefused(f"{source}: the checksum does not match; the file was changed or cut short")
    try:
        body = msgspec.json.decode(container.body, type=Body)
    except msgspec.DecodeError as error:
        raise WeightsRefused(f"{source}: the weights have another shape ({error})") from error
    width = sum(len(head.labels) for head in body.heads)
    for feature, row in body.table.items():
        if len(row) != width or max(map(abs, row), default=0) >= _OFFSET:
            raise WeightsRefused(f"{source}: the weights of {feature!r} do not fit its {width} labels")
    return Model(container.name, body)
