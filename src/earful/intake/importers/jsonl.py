"""JSON Lines: one message an object a line, in Earful's own shape or in the common shapes of exports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from earful.intake.importers.contract import Item
from earful.intake.importers.shapes import from_columns
from earful.intake.wire import mended
from earful.model.message import IncomingMessage


def read(path: str) -> Iterator[Item]:
    """Every line of a JSONL file; empty lines are passed over."""
    end = 0
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, start=1):
            end += len(line)
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if text:
                yield _item(text, number, end)


def _item(text: bytes, number: int, end: int) -> Item:
    try:
        values = _decoded(text)
    except ValueError as error:
        return Item(line=number, end=end, fault=f"not valid JSON: {error}")
    if not isinstance(values, dict):
        return Item(line=number, end=end, fault="not a JSON object")
    try:
        if "native_id" in values:
            return Item(line=number, end=end, message=msgspec.convert(values, IncomingMessage))
        return Item(line=number, end=end, message=from_columns(values))
    except (msgspec.ValidationError, ValueError) as error:
        return Item(line=number, end=end, fault=str(error))


def _decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        values = mended(text)
        if values is None:
            raise ValueError(str(error)) from error
        return values
