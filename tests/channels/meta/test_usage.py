"""Meta's own counters hold everything back that Meta would refuse."""

import msgspec
import pytest

from earful.channels.kit.budget import Budget, Limit, Priority
from earful.channels.meta.usage import heed
from earful.model.time import Instant

NOW = Instant(1_800_000_000_000)


def budget() -> Budget:
    return Budget("page", [Limit(name="calls", most=1000, seconds=3600)], lambda: NOW)


def test_a_wait_closes_everything() -> None:
    ours = budget()
    told = {"1": [{"call_count": 100, "estimated_time_to_regain_access": 2}, "odd"], "2": "odd"}
    headers = {"x-business-use-case-usage": msgspec.json.encode(told).decode()}
    assert heed(ours, "calls", 1000, headers) == 120
    assert ours.wait("calls", priority=Priority.REPLY) == 120
    assert ours.wait("another") == 120


def test_the_last_of_it_is_kept_for_answers() -> None:
    ours = budget()
    assert (
        heed(ours, "calls", 1000, {"x-app-usage": '{"call_count":20,"total_time":95,"total_cputime":3}'})
        is None
    )
    assert ours.wait("calls", priority=Priority.LIVE) > 0
    assert ours.wait("calls", priority=Priority.REPLY) == 0


@pytest.mark.parametrize(
    "value", ["", "null", "[]", "{", '{"call_count":"many"}', '{"1":{"call_count":100}}']
)
def test_counters_of_another_shape_are_passed_over(value: str) -> None:
    ours = budget()
    assert heed(ours, "calls", 1000, {"x-app-usage": value, "x-business-use-case-usage": value}) is None
    assert ours.wait("calls") == 0
