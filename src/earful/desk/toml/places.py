"""Where in a TOML file a value is written: place -> (line, column). Pure.

`tomllib` has read the text before, so what stands here is TOML; this only keeps count of where its keys and values are.
"""

import re

from msgspec import Struct

_HEADER = re.compile(r"\[(\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(
    r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+))*"""
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PLAIN = re.compile(r"[^,\]}#\n]*")


class Spot(Struct, frozen=True):
    """A line and a column, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def places(text: str) -> dict[str, Spot]:
    """Every place of a TOML text, such as `paths[0].steps[2].text`, with where it is written."""
    return _Walk(text).places()


def nearest(found: dict[str, Spot], place: str) -> Spot:
    """Where a place is written, or the nearest thing around it that is."""
    while place and place not in found:
        cut = max(place.rfind("."), place.rfind("["))
        place = place[:cut] if cut > 0 else ""
    return found.get(place, Spot(1, 1))


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[str, Spot] = {}
        self._tables: dict[str, int] = {}

    def places(self) -> dict[str, Spot]:
        base = ""
        while True:
            self._blank()
            if self._at >= len(self._text):
                return self._found
            header = _HEADER.match(self._text, self._at)
            if header is not None and self._text[self._at] == "[":
                base = self._table(header)
                self._at = header.end()
            elif not self._pair(base):
                return self._found

    def _table(self, header: re.Match[str]) -> str:
        base = ""
        names = [one.strip().strip("\"'") for one in header.group(2).split(".")]
        for number, name in enumerate(names, 1):
            base = f"{base}.{name}" if base else name
            if number == len(names) and header.group(1):
                self._tables[base] = self._tables.get(base, -1) + 1
            if base in self._tables:
                base = f"{base}[{self._tables[base]}]"
        self._keep(base, self._at)
        return base

    def _keep(self, place: str, at: int) -> None:
        line = self._text.count("\n", 0, at) + 1
        self._found.setdefault(place, Spot(line, at - (self._text.rfind("\n", 0, at) + 1) + 1))

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at

    def _pair(self, base: str) -> bool:
        """A key and its value; False where none is."""
        key = _KEY.match(self._text, self._at)
        if key is None:
            return False
        name = ".".join(part.strip().strip("\"'") for part in key.group().split("."))
        place = f"{base}.{name}" if base else name
        self._at = key.end()
        self._blank()
        self._at += 1  # the equals sign
        self._blank()
        self._value(place)
        return True

    def _value(self, place: str) -> None:
        self._keep(place, self._at)
        start = self._text[self._at : self._at + 1]
        if start == "[":
            self._at += 1
            self._list(place)
        elif start == "{":
            self._at += 1
            self._inline(place)
        elif start in ("'", '"'):
            self._string(start)
        else:
            found = _PLAIN.match(self._text, self._at)
            self._at = found.end() if found is not None else len(self._text)

    def _list(self, place: str) -> None:
        number = 0
        while True:
            self._blank()
            if self._done("]"):
                return
            self._value(f"{place}[{number}]")
            number += 1
            self._comma()

    def _inline(self, place: str) -> None:
        while True:
            self._blank()
            if self._done("}") or not self._pair(place):
                return
            self._comma()

    def _comma(self) -> None:
        self._blank()
        if self._text[self._at : self._at + 1] == ",":
            self._at += 1

    def _done(self, mark: str) -> bool:
        if self._at >= len(self._text):
            return True
        if self._text[self._at] == mark:
            self._at += 1
            return True
        return False

    def _string(self, quote: str) -> None:
        many = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        at = self._at + len(many)
        while at < len(self._text) and not self._text.startswith(many, at):
            at += 2 if quote == '"' and self._text[at] == "\\" else 1
        at += len(many)
        # Quotes that stand before the closing ones belong to the text.
        while len(many) == 3 and self._text[at : at + 1] == quote:
            at += 1
        self._at = min(at, len(self._text))
