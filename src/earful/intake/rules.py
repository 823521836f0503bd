"""Pure decisions of intake: what a message's versions are, and which of them stands.

The state of a message is a function of the *set* of its changes, whatever their order and however often they
came: versions form a map from revision to the latest time it was seen, the newest version stands, and a
delete is sticky. Shuffled, repeated or cut and resumed deliveries therefore give the same rows.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.model.message import Actor, Attachment, Change, IncomingMessage
from earful.model.time import Instant, instant

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_encode = msgspec.json.Encoder(order="deterministic").encode

Key = tuple[str, str]
"""(namespace, native id): the identity of a message within its channel."""

NO_ONE = Actor(native_id="unknown", name="")
"""The author of a tombstone whose message has not come yet."""


class Version(Struct, frozen=True, kw_only=True):
    """One wording of a message."""

    revision: str
    at: int
    text: str
    html: str
    subject: str

    @property
    def rank(self) -> tuple[int, str]:
        """Newest stands; the revision breaks ties, so that every order agrees."""
        return self.at, self.revision


def clean(text: str) -> str:
    """Text that both databases can store: NUL and lone surrogates become U+FFFD, nothing else changes."""
    if "\x00" not in text and text.isascii():
        return text
    return _UNKEEPABLE.sub("\ufffd", text)


def clean_json(encoded: bytes) -> str:
    """Encoded JSON whose strings both databases can store, also after they were decoded again."""
    if b"\\u0000" not in encoded:
        return clean(encoded.decode("utf-8", "surrogatepass"))
    return _encode(mended(msgspec.json.decode(encoded))).decode()


def mended(value: Any) -> Any:
    """Decoded JSON with every string cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): mended(one) for name, one in value.items()}
    if isinstance(value, list):
        return [mended(one) for one in value]
    return value


class Held(Struct, frozen=True, kw_only=True):
    """What is known of a stored message's wording. `revision` is empty for a tombstone that came first."""

    revision: str
    occurred_at: int
    edited_at: int | None

    @property
    def at(self) -> int:
        """When the standing wording was written."""
        return self.occurred_at if self.edited_at is None else self.edited_at


class Merge(Struct, frozen=True, kw_only=True):
    """A wording brought into what is held."""

    held: Held
    stands: bool
    """The wording now stands."""
    fresh: bool
    """It differs from the one that stood."""


ERASED = "erased:"
"""What the author of a message is called, before our own id of them, whose data were deleted on request."""


def is_erased(author: str) -> bool:
    """Whether a message was erased (`author` as it is stored): it never learns again whose it was, or what it said."""
    return author.startswith(f'{{"native_id":"{ERASED}')


def merge(held: Held, version: Version, *, occurred_at: int, edited: bool) -> Merge:
    """Bring in one wording. Associative and commutative: any order of the same wordings gives the same."""
    first = min(held.occurred_at, occurred_at)
    if not held.revision:
        named = Held(
            revision=version.revision,
            occurred_at=occurred_at,
            edited_at=version.at if edited else None,
        )
        return Merge(held=named, stands=True, fresh=True)
    if version.revision == held.revision:
        newer = edited and (held.edited_at is None or version.at > held.edited_at)
        at = version.at if newer else held.edited_at
        same = Held(revision=held.revision, occurred_at=first, edited_at=at)
        return Merge(held=same, stands=False, fresh=False)
    stands = version.rank > (held.at, held.revision)
    after = Held(
        revision=version.revision if stands else held.revision,
        occurred_at=first,
        edited_at=version.at if stands else held.at,
    )
    return Merge(held=after, stands=stands, fresh=True)


def version_of(message: IncomingMessage) -> Version:
    """The wording that a create or an edit carries; without a native revision the content names itself."""
    text, html, subject = clean(message.text), clean(message.html), clean(message.subject)
    revision = clean(message.revision)
    if not revision:
        content = "\x1f".join((text, html, subject)).encode()
        revision = hashlib.blake2b(content, digest_size=12).hexdigest()
    written = message.edited_at or message.occurred_at
    return Version(revision=revision, at=instant(written), text=text, html=html, subject=subject)


def author_json(message: IncomingMessage) -> str:
    """The author as stored with the message."""
    return clean_json(_encode(message.author or NO_ONE))


def extras_json(message: IncomingMessage) -> str:
    """What a message carries that is shown or needed for an answer, but never searched; without what is empty."""
    extras = _Kept(
        ancestor_ids=message.ancestor_ids,
        attachments=message.attachments,
        client_id=message.client_id,
        context=message.context,
        language=message.language,
        metrics=message.metrics,
        permalink=message.permalink,
        quoted_id=message.quoted_id,
        recipients=message.recipients,
    )
    return clean_json(_encode(extras))


class _Kept(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What `extras_json` writes, in the order of its names: one call for every message."""

    ancestor_ids: list[str] = []
    attachments: list[Attachment] = []
    client_id: str = ""
    context: dict[str, Any] = {}
    language: str = ""
    metrics: dict[str, int] = {}
    permalink: str = ""
    quoted_id: str = ""
    recipients: list[Actor] = []


_kept = msgspec.json.Decoder(_Kept)


def counted(data: str, metrics: Mapping[str, int]) -> str | None:
    """What a message carries with counts that were told later; None when they say nothing new.

    The highest of each stands, so that every order of deliveries gives the same.
    """
    kept = _kept.decode(data)
    higher = {name: count for name, count in metrics.items() if count > kept.metrics.get(name, -1)}
    if not higher:
        return None
    return clean_json(_encode(msgspec.structs.replace(kept, metrics=kept.metrics | higher)))


def is_plain_create(message: IncomingMessage) -> bool:
    """A first sight that can be inserted at once, when nothing of that key exists yet."""
    return message.change is Change.CREATE and message.edited_at is None


Coming = tuple[str, IncomingMessage]
"""A message with the delivery that brought it."""


def split(coming: Sequence[Coming]) -> tuple[list[Coming], list[Coming]]:
    """Plain creates, each key once, and the rest in their order."""
    plain: list[Coming] = []
    rest: list[Coming] = []
    seen: set[Key] = set()
    for one in coming:
        message = one[1]
        key = (message.namespace, message.native_id)
        if key not in seen and is_plain_create(message):
            plain.append(one)
        else:
            rest.append(one)
        seen.add(key)
    return plain, rest


class Problem(Struct, frozen=True):
    """What is wrong with one item of a batch."""

    index: int
    detail: str


EARLIEST = 0
FUTURE = 2 * 24 * 3_600_000
"""Clocks differ; a message from further ahead than two days is a mistake in the sender."""


NAME_BYTES = 2_000
"""What an index entry can hold on both databases (PostgreSQL: a third of a page), with room for the rest."""
MOST_ANCESTORS = 1_000
LARGEST = 2**63 - 1


def problem_of(message: IncomingMessage, now: Instant) -> str | None:
    """Why a well-formed message still cannot be kept; None when it can."""
    if message.change is not Change.DELETE and message.author is None:
        return "`author` is missing; only a delete may leave it out"
    return _time_problem(message, now) or _name_problem(message) or _number_problem(message)


def _name_problem(message: IncomingMessage) -> str | None:
    if len(message.ancestor_ids) > MOST_ANCESTORS:
        return f"`ancestor_ids` has more than {MOST_ANCESTORS} entries; send the nearest"
    author = message.author.native_id if message.author is not None else ""
    longest = max(len(message.native_id), len(message.thread), len(message.parent_id), len(author))
    if not message.ancestor_ids and 4 * (longest + len(message.namespace)) <= NAME_BYTES:
        return None
    for field, name in _names(message):
        # Most names are short: four bytes a character is the most that UTF-8 takes.
        if 4 * (len(name) + len(message.namespace)) > NAME_BYTES:
            size = len(f"{message.namespace}{name}".encode("utf-8", "replace"))
            if size > NAME_BYTES:
                return f"`{field}` and its namespace have {size} bytes; at most {NAME_BYTES} can be kept"
    return None


def _names(message: IncomingMessage) -> Iterator[tuple[str, str]]:
    yield "native_id", message.native_id
    yield "thread", message.thread
    yield "parent_id", message.parent_id
    if message.author is not None:
        yield "author.native_id", message.author.native_id
    for name in message.ancestor_ids:
        yield "ancestor_ids", name


def _number_problem(message: IncomingMessage) -> str | None:
    if message.author is not None and (message.author.followers or 0) > LARGEST:
        return "`author.followers` is more than can be counted"
    if any(abs(count) > LARGEST for count in message.metrics.values()):
        return "`metrics` has a count that is more than can be counted"
    return None


def _time_problem(message: IncomingMessage, now: Instant) -> str | None:
    for field, value in (("occurred_at", message.occurred_at), ("edited_at", message.edited_at)):
        if value is None:
            continue
        if value.tzinfo is None:
            return f"`{field}` has no time zone; write it as 2026-11-21T20:00:00Z"
        at = instant(value)
        if at < EARLIEST or at > now + FUTURE:
            return f"`{field}` is {value.isoformat()}, outside 1970 to the day after tomorrow"
    return None
