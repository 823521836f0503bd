"""Anything that a network might send by mistake: JSON of any shape, with names that parsers look for."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

_plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


def objects(names: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects in which the given names are common, with values of any type, three deep."""
    name = st.sampled_from(list(names))
    values = _plain
    for _ in range(2):
        values = _plain | st.lists(values, max_size=2) | st.dictionaries(name, values, max_size=3)
    return st.dictionaries(name, values, max_size=5)


few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Enough to find a shape that nobody thought of in many runs; quick in each."""
