"""`earful export`: everything as JSON Lines, with native ids, parents, conversation and case ids, rating."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Select, select

from earful.model.time import rfc3339
from earful.store.store import Store
from earful.store.tables import cases, channels, conversations, messages, ratings

_encode = msgspec.json.Encoder(order="sorted").encode
AT_ONCE = 2_000
_JSON = frozenset({"author", "data", "rating"})


def _messages() -> Select[Any]:
    return (
        select(
            messages,
            channels.c.name.label("channel"),
            channels.c.network.label("network"),
            ratings.c.data.label("rating"),
        )
        .join(channels, channels.c.id == messages.c.channel_id)
        .join(ratings, ratings.c.message_id == messages.c.id, isouter=True)
        .order_by(messages.c.seq)
    )


def _conversations() -> Select[Any]:
    return (
        select(conversations, channels.c.name.label("channel"), channels.c.network.label("network"))
        .join(channels, channels.c.id == conversations.c.channel_id)
        .order_by(conversations.c.id)
    )


def _cases() -> Select[Any]:
    return select(cases).order_by(cases.c.number)


QUERIES = {"messages": _messages, "conversations": _conversations, "cases": _cases}


def export(store: Store, what: str) -> Iterator[bytes]:
    """The lines of an export, read as one snapshot and in constant memory. `what` is a key of `QUERIES`."""
    with store.engine.connect() as conn:
        found = conn.execution_options(stream_results=True, yield_per=AT_ONCE).execute(QUERIES[what]())
        for row in found:
            yield _encode(_line(dict(row._mapping))) + b"\n"


def _line(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if name.endswith(("_at", "_since", "_until")) and isinstance(value, int):
            row[name] = rfc3339(value)
        elif name in _JSON and value is not None:
            row[name] = msgspec.Raw(value.encode())
    return row
