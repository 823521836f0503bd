"""Weights that a desk chooses: for every rating the sum stays exact and reach stays below severity."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from earful.model.rating import SENTIMENTS, UNSURE, URGENCIES, WANTS
from earful.triage.priority import DEFAULT, SUM, Parts, Weights, explained, points, problem, total

audiences = st.floats(0, 1e9)


@st.composite
def usable(draw: st.DrawFn) -> Weights:
    """Weights that are allowed, near the limits and far from them."""
    first, *steps = (draw(st.integers(0, 3)), *(draw(st.integers(1, 16)) for _ in range(4)))
    levels = [first]
    for step in steps:
        levels.append(levels[-1] + step)
    soon = draw(st.integers(0, 12))
    tried = draw(st.integers(0, 12))
    weights = Weights(
        severity=tuple(levels),  # type: ignore[arg-type]
        soon=soon,
        now=soon + draw(st.integers(0, 8)),
        tried_first=draw(st.integers(0, tried)),
        tried_more=draw(st.integers(0, 5)),
        tried=tried,
        churn=draw(st.integers(0, 9)),
        negative=draw(st.integers(0, 9)),
        help=draw(st.integers(0, 9)),
        answer=draw(st.integers(0, 9)),
        reach=draw(st.integers(0, min(steps) - 1)),
    )
    assume(weights.together <= SUM)
    assert problem(weights) is None
    return weights


parts = st.builds(
    Parts,
    severity=st.integers(0, 4),
    urgency=st.sampled_from([*URGENCIES, UNSURE]),
    tried=st.integers(0, 7),
    churn_risk=st.floats(0, 1),
    sentiment=st.sampled_from([*SENTIMENTS, UNSURE]),
    wants=st.sampled_from([*WANTS, UNSURE]),
    relevance=st.floats(0, 1),
    reach=audiences,
)


@given(parts, usable())
def test_contributions_sum_to_the_priority_which_fits(one: Parts, weights: Weights) -> None:
    value, reasons = explained(one, weights)
    assert 0 <= value <= SUM
    assert value == sum(reason.weight for reason in reasons) == total(one, weights)


@given(parts, audiences, usable())
def test_reach_changes_nothing_but_its_own_points(one: Parts, audience: float, weights: Weights) -> None:
    def others(given: Parts) -> list[tuple[str, float]]:
        reasons = explained(given, weights)[1]
        return [(reason.because, reason.weight) for reason in reasons if "seen by many" not in reason.because]

    assert others(one) == others(replace(one, reach=audience))
    gap = abs(total(one, weights) - total(replace(one, reach=audience), weights))
    assert gap <= weights.reach


@given(parts, st.integers(0, 4), audiences, usable())
def test_reach_never_lifts_over_a_higher_severity(
    one: Parts, severity: int, audience: float, weights: Weights
) -> None:
    low, high = sorted((one.severity, severity))
    assume(low < high)
    famous = replace(one, severity=low, reach=audience)
    nobody = replace(one, severity=high, reach=0.0)
    assert total(famous, weights) <= total(nobody, weights)
    if one.relevance >= 0.5:
        assert total(famous, weights) < total(nobody, weights)


@given(parts)
def test_the_defaults_are_what_was_always_given(one: Parts) -> None:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    assert points(**fields) == explained(one, DEFAULT)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(DEFAULT, negative=-1), "less than nothing"),
        (replace(DEFAULT, severity=(0, 20, 10, 30, 40)), "higher severity"),
        (replace(DEFAULT, reach=14), "at most 13"),
        (replace(DEFAULT, severity=(0, 14, 14, 42, 56)), "at most 0"),
        (replace(DEFAULT, soon=17), "happen now"),
        (replace(DEFAULT, tried_first=9), "failed channel"),
        (replace(DEFAULT, negative=4), "make 101"),
    ],
)
def test_weights_that_cannot_be_used_say_why(wrong: Weights, says: str) -> None:
    assert says in (problem(wrong) or "")


def test_the_defaults_can_be_used() -> None:
    assert problem(DEFAULT) is None
    assert DEFAULT.together == SUM
