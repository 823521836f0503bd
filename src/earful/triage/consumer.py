"""Rates every message that arrives: reads the log, rates in batches, keeps ratings with their reasons."""

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from earful.log.contract import Event, NewEvent
from earful.model.message import PRIVATE, Actor, MessageKind
from earful.model.time import Instant
from earful.store import bulk
from earful.store.tx import Row, Tx
from earful.triage.rate import Triage
from earful.triage.record import Here, Record, Recorder
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
    "SELECT messages.id, messages.text, messages.subject, messages.kind, messages.direction,\n"
    "  messages.visibility, messages.author, messages.data, messages.occurred_at, messages.deleted_at,\n"
    "  channels.network\n"
    "FROM messages\n"
    "JOIN channels ON channels.id = messages.channel_id\n"
    "WHERE messages.id IN ??"
)
_author = msgspec.json.Decoder(Actor)


class _Data(Struct):
    metrics: dict[str, int] = {}
    language: str = ""


_data = msgspec.json.Decoder(_Data)
_COLUMNS = (
    "message_id", "model", "kind", "sentiment", "topic", "severity", "urgency", "priority", "relevance",
    "data", "rated_at",
)  # fmt: skip


class TriageConsumer:
    """Rates what customers say. Our own messages and tombstones pass without a rating."""

    name = "triage"
    types = frozenset({"message.received", "message.edited", "message.deleted"})

    def __init__(self, triage: Triage, recorder: Recorder | None = None) -> None:
        self._recorder = recorder or Here(triage)

    def prepare(self, tx: Tx, events: list[Event]) -> list[tuple[str, Record]]:
        """Rate the messages as they now are."""
        now = max(event.at for event in events)
        rows = bulk.select(tx, _BATCH, [list(dict.fromkeys(event.subject for event in events))])
        said = [row for row in rows if row["direction"] == "inbound" and row["deleted_at"] is None]
        rated = self._recorder.record([subject_of(row, now) for row in said])
        return [(row["id"], rating) for row, rating in zip(said, rated, strict=True)]

    def apply(
        self, tx: Tx, events: list[Event], prepared: list[tuple[str, Record]], now: Instant
    ) -> list[NewEvent]:
        """Keep the ratings; every message of the batch goes on, rated or not."""
        ids = list(dict.fromkeys(event.subject for event in events))
        rated = {message_id for message_id, _ in prepared}
        gone = [message_id for message_id in ids if message_id not in rated]
        if gone:
            bulk.run(tx, "DELETE FROM ratings WHERE message_id IN ??", [gone])
        rows = [(message_id, *astuple(rating), now) for message_id, rating in prepared]
        bulk.upsert(tx, "ratings", _COLUMNS, rows, ("message_id",))
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
