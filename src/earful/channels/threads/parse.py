"""Deliveries of Threads: one change each, of a shape of their own (Threads API, "Webhooks").

The key is the post's id; all that is said under a root post is one thread. Authors are told by name only.
"""

import msgspec
from msgspec import Struct

from earful.channels.hooks import Part
from earful.channels.meta.values import Id, Time, unreadable, when
from earful.model.message import Actor, Attachment, Change, Direction, IncomingMessage, MessageKind, Network
from earful.model.time import Instant

FIELDS = ("replies", "mentions", "publish", "delete")
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio"}


class Node(Struct):
    """A reference."""

    id: Id = ""


class Post(Struct):
    """A post, a reply, or what is left of one."""

    id: Id
    username: str | None = ""
    text: str | None = ""
    timestamp: Time = None
    deleted_at: Time = None
    media_type: str = ""
    media_url: str | None = ""
    permalink: str | None = ""
    replied_to: Node | None = None
    root_post: Node | None = None
    quoted_post: Node | None = None


class Values(Struct):
    """What changed."""

    field: str = ""
    value: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Delivery(Struct):
    """The whole."""

    target_id: Id = ""
    topic: str = ""
    time: Time = None
    values: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))


_delivery = msgspec.json.Decoder(Delivery)
_one = msgspec.json.Decoder(Values)
_some = msgspec.json.Decoder(list[msgspec.Raw])
_post = msgspec.json.Decoder(Post)


def parse_threads(body: bytes, username: str, now: Instant) -> list[Part]:
    """What one delivery says. Raises Unreadable."""
    try:
        delivery = _delivery.decode(body)
    except msgspec.MsgspecError as fault:
        raise unreadable(fault) from None
    part = Part(network=Network.THREADS, account=str(delivery.target_id))
    try:
        listed = _some.decode(delivery.values)
    except msgspec.MsgspecError:
        listed = [delivery.values]
    for raw in listed:
        _change(raw, part, delivery.time, username, now)
    return [part]


def _change(raw: msgspec.Raw, part: Part, told: Time, username: str, now: Instant) -> None:
    try:
        values = _one.decode(raw)
        if values.field not in FIELDS:
            part.strange.append(values.field or "change without a field")
            return
        post = _post.decode(values.value)
    except msgspec.MsgspecError:
        part.strange.append("change of a new shape")
        return
    if values.field == "delete":
        at = when(post.deleted_at or told, now)
        part.messages.append(IncomingMessage(native_id=str(post.id), occurred_at=at, change=Change.DELETE))
        return
    part.messages.append(as_message(post, username, told, now, mention=values.field == "mentions"))


def as_message(
    post: Post, username: str, told: Time, now: Instant, *, mention: bool = False
) -> IncomingMessage:
    """A post as a message."""
    native_id, name = str(post.id), post.username or ""
    ours = bool(name) and name.lower() == username.lower()
    root = str(post.root_post.id) if post.root_post is not None else ""
    above = str(post.replied_to.id) if post.replied_to is not None else ""
    at = when(post.timestamp or told, now)
    attachments = []
    if post.media_url:
        attachments = [Attachment(kind=_MEDIA.get(post.media_type, "file"), url=post.media_url)]
    kind = MessageKind.MENTION if mention else MessageKind.REPLY if above or root else MessageKind.POST
    return IncomingMessage(
        native_id=native_id,
        occurred_at=at,
        author=Actor(
            native_id=name or f"someone:{native_id}",
            handle=name,
            profile_url=f"https://www.threads.net/@{name}" if name else "",
        ),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=kind if post.text or attachments else MessageKind.UNSUPPORTED,
        text=post.text or "",
        thread=root or above or native_id,
        parent_id=above,
        quoted_id=str(post.quoted_post.id) if post.quoted_post is not None else "",
        attachments=attachments,
        permalink=post.permalink or "",
    )
