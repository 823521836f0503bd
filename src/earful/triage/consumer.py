"""Rates every message that arrives: reads the log, rates in batches, keeps ratings with their reasons."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from earful.log.contract import Event, NewEvent
from earful.model.message import PRIVATE, Actor, MessageKind
from earful.model.rating import Rating
from earful.model.time import Instant
from earful.store.tables import channels, messages, ratings
from earful.store.tx import Row, Tx
from earful.triage.rate import Triage
from earful.triage.subject import Subject

RATED = "message.rated"
ADDRESSED = frozenset(
    {
        MessageKind.MENTION,
        MessageKind.REPLY,
        MessageKind.DM,
        MessageKind.EMAIL,
        MessageKind.SMS,
        MessageKind.CALL,
        MessageKind.VOICEMAIL,
        MessageKind.CHAT,
        MessageKind.REVIEW,
        MessageKind.VISIT,
    }
)
"""Kinds that only exist because somebody turned to us."""

_BATCH = (
    select(
        messages.c.id,
        messages.c.text,
        messages.c.subject,
        messages.c.kind,
        messages.c.direction,
        messages.c.visibility,
        messages.c.author,
        messages.c.data,
        messages.c.occurred_at,
        messages.c.deleted_at,
        channels.c.network,
    )
    .join(channels, channels.c.id == messages.c.channel_id)
    .where(messages.c.id.in_(bindparam("ids", expanding=True)))
)
_author = msgspec.json.Decoder(Actor)


class _Data(Struct):
    metrics: dict[str, int] = {}
    language: str = ""


_data = msgspec.json.Decoder(_Data)
_encode = msgspec.json.Encoder().encode
_COLUMNS = (
    "message_id", "model", "kind", "sentiment", "topic", "severity", "urgency", "priority", "relevance",
    "data", "rated_at",
)  # fmt: skip


class TriageConsumer:
    """Rates what customers say. Our own messages and tombstones pass without a rating."""

    name = "triage"
    types = frozenset({"message.received", "message.edited", "message.deleted"})

    def __init__(self, triage: Triage) -> None:
        self._triage = triage

    def prepare(self, tx: Tx, events: list[Event]) -> list[tuple[str, Rating]]:
        """Rate the messages as they now are."""
        now = max(event.at for event in events)
        rows = tx.rows(_BATCH, {"ids": list(dict.fromkeys(event.subject for event in events))})
        said = [row for row in rows if row["direction"] == "inbound" and row["deleted_at"] is None]
        rated = self._triage.rate([subject_of(row, now) for row in said])
        return [(row["id"], rating) for row, rating in zip(said, rated, strict=True)]

    def apply(
        self, tx: Tx, events: list[Event], prepared: list[tuple[str, Rating]], now: Instant
    ) -> list[NewEvent]:
        """Keep the ratings; every message of the batch goes on, rated or not."""
        ids = list(dict.fromkeys(event.subject for event in events))
        rated = {message_id for message_id, _ in prepared}
        gone = [message_id for message_id in ids if message_id not in rated]
        if gone:
            tx.execute(
                delete(ratings).where(ratings.c.message_id.in_(bindparam("ids", expanding=True))),
                {"ids": gone},
            )
        if prepared:
            upsert = postgresql.insert if tx.is_postgresql else sqlite.insert
            statement = upsert(ratings)
            changes: dict[str, Any] = {
                name: getattr(statement.excluded, name) for name in _COLUMNS if name != "message_id"
            }
            tx.execute(
                statement.on_conflict_do_update(index_elements=[ratings.c.message_id], set_=changes),
                [_row(message_id, rating, now) for message_id, rating in prepared],
            )
        return [NewEvent(type=RATED, subject=message_id, at=now) for message_id in ids]


def subject_of(row: Row, now: int) -> Subject:
    """A stored message as triage is given it."""
    author, data = _author.decode(row["author"]), _data.decode(row["data"])
    return Subject(
        text=f"{row['subject']}\n{row['text']}" if row["subject"] else row["text"],
        network=row["network"],
        visibility=row["visibility"],
        author_handle=author.handle,
        followers=author.followers,
        reactions=data.metrics,
        age_ms=now - row["occurred_at"],
        language=data.language,
        addressed=row["kind"] in ADDRESSED or row["visibility"] in PRIVATE,
        in_reply_to_us=row["kind"] == MessageKind.REPLY,
    )


def _row(message_id: str, rating: Rating, now: Instant) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "model": rating.model,
        "kind": rating.kind,
        "sentiment": rating.sentiment,
        "topic": rating.topic,
        "severity": rating.severity,
        "urgency": rating.urgency,
        "priority": rating.priority,
        "relevance": rating.relevance,
        "data": _encode(rating).decode(),
        "rated_at": now,
    }
