"""A model's file: what is written is read, and what was changed is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from earful.triage.model import FORMAT, MAGIC, Head, Model, ModelRefused, load_model, quantise, save
from earful.triage.rate import WEIGHTS, shipped


def small() -> Model:
    weights = np.zeros((1 << 8, 3), np.float32)
    weights[[3, 77]] = [[1, -2, 0.5], [0, 0.25, -4]]
    table, index, scales = quantise(weights)
    return Model(
        name="small", bits=8, runs=0.5, heads=(Head(name="label", labels=("a", "b", "c")),), table=table, index=index,
        scales=scales, bias=np.array([0.1, 0.2, 0.3], np.float32), about={"texts": 2},
    )  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    save(small(), tmp_path / "m.model")
    read = load_model(tmp_path / "m.model")
    assert read.heads == small().heads
    assert read.about == {"texts": 2}
    assert np.array_equal(read.table, small().table)
    assert np.array_equal(read.index, small().index)
    assert np.array_equal(read.bias, small().bias)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda _data: b"", "not a model"),
        (lambda _data: b"id,text\n1,hello\n", "not a model"),
        (lambda data: data[:-1], "checksum"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
        (lambda data: data[: len(MAGIC) + 20], "cannot be read"),
        (
            lambda data: data.replace(f'"format":{FORMAT}'.encode(), f'"format":{FORMAT - 1}'.encode()),
            "format",
        ),
    ],
)
def test_a_file_that_was_changed_is_refused_by_name(tmp_path: Path, change: object, why: str) -> None:
    path = tmp_path / "mine.model"
    save(small(), path)
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ModelRefused, match=rf"(?s)mine\.model.*{why}"):
        load_model(path)


def test_the_shipped_model_is_small() -> None:
    model = shipped()
    assert model.table.nbytes + model.index.nbytes + model.known.nbytes < 20 * 2**20
    assert WEIGHTS.stat().st_size < 20 * 2**20
