"""Rates every message that arrives: reads the log, rates in batches, keeps ratings with their reasons."""

from collections.abc import Callable
from typing import NamedTuple

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
from earful.triage.alike import Alike
from earful.triage.corrections import corrected
from earful.triage.priority import DEFAULT
from earful.triage.record import Record, record_of
from earful.triage.subject import Brand, Subject, words_of
from earful.triage.workspace import Workspace

RATED, RECEIVED = "message.rated", "message.received"
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
_INHERIT = "UPDATE ratings SET group_id = NULLIF(?, message_id) WHERE group_id = ?"
_author = msgspec.json.Decoder(Actor)


class Rated(NamedTuple):
    """A message with its rating, and the first of its near duplicates if it is not that itself."""

    message_id: str
    record: Record
    group: str | None
    heir: str | None = None
    """The next of its former near duplicates, where an edit made the first of them another message."""


class _Data(Struct):
    metrics: dict[str, int] = {}
    language: str = ""


_data = msgspec.json.Decoder(_Data)
_rating = msgspec.json.Decoder(Rating)
_COLUMNS = (
    "message_id", "model", "kind", "sentiment", "topic", "severity", "urgency", "priority", "relevance",
    "data", "machine", "group_id", "rated_at",
)  # fmt: skip


class TriageConsumer:
    """Rates what customers say. Our own messages and tombstones pass without a rating.

    Weights, brand and corrections of the desk hold from the next batch on, without a restart.
    """

    name = "triage"
    types = frozenset({RECEIVED, "message.edited", "message.deleted"})

    def __init__(self, brand: Callable[[Tx], Brand]) -> None:
        """`brand` reads who we are, as it is now."""
        self._brand = brand
        self._workspace = Workspace()
        self._alike = Alike()

    def prepare(self, tx: Tx, events: list[Event]) -> list[Rated]:
        """Rate the messages as they now are."""
        now = max(event.at for event in events)
        order = {
            message_id: at for at, message_id in enumerate(dict.fromkeys(event.subject for event in events))
        }
        # In the order of the log, so that the first of near duplicates is the one that came first.
        rows = sorted(bulk.select(tx, _BATCH, [list(order)]), key=lambda row: order[row["id"]])
        said = [row for row in rows if row["direction"] == "inbound" and row["deleted_at"] is None]
        subjects = [subject_of(row, now) for row in said]
        ids = [row["id"] for row in said]
        changed = {event.subject for event in events if event.type != RECEIVED}
        ratings = self._rate(tx, ids, subjects, changed)
        alike, heirs = self._alike.place(tx, ids, [subject.text for subject in subjects], changed)
        return [
            Rated(message_id, record_of(rating), group, heirs.get(message_id))
            for message_id, rating, group in zip(ids, ratings, alike, strict=True)
        ]

    def _rate(self, tx: Tx, ids: list[str], subjects: list[Subject], changed: set[str]) -> list[Rating]:
        brand = self._brand(tx)
        ratings = self._workspace.rater(tx, brand, changed).rate(subjects)
        apart = self._workspace.apart(tx, brand, ids)
        if apart is not None:
            own, rater = apart
            places = [at for at, message_id in enumerate(ids) if message_id in own]
            for at, rating in zip(places, rater.rate([subjects[at] for at in places]), strict=True):
                ratings[at] = rating
        return ratings

    def apply(self, tx: Tx, events: list[Event], prepared: list[Rated], now: Instant) -> list[NewEvent]:
        """Keep the ratings; every message of the batch goes on, rated or not."""
        ids = list(dict.fromkeys(event.subject for event in events))
        rated = {one.message_id for one in prepared}
        gone = [message_id for message_id in ids if message_id not in rated]
        if gone:
            bulk.run(tx, "DELETE FROM ratings WHERE message_id IN ??", [gone])
        for one in prepared:
            if one.heir is not None:
                bulk.run(tx, _INHERIT, [one.heir, one.message_id])
        bulk.upsert(tx, "ratings", _COLUMNS, _rows(tx, prepared, now), ("message_id",))
        return [NewEvent(type=RATED, subject=message_id, at=now) for message_id in ids]


def _rows(tx: Tx, prepared: list[Rated], now: Instant) -> list[tuple[object, ...]]:
    """Rows of ratings: as rated, unless people know better."""
    ids = [rated.message_id for rated in prepared]
    guidance.hold(tx, ids)
    changes = guidance.changes(tx, ids)
    weights = guidance.weights(tx) if changes else DEFAULT
    rows: list[tuple[object, ...]] = []
    for message_id, record, group, _ in prepared:
        standing = changes.get(message_id, [])
        if standing:
            fixed = record_of(corrected(_rating.decode(record.data), standing, weights))
            rows.append((message_id, *astuple(fixed), record.data, group, now))
        else:
            rows.append((message_id, *astuple(record), None, group, now))
    return rows


def subject_of(row: Row, now: int) -> Subject:
    """A stored message as triage is given it."""
    author, data = _author.decode(row["author"]), _data.decode(row["data"])
    return Subject(
        text=words_of(row["subject"], row["text"]),
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
