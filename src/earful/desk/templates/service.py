"""Templates: what a channel's network approved, when it was read, and a reply made of one."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from earful.desk.channels import service as channels
from earful.desk.templates import rules, store
from earful.model.ids import new_id
from earful.model.message import Visibility
from earful.model.template import Template
from earful.model.time import Instant
from earful.outbox.wire import Draft
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Template)


class NotFoundError(LookupError):
    """There is no such template on this channel; the message says what to do."""


class Reading(Struct, frozen=True, kw_only=True):
    """When a channel's templates were read."""

    asked_at: int | None = None
    tried_at: int | None = None
    fetched_at: int | None = None
    why: str = ""

    @property
    def runs(self) -> bool:
        """Somebody asked, and it was not tried since."""
        return self.asked_at is not None and (self.tried_at is None or self.asked_at > self.tried_at)


@lru_cache(maxsize=4096)
def _read(data: str) -> Template:
    return _decoder.decode(data)


def listed(tx: Tx, channel_id: str, language: str = "") -> list[Template]:
    """The templates of a channel as last read: what can be sent first, the customer's language before others."""
    return rules.ordered([_read(one) for one in store.of_channel(tx, channel_id)], language)


def one(tx: Tx, channel_id: str, native_id: str) -> Template:
    """One template. Raises NotFoundError."""
    found = store.one(tx, channel_id, native_id)
    if found is None:
        raise NotFoundError("There is no such template any more. Choose one of those that are listed.")
    return _read(found)


def reading(tx: Tx, channel_id: str) -> Reading:
    """When the templates of a channel were read."""
    row = store.reading(tx, channel_id)
    return Reading() if row is None else _reading(row)


def _reading(row: Row) -> Reading:
    return msgspec.convert({name: row[name] for name in Reading.__struct_fields__}, Reading)


def ask(tx: Tx, who: Who, channel_id: str, now: Instant) -> None:
    """Have the templates of a channel read again."""
    store.note(tx, channel_id, asked_at=now)
    record(tx, who, "templates.read_again", channel_id, now)


def changed(tx: Tx, channel_ids: Iterable[str], now: Instant) -> None:
    """The network says that templates changed at these channels' accounts: those of its other channels may have, too.

    Several numbers may belong to one business account, which is all that it names.
    """
    known = {one.id: one for one in channels.listed(tx)}
    networks = {known[one].network for one in channel_ids if one in known}
    for one in known.values():
        if one.network in networks and one.connected:
            store.note(tx, one.id, asked_at=now)


def due(tx: Tx, channel_ids: Iterable[str], now: Instant) -> list[str]:
    """Those of these channels whose templates are to be read now."""
    rows = {channel_id: _reading(row) for channel_id, row in store.readings(tx).items()}
    nothing = Reading()
    return [
        channel_id
        for channel_id in channel_ids
        if rules.is_due(
            (known := rows.get(channel_id, nothing)).fetched_at, known.tried_at, known.asked_at, now
        )
    ]


def keep(tx: Tx, channel_id: str, found: Iterable[Template], now: Instant) -> None:
    """Keep what was read, instead of what was kept. Which of two with one id comes last stands."""
    rows = {one.native_id: _encode(one).decode() for one in found}
    store.replace(tx, channel_id, list(rows.items()))
    store.note(tx, channel_id, tried_at=now, fetched_at=now, why="")


def unread(tx: Tx, channel_id: str, why: str, now: Instant) -> None:
    """They could not be read; those that were kept stay."""
    store.note(tx, channel_id, tried_at=now, why=why[:1_000])


def draft(
    tx: Tx,
    channel_id: str,
    native_id: str,
    values: Mapping[str, str],
    *,
    in_reply_to: str,
    audience: Visibility,
    delay: int,
    now: Instant,
    reply_id: str = "",
    seen_version: int | None = None,
    files: Sequence[str] = (),
) -> Draft:
    """A reply that is a template, with the file that it begins with (by id).

    Raises NotFoundError, and MissingError for one that cannot go out so.
    """
    template = one(tx, channel_id, native_id)
    filled = rules.fill(template, values)
    return Draft(
        id=reply_id or new_id(now),
        in_reply_to=in_reply_to,
        audience=audience,
        text=rules.text_of(template, values),
        delay=delay,
        seen_version=seen_version,
        template=filled,
        files=list(files),
    )
