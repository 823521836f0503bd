"""Triage as one desk has it: its brand, its weights, what its people taught it, and the newest near duplicates.

Everything is read from the store when it changed, so that a correction holds from the next message on, and a
restart changes nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import func, select

from earful.store.tables import corrections, learned, messages, topics
from earful.store.tx import Row, Tx
from earful.triage import guidance, learn, relevance
from earful.triage.corrections import ABOUT_US, Value, value_from
from earful.triage.learn import FEWEST_OF_TOPIC, Grown, Lesson
from earful.triage.model import ModelRefused
from earful.triage.phrases import Phrasebook
from earful.triage.priority import Weights
from earful.triage.rate import Rater, shipped
from earful.triage.similar import Groups
from earful.triage.subject import Brand

logger = structlog.get_logger()
ACTIVE, KEPT, REJECTED, REJECTED_AS_WORSE, ROLLED_BACK = "active", "kept", "rejected", "worse", "rolled_back"
"""A version in force; one that a later replaced; one no better than learning as it comes; one whose corrections do
worse than none; one that somebody took back."""
REMEMBERED = 1 << 15
"""Messages among which near duplicates are looked for: about 20 MB."""
_WARM = 5_000
"""Of them, those that are read again after a start."""
_OTHERS = 200
_FIELDS = {
    "kind": "kind", "sentiment": "sentiment", "topic": "topic", "severity": "severity", "urgency": "urgency",
    "wants": "wants", "tried_before": "tried", "churn": "churn", "abuse": "abuse", "relevance": "relevance",
    "language": "language",
}  # fmt: skip


class _State(NamedTuple):
    """What is in force; a rater is made anew when any of it differs."""

    brand: Brand
    weights: Weights
    learned: str
    newest: int
    undone: int
    topics: tuple[str, ...]


class Taught(NamedTuple):
    """Lessons of a desk in order, the place of the newest, and its own topics with examples enough."""

    lessons: list[Lesson]
    through: int
    topics: tuple[str, ...]


class Workspace:
    """Keeps a rater that fits what is in force, and the groups of near duplicates."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._book: tuple[Brand, Phrasebook] | None = None
        self._rater: Rater | None = None
        self._groups: Groups | None = None
        self._names: list[str] = []

    def rater(self, tx: Tx, brand: Brand) -> Rater:
        """The rater of this moment. Raises ModelRefused when the shipped model was changed."""
        state = _read(tx, brand)
        if self._rater is None or state != self._state:
            if self._book is None or self._book[0] != brand:
                self._book = (brand, relevance.phrasebook_of(brand))
            grown = grown_now(tx, self._book[1])
            self._rater = Rater(shipped(), brand, grown, state.weights, self._book[1])
            self._state = state
        return self._rater

    def place(self, tx: Tx, ids: Sequence[str], texts: list[str]) -> list[str | None]:
        """For each message the first of its near duplicates, if it is not the first itself."""
        if self._groups is None:
            self._groups = Groups(REMEMBERED)
            known = _newest_texts(tx, _WARM, set(ids))
            self._groups.place([text for _, text in known])
            self._names = [message_id for message_id, _ in known]
        first = len(self._names)
        self._names.extend(ids)
        found: list[str | None] = []
        for at, group in enumerate(self._groups.place(texts)):
            name = self._names[group] if group is not None and group != first + at else None
            found.append(name if name and name != ids[at] else None)
        return found


def _read(tx: Tx, brand: Brand) -> _State:
    row = tx.row(
        select(
            func.max(corrections.c.seq).label("newest"), func.count(corrections.c.undone_at).label("undone")
        )
    )
    version = newest_version(tx)
    own = tx.rows(select(topics.c.name).where(topics.c.archived_at.is_(None)).order_by(topics.c.name))
    return _State(
        brand, guidance.weights(tx), f"{version['id']} {version['state']}" if version else "", (row["newest"] or 0) if row else 0,
        row["undone"] if row else 0, tuple(one["name"] for one in own),
    )  # fmt: skip


def taught(tx: Tx, after: int = 0) -> Taught:
    """What people said of messages that are still there, the newest of each field, oldest first."""
    query = (
        select(
            corrections.c.seq,
            corrections.c.message_id,
            corrections.c.field,
            corrections.c.value,
            messages.c.text,
        )
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(corrections.c.seq > after, corrections.c.undone_at.is_(None), messages.c.deleted_at.is_(None))
        .order_by(corrections.c.seq)
    )
    labels: dict[str, dict[str, str | tuple[str, ...]]] = {}
    texts: dict[str, str] = {}
    through = after
    for row in tx.rows(query):
        # What is said last comes last, so that order is kept when one message is corrected again.
        said = labels.pop(row["message_id"], {})
        labels[row["message_id"]] = said | {
            _FIELDS[row["field"]]: _label(row["field"], value_from(row["value"]))
        }
        texts[row["message_id"]] = row["text"]
        through = row["seq"]
    lessons = [Lesson(texts[message_id], said) for message_id, said in labels.items()]
    return Taught(lessons, through, _own_topics(tx))


def _own_topics(tx: Tx) -> tuple[str, ...]:
    count = func.count(corrections.c.message_id.distinct())
    query = (
        select(topics.c.name, count.label("examples"))
        .join(
            corrections, (corrections.c.field == "topic") & (corrections.c.value == '"' + topics.c.name + '"')
        )
        .where(topics.c.archived_at.is_(None), corrections.c.undone_at.is_(None))
        .group_by(topics.c.name)
        .order_by(topics.c.name)
    )
    return tuple(row["name"] for row in tx.rows(query) if row["examples"] >= FEWEST_OF_TOPIC)


def _label(field: str, value: Value) -> str | tuple[str, ...]:
    if field == "relevance":
        return "1" if value == ABOUT_US else "0"
    return tuple(value) if isinstance(value, list) else str(value)


def newest_version(tx: Tx) -> Row | None:
    """The row of the last replay, whatever became of it."""
    return tx.row(select(learned).order_by(learned.c.made_at.desc(), learned.c.id.desc()).limit(1))


def grown_now(tx: Tx, book: Phrasebook) -> Grown | None:
    """What the desk learned, as the last replay left it, and what people said since.

    A version that a replay found good holds until people say more; then all is learned together. Where a replay
    found learning worse than what came with Earful, or somebody rolled it back, only what came later counts.
    """
    row = newest_version(tx)
    worse = row is not None and (row["state"] == ROLLED_BACK or row["state"] == REJECTED_AS_WORSE)
    known = taught(tx, row["corrections_through"] if row is not None and worse else 0)
    if not known.lessons:
        return None
    active = row is not None and row["state"] == ACTIVE
    if row is not None and active and row["corrections_through"] >= known.through:
        kept = _figures.decode(row["figures"])
        if kept.undone == _undone(tx):
            try:
                return learn.unpack(row["data"], shipped())
            except ModelRefused as error:
                logger.warning("triage.learned", why=str(error))
    passes = learn.REPLAY_PASSES if active else learn.PASSES
    return learn.learn(shipped(), book, known.lessons, known.topics, passes, others(tx))


def _undone(tx: Tx) -> int:
    return int(tx.value(select(func.count(corrections.c.undone_at))) or 0)


def others(tx: Tx) -> list[str]:
    """Some of the newest messages, of any kind."""
    return [text for _, text in _newest_texts(tx, _OTHERS, set())]


def _newest_texts(tx: Tx, most: int, without: set[str]) -> list[tuple[str, str]]:
    query = (
        select(messages.c.id, messages.c.text)
        .where(messages.c.direction == "inbound", messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq.desc())
        .limit(most)
    )
    rows = [(row["id"], row["text"]) for row in tx.rows(query) if row["id"] not in without]
    return rows[::-1]


class Figures(Struct, frozen=True):
    """What a replay measured; shares of held-out corrections, 0-1. `undone`: corrections taken back by then."""

    lessons: int
    held_out: int
    shipped: float
    present: float
    candidate: float
    undone: int = 0


_figures = msgspec.json.Decoder(Figures)


class Version(NamedTuple):
    """A replay's outcome, ready to be kept."""

    data: bytes
    figures: Figures
    state: str
    through: int


def replay(tx: Tx, brand: Brand) -> Version | None:
    """Learn anew from all corrections and measure on the held-out ones; None when nothing was taught. Reads only."""
    known = taught(tx)
    if not known.lessons:
        return None
    book = relevance.phrasebook_of(brand)
    grown, found = learn.replay(
        shipped(), book, known.lessons, known.topics, _without_held_out(tx, book, known), others(tx)
    )
    worse = found.shipped > max(found.present, found.candidate)
    state = ACTIVE if found.kept else REJECTED_AS_WORSE if worse else REJECTED
    figures = Figures(
        found.lessons, found.held_out, found.shipped, found.present, found.candidate, _undone(tx)
    )
    return Version(learn.pack(grown, shipped()), figures, state, known.through)


def _without_held_out(tx: Tx, book: Phrasebook, known: Taught) -> Grown:
    """The present way of learning, from what a replay may learn from: else it would be asked what it was told."""
    rest = [lesson for lesson in known.lessons if not lesson.held_out]
    return learn.learn(shipped(), book, rest, known.topics, learn.PASSES, others(tx))
