"""Triage as one desk has it: its brand, its weights, what its people taught it.

Everything is read from the store when it changed, so that a correction holds from the next message on, and a
restart changes nothing.
"""

import hashlib
from collections.abc import Iterable
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
from earful.triage.subject import Brand, words_of

logger = structlog.get_logger()
ACTIVE, KEPT, REJECTED, REJECTED_AS_WORSE, ROLLED_BACK = "active", "kept", "rejected", "worse", "rolled_back"
"""A version in force; one that a later replaced; one no better than learning as it comes; one whose corrections do
worse than none; one that somebody took back."""
_OTHERS = 200
_SPARE = 2_000
_FIELDS = {
    "kind": "kind", "sentiment": "sentiment", "topic": "topic", "severity": "severity", "urgency": "urgency",
    "wants": "wants", "tried_before": "tried", "churn": "churn", "abuse": "abuse", "relevance": "relevance",
    "language": "language",
}  # fmt: skip


class Figures(Struct, frozen=True):
    """What a replay measured; shares of held-out corrections, 0-1. `after`: corrections up to this place were taken
    back by a word and are left out. `stamp` names exactly what was learned from."""

    lessons: int
    held_out: int
    shipped: float
    present: float
    candidate: float
    after: int = 0
    stamp: str = ""


_figures = msgspec.json.Decoder(Figures)


class _State(NamedTuple):
    """What is in force; a rater is made anew when any of it differs."""

    brand: Brand
    weights: Weights
    learned: str
    newest: int
    undone: int
    topics: tuple[str, ...]


class Taught(NamedTuple):
    """Lessons of a desk in order, the place of the newest, its own topics with examples enough, and messages of any
    kind beside them. `ids` are the messages that the lessons are about, `beside` those of the others."""

    lessons: list[Lesson]
    through: int
    topics: tuple[str, ...]
    others: list[str]
    ids: frozenset[str]
    beside: frozenset[str]

    @property
    def stamp(self) -> str:
        """The same for the same lessons, and for no others."""
        said = [[one.text, sorted(one.labels.items())] for one in self.lessons]
        text = msgspec.json.encode([said, self.topics, self.others])
        return hashlib.blake2b(text, digest_size=16).hexdigest()


class Workspace:
    """Keeps a rater that fits what is in force."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._rater: Rater | None = None
        self._lessons: frozenset[str] = frozenset()
        self._sources: frozenset[str] = frozenset()

    def rater(self, tx: Tx, brand: Brand, changed: Iterable[str] = ()) -> Rater:
        """The rater of this moment. `changed` are messages that were edited or deleted: what they taught is learned
        anew. Raises ModelRefused when the shipped model was changed."""
        state = _read(tx, brand)
        if self._rater is None or state != self._state or not self._sources.isdisjoint(changed):
            row = newest_version(tx)
            known = taught(tx, _start(row))
            self._rater = self._made(brand, state.weights, _grown(row, known, relevance.phrasebook_of(brand)))
            self._lessons, self._sources = known.ids, known.ids | known.beside
            self._state = state
        return self._rater

    def apart(self, tx: Tx, brand: Brand, ids: Iterable[str]) -> tuple[frozenset[str], Rater] | None:
        """Those of the messages that people corrected, and a rater that never heard of them: what triage says of a
        message by itself must not be what it was told of it. None where nobody corrected any. Ask after `rater`."""
        own = self._lessons.intersection(ids)
        if not own or self._state is None:
            return None
        row = newest_version(tx)
        known = taught(tx, _start(row), own)
        return own, self._made(brand, self._state.weights, _grown(row, known, relevance.phrasebook_of(brand)))

    def _made(self, brand: Brand, weights: Weights, grown: Grown | None) -> Rater:
        return Rater(shipped(), brand, grown, weights, relevance.phrasebook_of(brand))


def _read(tx: Tx, brand: Brand) -> _State:
    row = tx.row(
        select(
            func.max(corrections.c.seq).label("newest"), func.count(corrections.c.undone_at).label("undone")
        )
    )
    version = newest_version(tx)
    own = tx.rows(select(topics.c.name).where(topics.c.archived_at.is_(None)).order_by(topics.c.name))
    held = f"{version['id']} {version['state']}" if version else ""
    return _State(
        brand, guidance.weights(tx), held, (row["newest"] or 0) if row else 0,
        row["undone"] if row else 0, tuple(one["name"] for one in own),
    )  # fmt: skip


def taught(tx: Tx, after: int = 0, without: frozenset[str] = frozenset()) -> Taught:
    """What people said of messages that are still there, the newest of each field, oldest first."""
    query = (
        select(
            corrections.c.seq,
            corrections.c.message_id,
            corrections.c.field,
            corrections.c.value,
            messages.c.seq.label("place"),
            messages.c.subject,
            messages.c.text,
        )
        .join(messages, messages.c.id == corrections.c.message_id)
        .where(corrections.c.seq > after, corrections.c.undone_at.is_(None), messages.c.deleted_at.is_(None))
        .order_by(corrections.c.seq)
    )
    labels: dict[str, dict[str, str | tuple[str, ...]]] = {}
    texts: dict[str, str] = {}
    through, newest = after, 0
    for row in tx.rows(query):
        if row["message_id"] in without:
            continue
        # What is said last comes last, so that order is kept when one message is corrected again.
        said = labels.pop(row["message_id"], {})
        labels[row["message_id"]] = said | {
            _FIELDS[row["field"]]: _label(row["field"], value_from(row["value"]))
        }
        texts[row["message_id"]] = words_of(row["subject"], row["text"])
        through, newest = row["seq"], max(newest, row["place"])
    lessons = [Lesson(texts[message_id], said) for message_id, said in labels.items()]
    own = _own_topics(tx, lessons)
    ids = frozenset(labels)
    others = _others(tx, newest, ids | without) if own else []
    return Taught(
        lessons, through, own, [text for _, text in others], ids, frozenset(one for one, _ in others)
    )


def _own_topics(tx: Tx, lessons: list[Lesson]) -> tuple[str, ...]:
    """Those in use that have examples enough among the lessons."""
    query = select(topics.c.name).where(topics.c.archived_at.is_(None)).order_by(topics.c.name)
    given = [lesson.labels.get("topic") for lesson in lessons]
    names = [row["name"] for row in tx.rows(query)]
    return tuple(name for name in names if given.count(name) >= FEWEST_OF_TOPIC)


def _others(tx: Tx, newest: int, without: frozenset[str]) -> list[tuple[str, str]]:
    """Messages of any kind that nobody corrected, up to the newest that somebody did: always the same ones, so that
    a restart learns the same."""
    query = (
        select(messages.c.id, messages.c.subject, messages.c.text)
        .where(messages.c.seq <= newest, messages.c.direction == "inbound", messages.c.deleted_at.is_(None))
        .order_by(messages.c.seq.desc())
        .limit(_OTHERS + min(len(without), _SPARE))
    )
    found = [
        (row["id"], words_of(row["subject"], row["text"]))
        for row in tx.rows(query)
        if row["id"] not in without
    ]
    return found[:_OTHERS][::-1]


def _label(field: str, value: Value) -> str | tuple[str, ...]:
    if field == "relevance":
        return "1" if value == ABOUT_US else "0"
    return tuple(value) if isinstance(value, list) else str(value)


def newest_version(tx: Tx) -> Row | None:
    """The row of the last replay, whatever became of it."""
    return tx.row(select(learned).order_by(learned.c.made_at.desc(), learned.c.id.desc()).limit(1))


def _taken_back(row: Row | None) -> int:
    """Corrections up to this place were rolled back and stay out, later replays included."""
    if row is None:
        return 0
    after = _figures.decode(row["figures"]).after
    return max(after, row["corrections_through"]) if row["state"] == ROLLED_BACK else after


def _start(row: Row | None) -> int:
    """Corrections after this place are in force: where a replay found learning worse than what came with Earful, or
    somebody rolled it back, only what came later counts."""
    if row is not None and row["state"] == REJECTED_AS_WORSE:
        return int(row["corrections_through"])
    return _taken_back(row)


def _grown(row: Row | None, known: Taught, book: Phrasebook) -> Grown | None:
    """A version that a replay found good holds until people say more; then all is learned together."""
    if not known.lessons:
        return None
    active = row is not None and row["state"] == ACTIVE
    if row is not None and active and _figures.decode(row["figures"]).stamp == known.stamp:
        try:
            return learn.unpack(row["data"], shipped())
        except ModelRefused as error:
            logger.warning("triage.learned", why=str(error))
    passes = learn.REPLAY_PASSES if active else learn.PASSES
    return learn.learn(shipped(), book, known.lessons, known.topics, passes, known.others)


class Version(NamedTuple):
    """A replay's outcome, ready to be kept."""

    data: bytes
    figures: Figures
    state: str
    through: int


def replay(tx: Tx, brand: Brand) -> Version | None:
    """Learn anew from all corrections but those rolled back, and measure on the held-out ones; None when nothing was
    taught. Reads only."""
    after = _taken_back(newest_version(tx))
    known = taught(tx, after)
    if not known.lessons:
        return None
    book = relevance.phrasebook_of(brand)
    grown, found = learn.replay(
        shipped(), book, known.lessons, known.topics, _without_held_out(book, known), known.others
    )
    worse = found.shipped > max(found.present, found.candidate)
    state = ACTIVE if found.kept else REJECTED_AS_WORSE if worse else REJECTED
    figures = Figures(
        found.lessons, found.held_out, found.shipped, found.present, found.candidate, after, known.stamp
    )
    # All that was said by now, what teaches nothing included: else it would be waited for every night.
    through = tx.value(select(func.max(corrections.c.seq)))
    return Version(learn.pack(grown, shipped()), figures, state, max(known.through, int(through or 0)))


def _without_held_out(book: Phrasebook, known: Taught) -> Grown:
    """The present way of learning, from what a replay may learn from: else it would be asked what it was told."""
    rest = [lesson for lesson in known.lessons if not lesson.held_out]
    return learn.learn(shipped(), book, rest, known.topics, learn.PASSES, known.others)
