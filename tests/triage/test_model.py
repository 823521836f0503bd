"""The model: probabilities, and weights that must be what they say."""

import msgspec
import pytest

from earful.triage.model import Body, Head, WeightsRefused, pack, softmax, unpack

BODY = Body(
    (Head("kind", ("a", "b"), 1.0, 0.6), Head("mood", ("x", "y", "z"), 2.0, 0.0)),
    {"hi": (100, -100, 0, 50, 0), "*bias": (-3, 3, 1, 1, 1)},
)


def test_scores_are_the_sums_of_weights() -> None:
    answers = unpack(pack("m", BODY), "m").answer({"hi": 0, "*bias": -1, "unheard": 1})
    assert answers["kind"].probabilities == pytest.approx(softmax([0.97, -0.97], 1.0))
    assert answers["mood"].probabilities == pytest.approx(softmax([0.01, 0.51, 0.01], 2.0))
    assert (answers["kind"].label, answers["mood"].label) == ("a", "y")
    assert answers["kind"].column == 0
    assert answers["mood"].column == 3


def test_without_a_known_word_no_head_is_sure() -> None:
    model = unpack(pack("m", BODY), "m")
    assert not any(answer.sure for answer in model.answer({"*bias": -1}).values())
    assert not any(answer.sure for answer in model.answer({}).values())


def test_a_low_top_probability_is_not_sure() -> None:
    body = Body((Head("kind", ("a", "b"), 1.0, 0.6),), {"hi": (10, 0)})
    assert not unpack(pack("m", body), "m").answer({"hi": 0})["kind"].sure


def test_a_head_of_high_temperature_is_humble() -> None:
    assert max(softmax([1.0, 0.0], 4.0)) < max(softmax([1.0, 0.0], 1.0))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data: data[:-9], "not a weights file"),
        (lambda data: data.replace(b'"format":1', b'"format":2'), "format 2"),
        (lambda data: data.replace(b"100", b"101"), "checksum"),
        (lambda _: b"\xff", "not a weights file"),
    ],
)
def test_spoiled_weights_are_refused_by_name(spoil, why: str) -> None:
    with pytest.raises(WeightsRefused, match=f"seed.json: .*{why}"):
        unpack(spoil(pack("m", BODY)), "seed.json")


def test_weights_of_the_wrong_width_are_refused() -> None:
    with pytest.raises(WeightsRefused, match="'hi' do not fit"):
        unpack(pack("m", msgspec.structs.replace(BODY, table={"hi": (1,)})), "seed.json")
