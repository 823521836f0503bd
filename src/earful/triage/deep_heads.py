"""Our heads for the second stage, and the file they live in.

The file is a NumPy archive without pickled objects: a JSON header with a checksum, and the two layers of the heads. It
holds no weights of the encoder; the header names the one that it was made for by its checksum.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage.fit import softmax
from earful.triage.labels import HEADS
from earful.triage.model import Head, ModelRefused, bounds_of

FORMAT = 1
CONFIDENCES = 101
"""How many steps of confidence a model remembers: one for each hundredth of the messages."""
_LEAST, _MOST = np.float32(1e-9), np.float32(60)
_HEADER = "header"
_ARRAYS: dict[str, type[np.floating[Any]]] = {
    "mean": np.float32, "scale": np.float32, "inner": np.float16, "inner_bias": np.float16, "outer": np.float16,
    "outer_bias": np.float16,
}  # fmt: skip
Floats = NDArray[np.float32]


class DeepModel(Struct, frozen=True, kw_only=True):
    """Heads over pooled states of an encoder.

    `layers` says which of its states are pooled, one after the other: 0 are the embeddings. Pooled states lose
    `mean` and are multiplied by `scale`; `inner[state, unit]` and `outer[unit, column]` follow, columns as those of the
    fast model. `confidences` are those of the fast model on held-out messages, a step for each hundredth of them, so
    that a share can be turned into a limit. `blend[head]` is the temperature of the average of both stages, which
    without it is less sure than it is right (Rahaman and Thiery, 2021).
    """

    name: str
    encoder: str
    layers: tuple[int, ...]
    heads: tuple[Head, ...]
    mean: Floats
    scale: Floats
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats
    confidences: tuple[float, ...]
    blend: tuple[float, ...]
    about: dict[str, Any] = {}

    def probabilities(self, pooled: Floats) -> Floats:
        """Calibrated `[text, column]` from `[text, state]`."""
        inner = (pooled - self.mean) * self.scale @ self.inner + self.inner_bias
        return calibrated(np.maximum(inner, 0) @ self.outer + self.outer_bias, self.heads)

    def averaged(self, fast: Floats, deep: Floats) -> Floats:
        """What both stages say together, `[text, column]`."""
        return blended(mean_of(fast, deep), self.heads, self.blend)

    def limit(self, share: float) -> float:
        """The confidence under which this share (0-1) of held-out messages was; a share of 1 is all there can be."""
        if not 0 < share < 1:
            return -1.0 if share <= 0 else 2.0
        return float(np.interp(share, np.linspace(0, 1, CONFIDENCES), self.confidences))


class _Header(Struct, frozen=True, kw_only=True):
    format: int
    name: str
    sha256: str
    encoder: str
    layers: tuple[int, ...]
    heads: tuple[Head, ...]
    confidences: tuple[float, ...]
    blend: tuple[float, ...]
    about: dict[str, Any] = {}


class _Format(Struct):
    format: int


def calibrated(values: Floats, heads: tuple[Head, ...]) -> Floats:
    """Scores as probabilities: each head at its temperature, labels that stand alone each for itself."""
    out = np.empty_like(values)
    for head, (first, end, alone, _) in zip(heads, bounds_of(heads).tolist(), strict=True):
        part = values[:, first:end]
        out[:, first:end] = (
            1 / (1 + np.exp(np.minimum(-part / head.heat, _MOST))) if alone else softmax(part, head.heat)
        )
    return out


def mean_of(fast: Floats, deep: Floats) -> Floats:
    """Each stage counts as much as the other."""
    return np.asarray((fast + deep) / 2, np.float32)


def blended(mean: Floats, heads: tuple[Head, ...], heats: Sequence[float]) -> Floats:
    """Averaged probabilities at each head's temperature; labels that stand alone stay as they are."""
    out = mean.copy()
    for (first, end, alone, _), heat in zip(bounds_of(heads).tolist(), heats, strict=True):
        if not alone:
            out[:, first:end] = softmax(np.log(np.maximum(mean[:, first:end], _LEAST)), heat)
    return out


def save(model: DeepModel, path: Path) -> None:
    """Write a model's file; the same model gives the same bytes."""
    arrays = {name: getattr(model, name).astype(kind) for name, kind in _ARRAYS.items()}
    header = _Header(
        format=FORMAT, name=model.name, sha256=_checksum(arrays), encoder=model.encoder, layers=model.layers,
        heads=model.heads, confidences=model.confidences, blend=model.blend, about=model.about,
    )  # fmt: skip
    with path.open("wb") as file:
        written: dict[str, Any] = {_HEADER: np.frombuffer(msgspec.json.encode(header), np.uint8), **arrays}
        np.savez_compressed(file, **written)


def load_deep(path: Path) -> DeepModel:
    """Read and check a model's file. Raises ModelRefused, naming the file, and OSError when it cannot be read."""
    return read_deep(path.read_bytes(), path.name)


def read_deep(data: bytes, source: str) -> DeepModel:
    """See `load_deep`; `source` is what errors call it."""
    try:
        with np.load(BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelRefused(
            f"{source} is not heads of the second stage, or was cut ({error}); get it again"
        ) from error
    if _HEADER not in arrays:
        raise ModelRefused(
            f"{source} is not heads of the second stage; train them with earful.triage.deep_ship"
        )
    raw = arrays.pop(_HEADER).tobytes()
    try:
        kind = msgspec.json.decode(raw, type=_Format)
        if kind.format != FORMAT:
            raise ModelRefused(
                f"{source} has format {kind.format}, and this version reads {FORMAT}: train it again"
            )
        header = msgspec.json.decode(raw, type=_Header)
    except msgspec.DecodeError as error:
        raise ModelRefused(f"{source}: its header cannot be read ({error}); it was changed") from error
    if set(_ARRAYS) != set(arrays) or _checksum(arrays) != header.sha256:
        raise ModelRefused(
            f"{source}: the checksum does not match; the file was cut or changed, get it again"
        )
    if [(head.name, head.labels) for head in header.heads] != [(head.name, head.labels) for head in HEADS]:
        raise ModelRefused(f"{source}: its labels are not those of this version; train it again")
    return DeepModel(
        name=header.name, encoder=header.encoder, layers=header.layers, heads=header.heads,
        confidences=header.confidences, blend=header.blend, about=header.about,
        **{name: arrays[name].astype(np.float32) for name in _ARRAYS},
    )  # fmt: skip


def _checksum(arrays: dict[str, NDArray[Any]]) -> str:
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.shape} {array.dtype.str}\n".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
