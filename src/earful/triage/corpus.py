"""The labelled corpus: one JSON object a line, in the labels of `docs/reference/labels.md`."""

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


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message and what a careful reader says of it."""

    text: str
    industry: str
    language: str
    kind: Kind
    sentiment: Sentiment
    topic: Topic
    severity: Literal[0, 1, 2, 3, 4]
    urgency: Literal["none", "soon", "now"]
    wants: Literal["help", "answer", "heard", "nothing"]
    churn: Literal[0, 1, 2]
    abuse: list[str]
    tried_before: list[str]

    def label(self, field: str) -> str:
        """The value of a field, as text."""
        return str(getattr(self, field))


def read(path: Path) -> list[Example]:
    """All examples of a file. Raises ValueError, naming file and line, for the first that is not one."""
    examples: list[Example] = []
    decoder = msgspec.json.Decoder(Example)
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            examples.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise ValueError(f"{path.name}, line {number}: {error}; nothing was read") from error
    return examples
