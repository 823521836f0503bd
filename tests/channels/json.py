"""Random JSON: as random as can be, and in the shapes of networks with anything in their fields."""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st

_leaves = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12) | st.sampled_from(["1", "<script>alert(1)</script>", "1700000000", "add", "text"])
)  # fmt: skip
values: st.SearchStrategy[Any] = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def anything() -> st.SearchStrategy[bytes]:
    """Any JSON at all."""
    return values.map(msgspec.json.encode)


def shaped(names: list[str], wrap: Callable[[dict[str, Any]], Any]) -> st.SearchStrategy[bytes]:
    """Objects with some of these names, anything in them, where a network would have them."""
    return st.dictionaries(st.sampled_from(names), values, max_size=6).map(
        lambda inner: msgspec.json.encode(wrap(inner))
    )
