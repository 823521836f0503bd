"""The web chat: who a visitor is, what they say, what they see, and where an answer goes when they have left."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.chat.identity import Identity
from earful.channels.chat.limits import BEAT, SHOWN
from earful.channels.chat.settings import ChatSettings
from earful.channels.contract import RawDelivery
from earful.channels.hooks import Report
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.desk.chat import rules, store
from earful.desk.chat.rules import Said
from earful.desk.media.service import Kept
from earful.intake import service as intake
from earful.intake.rules import clean
from earful.log.contract import Log
from earful.model.ids import new_id
from earful.model.message import (
    Actor,
    Attachment,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import DAY, MINUTE, Instant, moment
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

KEY_LIFE = DAY
"""How long a browser's key opens the thread of a signed user before the site must sign again."""
OVERLAP = MINUTE
"""What came so long before the place a page names is told again: transactions end in another order than they began."""

_encode = msgspec.json.Encoder().encode
_actor = msgspec.json.Decoder(Actor)


class RefusedError(ValueError):
    """It cannot be done; the message says why, in words for a visitor."""


class Visitor(Struct, frozen=True, kw_only=True):
    """Somebody on the page. `id` is the thread of what they write."""

    id: str
    channel_id: str
    user_id: str
    name: str
    email: str
    blocked: bool

    @property
    def actor(self) -> Actor:
        """As the author of a message. Only what the site signed is believed: an address that was typed is not."""
        if self.user_id:
            return Actor(
                native_id=f"user:{self.user_id}",
                handle=self.email or self.user_id,
                name=self.name or self.email,
                alt_ids={"email": self.email} if self.email else {},
            )
        short = self.id[-4:]
        return Actor(
            native_id=f"visitor:{self.id}", handle=f"visitor-{short}", name=self.name or f"Visitor {short}"
        )


class File(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a message, as its page shows it."""

    id: str
    name: str
    mime: str
    size: int
    alt: str = ""
    """The picture in words."""


class Line(Struct, frozen=True, kw_only=True):
    """One message on the page. `id` is unique in the chat: the visitor's own for theirs, ours for answers."""

    id: str
    ours: bool
    name: str
    text: str
    at: int
    files: list[File] = []
    unread: bool = False
    """An answer that nobody has looked at yet."""


class Shown(Struct, frozen=True, kw_only=True):
    """What a page is told, and the place to ask for more after."""

    lines: list[Line]
    place: int


class _Data(Struct):
    attachments: list[Attachment] = []


_data = msgspec.json.Decoder(_Data)


def settings_of(channel: Channel) -> ChatSettings | None:
    """The settings of a web chat; None for a channel that is none, or is switched off."""
    if channel.network is not Network.CHAT or not channel.connected or not channel.enabled:
        return None
    try:
        return msgspec.convert(channel.settings, ChatSettings)
    except msgspec.ValidationError:
        return None


def first(tx: Tx) -> Channel | None:
    """The web chat that customers are invited to: the oldest that is on."""
    chats = [one for one in channels.listed(tx) if settings_of(one) is not None]
    return min(chats, key=lambda one: one.created_at, default=None)


def digest(key: str) -> str:
    """What is kept of a browser's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def visitor_of(row: Row) -> Visitor:
    """A row as a value."""
    return Visitor(
        id=row["id"],
        channel_id=row["channel_id"],
        user_id=row["user_id"],
        name=row["name"],
        email=row["email"],
        blocked=row["blocked_at"] is not None,
    )


def known(tx: Tx, channel_id: str, key: str, now: Instant) -> Visitor | None:
    """Whose key it is; None for one that is new, or whose signed user must be signed again."""
    row = store.by_key(tx, channel_id, digest(key))
    if row is None or (row["user_id"] and now - row["key_at"] > KEY_LIFE):
        return None
    return visitor_of(row)


def belongs(visitor: Visitor | None, identity: Identity | None) -> bool:
    """Whether a browser that comes with an identity, or none, may go on with its key: nobody reads on in the chat of
    a user who has signed out."""
    if visitor is None or not visitor.user_id:
        return True
    return identity is not None and identity.user_id == visitor.user_id


def sign_in(tx: Tx, channel_id: str, key: str, identity: Identity, now: Instant) -> Visitor:
    """Let the site say who a browser's visitor is. What they wrote as a stranger stays theirs."""
    here, name = known(tx, channel_id, key, now), _kept(identity.name, identity.email)
    threads = store.of_user(tx, channel_id, identity.user_id)
    if here is not None and not here.user_id and store.has_said(tx, channel_id, here.id):
        store.change(tx, here.id, name | {"user_id": identity.user_id, "seen_at": now})
        visitor_id = here.id
    elif threads:
        visitor_id = threads[0]["id"]
        store.change(tx, visitor_id, name | {"seen_at": now})
    else:
        visitor_id = _open(tx, channel_id, new_id(now), now, user_id=identity.user_id, **name)
    store.give_key(tx, channel_id, digest(key), visitor_id, now)
    return visitor_of(_row(tx, visitor_id))


def _kept(name: str, email: str) -> dict[str, str]:
    return {key: clean(value) for key, value in (("name", name), ("email", email)) if value}


def _row(tx: Tx, visitor_id: str) -> Row:
    row = store.find(tx, visitor_id)
    if row is None:
        raise LookupError(f"the visitor {visitor_id} is not there")
    return row


def _open(tx: Tx, channel_id: str, visitor_id: str, now: Instant, **more: str) -> str:
    row: dict[str, Any] = {"id": visitor_id, "channel_id": channel_id, "created_at": now, "seen_at": now}
    store.insert_visitor(tx, row | more)
    return visitor_id


def meet(tx: Tx, channel_id: str, key: str, now: Instant, name: str = "") -> Visitor:
    """Whose key it is; a stranger with a new one gets a thread of their own."""
    here = known(tx, channel_id, key, now)
    if here is not None:
        return here
    made = _open(tx, channel_id, thread_of(channel_id, key), now, **_kept(name, ""))
    store.give_key(tx, channel_id, digest(key), made, now)
    return visitor_of(_row(tx, made))


def thread_of(channel_id: str, key: str) -> str:
    """The thread of a stranger follows from their key: two first messages at once are of one visitor."""
    return str(
        uuid.UUID(bytes=hashlib.sha256(f"visitor\n{channel_id}\n{key}".encode()).digest()[:16], version=4)
    )


def may_write(visitor: Visitor) -> None:
    """Raises RefusedError for one who is blocked."""
    if visitor.blocked:
        raise RefusedError("You cannot write here any more; nothing was sent.")


def say(
    tx: Tx, log: Log, visitor: Visitor, said: Said, attachments: list[Attachment], now: Instant
) -> Visitor:
    """Keep what a visitor wrote: raw delivery and message in one transaction; the same id again is the same message.

    Raises RefusedError for one who is blocked.
    """
    may_write(visitor)
    if not said.text.strip() and not attachments:
        raise RefusedError("The files are not there any more; nothing was sent. Add them again.")
    values: dict[str, Any] = {"seen_at": now, "wrote_at": now}
    if not visitor.user_id:
        values |= _kept(said.name.strip()[: rules.LONGEST_NAME], said.email)
    values |= {"page": clean(said.page[:500])} if said.page else {}
    store.change(tx, visitor.id, values)
    visitor = visitor_of(_row(tx, visitor.id))
    native_id = f"{visitor.id}.{said.id}"
    message = IncomingMessage(
        native_id=native_id,
        occurred_at=datetime.fromtimestamp(now / 1000, UTC),
        author=visitor.actor,
        text=said.text.strip(),
        kind=MessageKind.CHAT,
        visibility=Visibility.DIRECT,
        thread=visitor.id,
        attachments=attachments,
    )
    raw = RawDelivery(
        transport="chat",
        body=_encode(said),
        native_delivery_id=native_id,
        verified_by="identity" if visitor.user_id else "",
    )
    intake.accept(log, visitor.channel_id, raw, [message], now)(tx)
    return visitor


def shown(tx: Tx, visitor: Visitor, after: int = 0) -> Shown:
    """What was said in a visitor's chat: everything, or what came since a place, with some of what came before it."""
    rows = store.said(tx, visitor.channel_id, threads(tx, visitor), max(after - OVERLAP, 0), SHOWN)
    answers = [row["native_id"] for row in rows if row["direction"] == Direction.OUTBOUND]
    read = intake.read_among(tx, visitor.channel_id, answers)
    return Shown(
        lines=[_line(row, read) for row in rows], place=max([after, *(row["received_at"] for row in rows)])
    )


def cases_of(tx: Tx, visitor: Visitor) -> list[str]:
    """The cases in which a visitor's chat is; none before anything was said."""
    return store.cases_of(tx, visitor.channel_id, threads(tx, visitor))


def threads(tx: Tx, visitor: Visitor) -> list[str]:
    """All that a signed user wrote from whatever browser; for a stranger their own."""
    if not visitor.user_id:
        return [visitor.id]
    return [row["id"] for row in store.of_user(tx, visitor.channel_id, visitor.user_id)]


def may_see(tx: Tx, visitor: Visitor, kept: Kept) -> bool:
    """Whether a file is a visitor's own, or went out to them with an answer."""
    there = threads(tx, visitor)
    if kept.owner in there:
        return True
    return bool(kept.message_id) and store.said_with(tx, visitor.channel_id, there, kept.message_id)


def _line(row: Row, read: set[str]) -> Line:
    ours = row["direction"] == Direction.OUTBOUND
    return Line(
        id=row["native_id"].partition(".")[2],
        ours=ours,
        name=_actor.decode(row["author"]).name if ours else "",
        text=row["text"],
        at=row["occurred_at"],
        files=[
            File(id=one.native_id, name=one.name, mime=one.mime, size=one.size or 0, alt=one.alt)
            for one in _data.decode(row["data"]).attachments
            if one.url.startswith("/media/")
        ],
        unread=ours and row["native_id"] not in read,
    )


def here(tx: Tx, visitor: Visitor, now: Instant) -> None:
    """The page is open."""
    store.seen(tx, visitor.id, now - BEAT, now)


def leave_address(tx: Tx, visitor: Visitor, email: str, name: str) -> None:
    """Where answers go when the visitor is not there. What the site signed stays."""
    if visitor.user_id and visitor.email:
        raise RefusedError("Your address is known from the site; nothing was changed.")
    store.change(tx, visitor.id, _kept(name.strip()[: rules.LONGEST_NAME], email))


def report(tx: Tx, log: Log, visitor: Visitor, names: list[str], state: str, now: Instant) -> None:
    """The page has shown answers (`delivered`), or somebody has looked at them (`read`)."""
    found = store.ours_of(tx, visitor.channel_id, threads(tx, visitor), names)
    reports = [Report(native_id=one, state=state, at=moment(now)) for one in found]
    intake.report(tx, log, {visitor.channel_id: reports}, now)


def absent(tx: Tx, thread: str, now: Instant) -> str:
    """The address of a visitor who is not there to read an answer, or waited longer than the channel promises.

    Empty for who is there, left none, or is not a visitor.
    """
    row = store.find(tx, thread)
    if row is None or not row["email"]:
        return ""
    settings = msgspec.json.decode(row["settings"], type=ChatSettings)
    gone = rules.is_gone(row["seen_at"], row["wrote_at"], settings.mail_after_minutes, now)
    return str(row["email"]) if gone else ""


def visitors(tx: Tx, channel_id: str, since: int) -> int:
    """How many visitors wrote for the first time since an instant."""
    return store.count_since(tx, channel_id, since)


def block(tx: Tx, who: Who, case_id: str, visitor_id: str, *, on: bool, now: Instant) -> None:
    """Let a visitor of a case write no more, or again. Raises RefusedError for one who is not in the case."""
    if visitor_id not in {row["id"] for row in store.in_case(tx, case_id)}:
        raise RefusedError("This visitor is not in this case; nothing was changed.")
    store.change(tx, visitor_id, {"blocked_at": now if on else None})
    record(tx, who, "chat.block" if on else "chat.unblock", visitor_id, now, f"case {case_id}")
