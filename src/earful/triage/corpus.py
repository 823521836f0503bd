"""The labelled corpus: one TSV file an industry, in the labels of `docs/reference/labels.md`.

`\\n` in a text stands for a line break; `-` for an empty list, and for a relevance that nobody labelled.
"""

import csv
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

Kind = Literal["complaint", "question", "request", "praise", "suggestion", "other"]
Sentiment = Literal["negative", "neutral", "positive"]
Topic = Literal[
    "delivery", "billing", "defect", "staff", "app_or_site", "outage",
    "returns", "account_access", "price", "safety", "other",
]  # fmt: skip
TriedChannel = Literal["phone", "email", "chat", "store", "social", "website", "other"]
Abuse = Literal["threat", "hate", "spam", "bot", "copypasta"]
_LISTS = ("tried", "abuse")
NOT_LABELLED = "-"


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message and what a careful reader says of it. `brand` is whose desk reads it."""

    text: str
    industry: str
    language: str
    kind: Kind
    sentiment: Sentiment
    topic: Topic
    severity: Literal["0", "1", "2", "3", "4"]
    urgency: Literal["none", "soon", "now"]
    wants: Literal["help", "answer", "heard", "nothing"]
    churn: Literal["0", "1", "2"]
    tried: tuple[TriedChannel, ...] = ()
    abuse: tuple[Abuse, ...] = ()
    relevance: Literal["0", "0.2", "0.5", "1", "-"] = "-"
    brand: str = ""


class CorpusError(ValueError):
    """A file or a line that is not in the corpus' form; names both."""


def read_corpus(folder: Path) -> list[Example]:
    """All examples of all files, in the order of their names. Raises CorpusError."""
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        raise CorpusError(f"{folder} holds no .tsv file of the corpus")
    return [example for path in paths for example in read_file(path)]


def read_file(path: Path) -> list[Example]:
    """The examples of one industry. Raises CorpusError, naming file and line."""
    return [_example(row, path, line) for line, row in read_rows(path)]


def read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a tab-separated file with their line numbers. Raises CorpusError."""
    rows: list[tuple[int, dict[str, str]]] = []
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(lines, [])
        for number, cells in enumerate(lines, 2):
            if len(cells) != len(header):
                raise CorpusError(
                    f"{path.name}, line {number}: {len(cells)} columns instead of {len(header)}"
                )
            rows.append((number, dict(zip(header, cells, strict=True))))
    return rows


def _example(row: dict[str, str], path: Path, line: int) -> Example:
    fields: dict[str, object] = dict(row)
    for name in _LISTS:
        fields[name] = () if row.get(name) == "-" else tuple(row.get(name, "").split(","))
    fields["text"] = row.get("text", "").replace("\\n", "\n")
    try:
        return msgspec.convert(fields | {"industry": path.stem}, type=Example)
    except msgspec.ValidationError as error:
        raise CorpusError(f"{path.name}, line {line}: {error}") from error
