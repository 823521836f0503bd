"""The benchmarks run end to end at a tiny size, and their report keeps its shape."""

import asyncio

import msgspec
import pytest

from earful.bench import run
from earful.bench.report import Figure, number, percentile


@pytest.fixture(scope="module")
def report() -> dict[str, object]:
    only = ["webhooks", "pipeline"]
    found = asyncio.run(run.everything(only=only, size="tiny", say=lambda _: None))
    assert "accepted and durable" in run.as_table(found)
    decoded: dict[str, object] = msgspec.json.decode(msgspec.json.encode(found))
    return decoded


def test_names_the_machine(report: dict[str, object]) -> None:
    machine = report["machine"]
    assert isinstance(machine, dict)
    assert machine["cores"] >= 1
    for name in ("cpu", "kernel", "python", "sqlite", "postgresql", "date"):
        assert machine[name], name
    assert {"load_before", "load_after", "memory_gib"} <= machine.keys()


def test_puts_each_figure_beside_its_bar(report: dict[str, object]) -> None:
    results = report["results"]
    assert isinstance(results, list)
    assert {result["figure"]["benchmark"] for result in results} == {"webhooks", "pipeline"}
    for result in results:
        figure = result["figure"]
        assert {"what", "value", "unit", "bar", "note"} <= figure.keys()
        assert result["passed"] in (True, False) or figure["bar"] is None


def test_loses_and_doubles_nothing(report: dict[str, object]) -> None:
    results = report["results"]
    assert isinstance(results, list)
    values = {result["figure"]["what"]: result["figure"]["value"] for result in results}
    assert values["acknowledged but missing or double"] == 0
    assert values["messages never told to the open page"] == 0


def test_refuses_a_name_that_it_does_not_know() -> None:
    with pytest.raises(run.UnknownBenchmark, match="choose of webhooks"):
        asyncio.run(run.everything(only=["speed"], size="tiny"))


def test_a_floor_is_met_from_above_and_a_ceiling_from_below() -> None:
    floor = Figure(benchmark="b", what="w", value=10, unit="", bar=10, at_least=True)
    ceiling = Figure(benchmark="b", what="w", value=10, unit="", bar=10)
    assert floor.passed is True
    assert ceiling.passed is False
    assert Figure(benchmark="b", what="w", value=10, unit="").passed is None


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 51.0), (0.95, 96.0), (1.0, 100.0)])
def test_percentile_is_a_measured_value(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(1, 101)], share) == expected


@pytest.mark.parametrize(
    ("value", "words"), [(16245.4, "16,245"), (0.128, "0.128"), (3.0, "3"), (42.56, "42.6")]
)
def test_numbers_have_as_many_digits_as_mean_something(value: float, words: str) -> None:
    assert number(value) == words
