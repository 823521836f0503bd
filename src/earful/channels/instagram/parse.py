"""Deliveries about an Instagram account: comments and mentions in public, messages in private.

Source: "Webhooks" (Instagram Platform). Comments are told of once, never their edits or deletes; on a boosted post
they are told of twice, with the same id. All that is said under a medium is one thread.
"""

import msgspec
from msgspec import Struct

from earful.channels.hooks import Part
from earful.channels.meta.dm import read_events
from earful.channels.meta.values import Id, Time, unreadable, when
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind, Network
from earful.model.time import Instant

PRIVATE_FIELDS = frozenset(
    {"messages", "message_edit", "messaging_postbacks", "message_reactions", "messaging_seen", "messaging_referral",
     "messaging_optins", "messaging_handover"}
)  # fmt: skip
"""With Instagram Login private events may come as changes."""
SILENT_FIELDS = frozenset({"story_insights", "story_reactions", "business_login_deauthorize", "follow"})


class From(Struct):
    """Who commented."""

    id: Id = ""
    username: str | None = ""
    self_ig_scoped_id: Id = ""


class Media(Struct, frozen=True):
    """What was commented; of an advertisement, the medium that it was made of as well."""

    id: Id = ""
    original_media_id: Id = ""
    ad_id: Id = ""
    media_product_type: str = ""


class Comment(Struct):
    """A comment."""

    id: Id
    text: str | None = ""
    from_: From | None = msgspec.field(default=None, name="from")
    media: Media = Media()
    parent_id: Id | None = ""
    timestamp: Time = None


class Mention(Struct):
    """Where the account was mentioned: ids only."""

    media_id: Id = ""
    comment_id: Id | None = ""


class Field(Struct):
    """One change."""

    field: str = ""
    value: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Entry(Struct):
    """One account."""

    id: Id = ""
    time: Time = None
    changes: list[msgspec.Raw] = []
    messaging: list[msgspec.Raw] = []
    standby: list[msgspec.Raw] = []


class Delivery(Struct):
    """The whole."""

    entry: list[msgspec.Raw] = []


_delivery = msgspec.json.Decoder(Delivery)
_entry = msgspec.json.Decoder(Entry)
_field = msgspec.json.Decoder(Field)
_comment = msgspec.json.Decoder(Comment)
_mention = msgspec.json.Decoder(Mention)


def parse_instagram(body: bytes, now: Instant) -> list[Part]:
    """One part for each account. What cannot be read costs only itself. Raises Unreadable."""
    try:
        entries = _delivery.decode(body).entry
    except msgspec.MsgspecError as fault:
        raise unreadable(fault) from None
    return [_entry_part(raw, now) for raw in entries]


def _entry_part(raw: msgspec.Raw, now: Instant) -> Part:
    try:
        entry = _entry.decode(raw)
    except msgspec.MsgspecError:
        return Part(network=Network.INSTAGRAM, strange=["entry of a new shape"])
    account = str(entry.id)
    part = Part(network=Network.INSTAGRAM, account=account)
    for change in entry.changes:
        _change(change, part, entry.time, now)
    read_events(entry.messaging, part, account, now)
    read_events(entry.standby, part, account, now, standby=True)
    return part


def _change(raw: msgspec.Raw, part: Part, told: Time, now: Instant) -> None:
    try:
        change = _field.decode(raw)
        if change.field in PRIVATE_FIELDS:
            read_events([change.value], part, part.account, now)
        elif change.field in ("comments", "live_comments"):
            comment = _comment.decode(change.value)
            live = change.field == "live_comments"
            part.messages.append(said(comment, part.account, told, now, live=live))
        elif change.field == "mentions":
            mention = _mention.decode(change.value)
            # In a caption there is no comment; media_id stands for itself then.
            if mention.comment_id and str(mention.comment_id) != str(mention.media_id):
                part.wanted.append(f"mentioned_comment:{mention.comment_id}")
            elif mention.media_id:
                part.wanted.append(f"mentioned_media:{mention.media_id}")
        elif change.field not in SILENT_FIELDS:
            part.strange.append(change.field or "change without a field")
    except msgspec.MsgspecError:
        part.strange.append("change of a new shape")


def said(comment: Comment, account: str, told: Time, now: Instant, *, live: bool = False) -> IncomingMessage:
    """A comment. Old deliveries do not say whose it is: each is somebody else then."""
    native_id = str(comment.id)
    by = comment.from_ or From()
    media = str(comment.media.original_media_id or comment.media.id)
    at = when(comment.timestamp or told, now)
    context: dict[str, object] = {"at": int(at.timestamp()), "comment": True, "media": media}
    if comment.media.ad_id:
        context["ad"] = str(comment.media.ad_id)
    if live:
        context["live"] = True
    return IncomingMessage(
        native_id=native_id,
        occurred_at=at,
        author=Actor(
            native_id=str(by.id) or by.username or f"someone:{native_id}",
            handle=by.username or "",
            profile_url=f"https://www.instagram.com/{by.username}/" if by.username else "",
        ),
        direction=Direction.OUTBOUND if account and str(by.id) == account else Direction.INBOUND,
        kind=MessageKind.COMMENT if comment.text else MessageKind.UNSUPPORTED,
        text=comment.text or "",
        thread=media,
        parent_id=str(comment.parent_id or media),
        context=context,
    )
