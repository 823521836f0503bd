"""Whether a request has the shape that a network published: fields, their types, and which must be there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Shape = type | re.Pattern[str] | tuple[Any, ...] | list[Any] | Mapping[str, Any]
"""A type, a pattern for text, a choice of values, a list of one shape, or an object: names with `!` must be there."""


def problems(value: Any, shape: Shape, where: str = "") -> Iterator[str]:
    """What is wrong with a value, each in a few words."""
    if isinstance(shape, Mapping):
        yield from _object(value, shape, where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where or 'it'} is no list"
            return
        for number, one in enumerate(value):
            yield from problems(one, shape[0], f"{where}[{number}]")
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            yield f"{where} is not as {shape.pattern} has it"
    elif isinstance(shape, tuple):
        if value not in shape:
            yield f"{where} is none of {', '.join(map(str, shape))}"
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        yield f"{where} is no {shape.__name__}"


def _object(value: Any, shape: Mapping[str, Any], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where or 'it'} is no object"
        return
    inside = f"{where}." if where else ""
    known = {name.rstrip("!"): one for name, one in shape.items()}
    for name in value.keys() - known.keys():
        yield f"there is no {inside}{name}"
    for name, one in shape.items():
        plain = name.rstrip("!")
        if plain in value:
            yield from problems(value[plain], one, f"{inside}{plain}")
        elif name.endswith("!"):
            yield f"{inside}{plain} is missing"


def listed(*allowed: str) -> re.Pattern[str]:
    """Values with commas between."""
    one = "|".join(map(re.escape, allowed))
    return re.compile(f"(?:{one})(?:,(?:{one}))*")
