"""Ratings as they are stored."""

import msgspec
from msgspec import Struct

from earful.model.rating import Rating

_encode = msgspec.json.Encoder().encode


class Record(Struct, frozen=True, array_like=True):
    """A rating as its row has it; `data` is the whole rating as JSON."""

    model: str
    kind: str
    sentiment: str
    topic: str
    severity: int
    urgency: str
    priority: int
    relevance: float
    data: str


def record_of(rating: Rating) -> Record:
    """A rating's row."""
    return Record(
        rating.model,
        rating.kind,
        rating.sentiment,
        rating.topic,
        rating.severity,
        rating.urgency,
        rating.priority,
        rating.relevance,
        _encode(rating).decode(),
    )
