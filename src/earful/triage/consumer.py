"""Rates every message that arrives: reads the log, rates in batches, keeps ratings with their reasons."""

from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from earful.log.contract import Event, NewEvent
from earful.model.message import PRIVATE, Actor, MessageKind
from earful.model.rating import Rating
from earful.model.time import Instant
from earful.store import bulk
from earful.store.tx import Row, Tx
from earful.triage import guidance
from earful.triage.corrections import corrected
from earful.triage.priority import DEFAULT
from earful.triage.rate import Triage
from earful.triage.record import Apart, Here, Record, Recorder, record_of
from earful.triage.subject import Brand, Subject

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
_rating = msgspec.json.Decoder(Rating)
_COLUMNS = (
    "message_id", "model", "kind", "sentiment", "topic", "severity", "urgency", "priority", "relevance",
    "data", "machine", "rated_at",
)  # fmt: skip


class TriageConsumer:
    """Rates what customers say. Our own messages and tombstones pass without a rating.

    Weights, brand and corrections of the desk hold from the next batch on, without a restart.
    """

    name = "triage"
    types = frozenset({"message.received", "message.edited", "message.deleted"})

    def __init__(
        self,
        triage: Triage,
        recorder: Recorder | None = None,
        *,
        brand: Brand | None = None,
        look: Callable[[Tx], Brand] | None = None,
        make: Callable[[Brand], Recorder] = Apart,
    ) -> None:
        """`look` reads the brand in force; where it is no longer `brand`, `make` gives a new recorder."""
        self._recorder = recorder or Here(triage)
        self._brand = brand
        self._look = look
        self._make = make

    def prepare(self, tx: Tx, events: list[Event]) -> list[tuple[str, Record]]:
        """Rate the messages as they now are."""
        self._reload(tx)
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
        bulk.upsert(tx, "ratings", _COLUMNS, _rows(tx, prepared, now), ("message_id",))
        return [NewEvent(type=RATED, subject=message_id, at=now) for message_id in ids]

    def _reload(self, tx: Tx) -> None:
        brand = self._look(tx) if self._look is not None else self._brand
        if brand is None or brand == self._brand:
            return
        old, self._recorder, self._brand = self._recorder, self._make(brand), brand
        if isinstance(old, Apart) and old.child is not None and old.child.stdin is not None:
            # Its input ends, and so does it.
            old.child.stdin.close()
            old.child.wait()


def _rows(tx: Tx, prepared: list[tuple[str, Record]], now: Instant) -> list[tuple[object, ...]]:
    """Rows of ratings: as rated, unless people weigh otherwise or know better."""
    ids = [message_id for message_id, _ in prepared]
    guidance.hold(tx, ids)
    weights, changes = guidance.weights(tx), guidance.changes(tx, ids)
    rows: list[tuple[object, ...]] = []
    for message_id, record in prepared:
        standing = changes.get(message_id, [])
        if not standing and weights == DEFAULT:
            rows.append((message_id, *astuple(record), None, now))
            continue
        rating = record_of(corrected(_rating.decode(record.data), standing, weights))
        rows.append((message_id, *astuple(rating), record.data if standing else None, now))
    return rows


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
