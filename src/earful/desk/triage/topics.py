"""A desk's own topics: a name, and the corrections that are its examples."""

import re
import unicodedata

from msgspec import Struct

from earful.desk.triage import store
from earful.model.ids import new_id
from earful.model.rating import TOPICS, UNSURE
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx
from earful.triage.corrections import value_from

EXAMPLES_NEEDED = 5
"""So many corrections make a topic that triage can learn."""
MOST_TOPICS = 200
TITLE_LENGTH = 60
_GAP = re.compile(r"[^a-z0-9]+")


class InvalidTopicError(ValueError):
    """The topic cannot be kept as given; the message says why."""


class Topic(Struct, frozen=True, kw_only=True):
    """One own topic."""

    id: str
    name: str
    title: str
    examples: int
    archived_at: int | None

    @property
    def missing(self) -> int:
        """Examples that it still needs."""
        return max(EXAMPLES_NEEDED - self.examples, 0)


def listed(tx: Tx) -> list[Topic]:
    """Every own topic, archived ones included, with how many messages are examples of it."""
    of_message = {row["message_id"]: value_from(row["value"]) for row in store.topic_examples(tx)}
    given = list(of_message.values())
    return [
        Topic(
            id=row["id"],
            name=row["name"],
            title=row["title"],
            examples=given.count(row["name"]),
            archived_at=row["archived_at"],
        )
        for row in store.all_topics(tx)
    ]


def titles(tx: Tx) -> dict[str, str]:
    """name -> title of the topics in use."""
    return {row["name"]: row["title"] for row in store.all_topics(tx) if row["archived_at"] is None}


def names(tx: Tx) -> list[str]:
    """Names of the topics in use."""
    return list(titles(tx))


def name_of(title: str) -> str:
    """A topic's name from its title: small Latin letters and digits, joined by underscores."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("ß", "ss"))
    return _GAP.sub("_", plain.encode("ascii", "ignore").decode()).strip("_")[:TITLE_LENGTH]


def add(tx: Tx, who: Who, title: str, now: Instant) -> Topic:
    """Keep a topic. Raises InvalidTopicError when its title cannot be used or is taken."""
    title = " ".join(title.split())
    name = name_of(title)
    if not name or len(title) > TITLE_LENGTH:
        raise InvalidTopicError(
            f"Name the topic with a word or two, at most {TITLE_LENGTH} letters, at least one of them Latin."
        )
    if name in (*TOPICS, UNSURE):
        raise InvalidTopicError(f"{title} is a topic already; Earful comes with it.")
    if len(store.all_topics(tx)) >= MOST_TOPICS:
        raise InvalidTopicError(f"There are {MOST_TOPICS} topics; nobody can tell more apart.")
    row = {
        "id": new_id(now), "name": name, "title": title, "created_by": who.id, "created_at": now,
        "archived_at": None,
    }  # fmt: skip
    if not store.insert_topic(tx, row):
        raise InvalidTopicError(f"There is a topic {name} already; restore it if it is archived.")
    record(tx, who, "topic.add", str(row["id"]), now, name)
    return Topic(id=str(row["id"]), name=name, title=title, examples=0, archived_at=None)


def archive(tx: Tx, who: Who, topic_id: str, *, archived: bool, now: Instant) -> str:
    """Take a topic out of the choices, or bring it back; returns its title. Its examples stay."""
    row = store.topic(tx, topic_id)
    if row is None:
        raise InvalidTopicError("This topic does not exist.")
    if (row["archived_at"] is not None) != archived:
        store.archive_topic(tx, topic_id, now if archived else None)
        record(tx, who, "topic.archive" if archived else "topic.restore", topic_id, now, row["name"])
    return str(row["title"])
