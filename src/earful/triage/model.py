"""A model: one table of weights for all heads, and the file it lives in.

The file is a line of magic, a JSON header with a checksum, and the rows of the table that are not all zero,
compressed. Weights are whole steps of -127 to 127; a column's step is worth `scales[column]`.
"""

import hashlib
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

MAGIC = b"EARFUL MODEL\n"
FORMAT = 3
_COUNT = 8
"""Bytes of the header's length, big endian."""


KNOWN_BITS = 20
"""Slots for known words are 2**KNOWN_BITS; a strange word is taken for one of n words with chance n in a million."""
NOTHING_KNOWN = np.zeros(0, np.bool_)


class ModelRefused(ValueError):
    """A file that is not a model, is of another format, or was changed. Says which file, and what to do."""


class Head(Struct, frozen=True, kw_only=True):
    """One question a model answers.

    `alone`: labels stand each for itself (several or none may hold), else exactly one holds. `heat` is the
    temperature that makes probabilities mean what they say (Guo et al., 2017); under `threshold` (0-1) the answer
    is unsure. `figures` says how it did on held-out data, for the model card.
    """

    name: str
    labels: tuple[str, ...]
    alone: bool = False
    heat: float = 1.0
    threshold: float = 0.0


class _Header(Struct, frozen=True, kw_only=True):
    format: int
    name: str
    sha256: str
    bits: int
    runs: float
    heads: tuple[Head, ...]
    bias: list[float]
    scales: list[float]
    rows: int
    words: int
    about: dict[str, Any] = {}


class Model(Struct, frozen=True, kw_only=True):
    """`table[index[row], column]` for those of 2**`bits` rows that are in use (index -1: all zero); columns are the
    labels of all heads, one after the other.

    `runs` is what runs of characters weigh against words; `known` has a bit for each word that training saw, so that
    a text of strange words can be told (none: every word counts as known); `about` is whatever the trainer wants remembered.
    """

    name: str
    bits: int
    runs: float
    heads: tuple[Head, ...]
    table: NDArray[np.int8]
    index: NDArray[np.int32]
    scales: NDArray[np.float32]
    bias: NDArray[np.float32]
    known: NDArray[np.bool_] = NOTHING_KNOWN
    about: dict[str, Any] = {}

    @property
    def columns(self) -> int:
        """Labels of all heads together."""
        return len(self.bias)

    def bounds(self) -> NDArray[np.int64]:
        """(first column, end, alone, heat in thousandths) of each head."""
        return bounds_of(self.heads)

    def place(self, name: str) -> int:
        """Which head has this name. Raises KeyError."""
        for at, head in enumerate(self.heads):
            if head.name == name:
                return at
        raise KeyError(f"the model {self.name} has no head named {name!r}")


def bounds_of(heads: tuple[Head, ...]) -> NDArray[np.int64]:
    """See `Model.bounds`."""
    rows, first = [], 0
    for head in heads:
        rows.append((first, first + len(head.labels), int(head.alone), round(head.heat * 1000)))
        first += len(head.labels)
    return np.array(rows, np.int64)


def quantise(
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float32]]:
    """`table`, `index` and `scales` of a `Model`: weights as steps of -127 to 127."""
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9).astype(np.float32) / 127
    steps = np.rint(weights / scales).astype(np.int8)
    used = np.flatnonzero(steps.any(axis=1))
    return steps[used], index_of(used, len(steps)), scales


def index_of(used: NDArray[Any], rows: int) -> NDArray[np.int32]:
    """The place of each row among those in use, or -1."""
    index = np.full(rows, -1, np.int32)
    index[used] = np.arange(len(used), dtype=np.int32)
    return index


def save(model: Model, path: Path) -> None:
    """Write a model's file."""
    used = np.flatnonzero(model.index >= 0).astype(np.int32)
    words = np.flatnonzero(model.known).astype(np.int32)
    body = zlib.compress(used.tobytes() + model.table.tobytes() + words.tobytes(), 9)
    header = _Header(
        format=FORMAT,
        name=model.name,
        sha256=hashlib.sha256(body).hexdigest(),
        bits=model.bits,
        runs=model.runs,
        heads=model.heads,
        bias=[float(value) for value in model.bias],
        scales=[float(value) for value in model.scales],
        rows=len(used),
        words=len(words),
        about=model.about,
    )
    head = msgspec.json.encode(header)
    path.write_bytes(MAGIC + len(head).to_bytes(_COUNT, "big") + head + body)


def load_model(path: Path) -> Model:
    """Read and check a model's file. Raises ModelRefused, naming the file, and OSError when it cannot be read."""
    return read_model(path.read_bytes(), path.name)


def read_model(data: bytes, source: str) -> Model:
    """See `load_model`; `source` is what errors call it."""
    start = len(MAGIC) + _COUNT
    if not data.startswith(MAGIC) or len(data) < start:
        raise ModelRefused(f"{source} is not a model of Earful; train one with `earful train`")
    end = start + int.from_bytes(data[len(MAGIC) : start], "big")
    try:
        kind = msgspec.json.decode(data[start:end], type=_Format)
        if kind.format != FORMAT:
            raise ModelRefused(
                f"{source} has format {kind.format}, and this version reads {FORMAT}: train it again"
            )
        header = msgspec.json.decode(data[start:end], type=_Header)
    except msgspec.DecodeError as error:
        raise ModelRefused(f"{source}: its header cannot be read ({error}); it was cut or changed") from error
    body = data[end:]
    if hashlib.sha256(body).hexdigest() != header.sha256:
        raise ModelRefused(
            f"{source}: the checksum does not match; the file was cut or changed, get it again"
        )
    columns = sum(len(head.labels) for head in header.heads)
    raw = zlib.decompress(body)
    fits = len(header.bias) == len(header.scales) == columns and 8 <= header.bits <= 22
    if not fits or len(raw) != header.rows * (4 + columns) + 4 * header.words:
        raise ModelRefused(f"{source}: table and labels do not fit each other; get it again")
    used = np.frombuffer(raw, np.int32, header.rows)
    table = np.frombuffer(raw, np.int8, header.rows * columns, 4 * header.rows).reshape(header.rows, columns)
    known = np.zeros(1 << KNOWN_BITS if header.words else 0, np.bool_)
    known[np.frombuffer(raw, np.int32, header.words, header.rows * (4 + columns))] = True
    return Model(
        name=header.name,
        bits=header.bits,
        runs=header.runs,
        heads=header.heads,
        table=table,
        index=index_of(used, 1 << header.bits),
        scales=np.array(header.scales, np.float32),
        bias=np.array(header.bias, np.float32),
        known=known,
        about=header.about,
    )


class _Format(Struct):
    format: int
