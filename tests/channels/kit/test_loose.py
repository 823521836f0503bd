"""JSON of which nothing is certain."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.loose import mapping, members, moment, number, word, words
from tests.channels.garbage import objects

AT = datetime(2026, 7, 24, 21, 23, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        1784928203, "1784928203", 1784928203.0, 1784928203000, "1784928203000", 1784928203000000,
        "2026-07-24T21:23:23Z", "2026-07-24T23:23:23+02:00", "2026-07-24T21:23:23.000Z", "2026-07-24T21:23:23",
    ],
)  # fmt: skip
def test_times_in_every_unit(told: Any) -> None:
    assert moment(told) == AT


@pytest.mark.parametrize("told", [None, "", "soon", [], {}, "1e999", 1e300, "9" * 400, float("inf")])
def test_what_is_no_time(told: Any) -> None:
    assert moment(told) is None


def test_ids_come_as_numbers_or_text() -> None:
    assert word({"a": {"b": 12345678901234567890}}, "a", "b") == "12345678901234567890"
    assert word({"a": True}, "a") == word({"a": 1.5}, "a") == word([], "a") == ""
    assert number({"a": "12"}, "a") == 12
    assert number({"a": -1}, "a") is number({"a": "9" * 30}, "a") is None
    assert words({"a": ["x", 1, None, {}]}, "a") == ["x", "1"]


@given(objects(["a", "b"]))
def test_any_path_may_be_asked_for(value: dict[str, Any]) -> None:
    for read in (mapping, members, word, words, number):
        read(value, "a", "b")
    moment(value.get("a"))


@given(st.integers() | st.floats() | st.text())
def test_no_time_is_too_strange(value: Any) -> None:
    moment(value)
