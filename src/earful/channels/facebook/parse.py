"""Deliveries about a page: what is said under and on it is for Facebook, what is said in private for Messenger.

Source: "Webhooks Reference: Page" (Graph API). The key of a comment is its id, of a post the post's id;
all that is said under a post is one thread.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.hooks import Part
from earful.channels.meta.dm import read_events
from earful.channels.meta.values import Id, Time, unreadable, when
from earful.model.message import Actor, Attachment, Change, Direction, IncomingMessage, MessageKind, Network
from earful.model.time import Instant

POSTS = frozenset({"post", "status", "photo", "video", "share", "link", "note", "reel"})
SILENT_ITEMS = frozenset({"reaction", "like", "event", "offer", "milestone", "page", "story", "album"})
CHANGES = {"add": Change.CREATE, "edit": Change.EDIT, "edited": Change.EDIT, "update": Change.EDIT,
           "remove": Change.DELETE, "delete": Change.DELETE}  # fmt: skip
SILENT_VERBS = frozenset({"hide", "unhide", "mute", "unmute", "block", "unblock", "follow"})
SILENT_FIELDS = frozenset(
    {"about", "affiliation", "attire", "awards", "bio", "category", "checkins", "company_overview", "culinary_team",
     "current_location", "description", "email", "founded", "general_info", "group_feed", "hours",
     "leadgen", "leadgen_fat", "live_videos", "location", "members", "message_template_status_update", "mission",
     "name", "page_about_story", "page_change_proposal", "page_upcoming_change", "parking", "payment_options",
     "permission_granted", "personal_info", "personal_interests", "phone", "picture", "price_range",
     "product_review", "products", "public_transit", "videos", "website"}
)  # fmt: skip


class From(Struct):
    """Who did it; missing where the app may not know."""

    id: Id = ""
    name: str | None = ""


class Value(Struct):
    """What a change is about: today's shape and that of old deliveries."""

    item: str = ""
    verb: str = ""
    comment_id: Id | None = ""
    post_id: Id | None = ""
    parent_id: Id | None = ""
    share_id: Id = ""
    video_id: Id = ""
    photo_id: Id = ""
    from_: From | None = msgspec.field(default=None, name="from")
    sender_id: Id = ""
    sender_name: str | None = ""
    message: str | None = ""
    created_time: Time = None
    photo: str | None = ""
    video: str | None = ""
    link: str | None = ""
    photos: list[str] = []
    permalink_url: str | None = ""
    open_graph_story_id: Id = ""
    reviewer_id: Id = ""
    reviewer_name: str | None = ""
    review_text: str | None = ""
    rating: int | None = None
    recommendation_type: str | None = ""


class Field(Struct):
    """One change."""

    field: str = ""
    value: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Entry(Struct):
    """One page."""

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
_value = msgspec.json.Decoder(Value)


def parse_page(body: bytes, now: Instant) -> list[Part]:
    """Two parts for each page that is told of. What cannot be read costs only itself. Raises Unreadable."""
    try:
        entries = _delivery.decode(body).entry
    except msgspec.MsgspecError as fault:
        raise unreadable(fault) from None
    parts: list[Part] = []
    for raw in entries:
        try:
            entry = _entry.decode(raw)
        except msgspec.MsgspecError:
            parts.append(Part(network=Network.FACEBOOK, strange=["entry of a new shape"]))
            continue
        account = str(entry.id)
        if entry.changes:
            public = Part(network=Network.FACEBOOK, account=account)
            for change in entry.changes:
                _change(change, public, when(entry.time, now), now)
            parts.append(public)
        if entry.messaging or entry.standby:
            private = Part(network=Network.MESSENGER, account=account)
            read_events(entry.messaging, private, account, now)
            read_events(entry.standby, private, account, now, standby=True)
            parts.append(private)
    return parts


def _change(raw: msgspec.Raw, part: Part, told_at: datetime, now: Instant) -> None:
    try:
        change = _field.decode(raw)
        if change.field in SILENT_FIELDS:
            return
        if change.field not in ("feed", "mention", "ratings"):
            part.strange.append(change.field or "change without a field")
            return
        value = _value.decode(change.value)
    except msgspec.MsgspecError:
        part.strange.append("change of a new shape")
        return
    if value.item in SILENT_ITEMS or value.verb in SILENT_VERBS:
        return
    if value.verb not in CHANGES:
        part.strange.append(f"{value.item} {value.verb}"[:120])
    elif value.item == "rating":
        _review(value, part, told_at, now)
    elif value.item == "comment" and value.comment_id:
        _said(value, str(value.comment_id), part, told_at, now, mention=change.field == "mention")
    elif value.item in POSTS and value.post_id:
        _said(value, str(value.post_id), part, told_at, now, mention=change.field == "mention")
    else:
        part.strange.append(f"{change.field} {value.item}"[:120])


def _said(
    value: Value, native_id: str, part: Part, told_at: datetime, now: Instant, *, mention: bool
) -> None:
    change = CHANGES[value.verb]
    if change is Change.DELETE:
        part.messages.append(IncomingMessage(native_id=native_id, occurred_at=told_at, change=change))
        return
    author = _author(value)
    if mention and (author is None or not value.message):
        # Mentions elsewhere often come as ids only.
        part.wanted.append(f"{'comment' if value.item == 'comment' else 'post'}:{native_id}")
        return
    ours = author is not None and author.native_id == part.account
    post, above = str(value.post_id or ""), str(value.parent_id or "")
    edited = change is Change.EDIT
    is_comment = value.item == "comment"
    at = when(value.created_time, now) if value.created_time else told_at
    attachments = _attachments(value)
    kind = MessageKind.COMMENT if is_comment else MessageKind.POST
    if mention:
        kind = MessageKind.MENTION
    elif not value.message and not attachments:
        kind = MessageKind.UNSUPPORTED
    part.messages.append(
        IncomingMessage(
            native_id=native_id,
            occurred_at=at,
            edited_at=told_at if edited else None,
            change=change,
            # Without the permission to know who it was, each is somebody else.
            author=author or Actor(native_id=f"someone:{native_id}"),
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            kind=kind,
            text=value.message or "",
            thread=post,
            parent_id=above if is_comment and above != native_id else "",
            attachments=attachments,
            permalink=value.permalink_url or f"https://www.facebook.com/{native_id}",
            context={"at": int(at.timestamp()), "comment": is_comment},
        )
    )


def _author(value: Value) -> Actor | None:
    if value.from_ is not None and value.from_.id:
        return Actor(native_id=str(value.from_.id), name=value.from_.name or "")
    if value.sender_id:
        return Actor(native_id=str(value.sender_id), name=value.sender_name or "")
    return None


def _attachments(value: Value) -> list[Attachment]:
    found = [Attachment(kind="image", url=one) for one in (value.photo, *value.photos) if one]
    if value.item == "photo" and value.link and not found:
        found.append(Attachment(kind="image", url=value.link, native_id=str(value.photo_id)))
    elif value.link and not found:
        found.append(Attachment(kind="video" if value.item == "video" else "link", url=value.link))
    if value.video:
        found.append(Attachment(kind="video", url=value.video, native_id=str(value.video_id)))
    return found


def _review(value: Value, part: Part, told_at: datetime, now: Instant) -> None:
    native_id = str(value.open_graph_story_id)
    change = CHANGES[value.verb]
    if not native_id:
        part.strange.append("rating without an id")
        return
    if change is Change.DELETE:
        part.messages.append(IncomingMessage(native_id=native_id, occurred_at=told_at, change=change))
        return
    metrics: dict[str, int] = {"rating": value.rating} if value.rating is not None else {}
    recommends = {"POSITIVE": "Recommends", "NEGATIVE": "Does not recommend"}.get(
        value.recommendation_type or "", ""
    )
    context: dict[str, Any] = {"at": int(told_at.timestamp()), "comment": False}
    part.messages.append(
        IncomingMessage(
            native_id=native_id,
            occurred_at=when(value.created_time, now) if value.created_time else told_at,
            edited_at=told_at if change is Change.EDIT else None,
            change=change,
            author=Actor(
                native_id=str(value.reviewer_id) or f"someone:{native_id}", name=value.reviewer_name or ""
            ),
            kind=MessageKind.REVIEW,
            text=value.review_text or recommends,
            thread=native_id,
            metrics=metrics,
            context=context,
        )
    )
