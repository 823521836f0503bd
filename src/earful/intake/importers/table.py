"""CSV with a header line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from earful.intake.importers.contract import Item
from earful.intake.importers.shapes import from_columns

FIELD_LIMIT = 1_048_576


def read(path: str) -> Iterator[Item]:
    """Every row of a CSV file; comma, semicolon and tab are told apart by the header."""
    csv.field_size_limit(FIELD_LIMIT)
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        file.seek(0)
        mark = max((",", ";", "\t"), key=header.count)
        rows = csv.DictReader(file, delimiter=mark, restkey="more columns than the header")
        end = 0
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Item(line=line, end=end, fault=f"not valid CSV: {error}")
                continue
            end += sum(len(str(value)) + 1 for value in row.values())
            try:
                if "more columns than the header" in row:
                    raise ValueError("more columns than the header names")
                values = {
                    name: value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                    for name, value in row.items()
                    if isinstance(value, str)
                }
                yield Item(line=line, end=end, message=from_columns(values))
            except ValueError as error:
                yield Item(line=line, end=end, fault=str(error))
