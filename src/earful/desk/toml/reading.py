"""Settings as TOML files: every mistake with its line and column, and values written so that reading gives the same.
Pure."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from earful.desk.toml.places import Spot, nearest, places

_SYNTAX = re.compile(
    r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)
_PLACED = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<place>.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
T = TypeVar("T")


class InvalidFileError(ValueError):
    """A file cannot be used. `lines` name each place and reason; nothing was kept."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("; ".join(self.lines))


def syntax(error: tomllib.TOMLDecodeError, text: str) -> tuple[Spot, str]:
    """Where a text stops being TOML, and why."""
    found = _SYNTAX.match(str(error))
    what = found["what"] if found is not None else str(error)
    line = int(found["line"]) if found is not None and found["line"] else text.rstrip("\n").count("\n") + 1
    column = int(found["column"]) if found is not None and found["column"] else 1
    return Spot(line, column), f"is not TOML: {what}"


def parse(text: str, most: int) -> dict[str, Any]:
    """The data of a TOML text of at most so many bytes. Raises InvalidFileError."""
    if len(text.encode()) > most:
        raise InvalidFileError([f"The file is longer than {most:,} bytes."])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        spot, what = syntax(error, text)
        raise InvalidFileError([f"{spot}: {what}"]) from error


def shaped(data: object, shape: type[T], text: str) -> T:
    """Data in its shape. Raises InvalidFileError, which names where in the text it is not."""
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        found = _PLACED.match(str(error))
        place = (found["place"] or "").lstrip(".") if found is not None else ""
        what = found["what"] if found is not None else str(error)
        unknown = _UNKNOWN.search(what)
        if unknown is not None:
            place = f"{place}.{unknown[1]}".lstrip(".")
        raise located(text, [(place, what)]) from error


def located(text: str, problems: Iterable[tuple[str, str]]) -> InvalidFileError:
    """The error that names (place, what is wrong there) by line and column."""
    found = places(text)
    return InvalidFileError(
        [f"{nearest(found, place)}: {place or 'file'}: {what}" for place, what in problems]
    )


def said(value: Any) -> str:
    """A value as TOML writes it within a line."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{name} = {said(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(said(one) for one in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def when_lines(data: Mapping[str, Any], table: str = "when") -> list[str]:
    """A condition as a table of its own, a test a line."""
    lines = [f"[{table}]"]
    for name, value in data.items():
        if name in ("all", "any") and value:
            lines += [f"{name} = [", *(f"  {said(one)}," for one in value), "]"]
        else:
            lines.append(f"{name} = {said(value)}")
    return lines
