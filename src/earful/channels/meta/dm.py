"""Private messages of Messenger and Instagram: one shape for both.

Source: "Webhooks" of the Messenger Platform and of the Instagram Platform. The key of a message is its `mid`.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct, field

from earful.channels.hooks import Part, ReadUntil, Report
from earful.channels.meta.values import Id, Time, when
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Visibility,
)
from earful.model.time import Instant

STORY_LIFE = timedelta(hours=24)
"""(M) How long the link to a story holds."""
_KINDS = {"image": "image", "video": "video", "audio": "audio", "file": "file", "ig_reel": "video", "reel": "video",
          "animated_image": "image", "sticker": "image"}  # fmt: skip
_LINKS = frozenset(
    {"fallback", "share", "template", "story_mention", "ig_post", "post", "product", "location"}
)


class Party(Struct, frozen=True):
    """A page or a person, as the page knows them."""

    id: Id = ""
    user_ref: Id = ""


class Shown(Struct):
    """An attachment."""

    type: str = ""
    payload: dict[str, Any] | str | None = None
    title: str | None = ""
    url: str | None = ""


class Story(Struct):
    """A story of ours that was answered."""

    id: Id = ""
    url: str = ""


class Above(Struct):
    """What a message answers."""

    mid: str = ""
    story: Story | None = None


class Words(Struct):
    """A message."""

    mid: str
    text: str | None = ""
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    app_id: Id | None = None
    metadata: str | None = ""
    attachments: list[Shown] = []
    reply_to: Above | None = None
    referral: Any = None


class Edited(Struct):
    """A message in new words."""

    mid: str
    text: str | None = ""
    num_edit: Id = 0


class Pressed(Struct):
    """A button that the customer chose."""

    mid: str = ""
    title: str | None = ""
    payload: str | None = ""


class Delivered(Struct):
    """Messages of ours that arrived."""

    mids: list[str] = []


class Read(Struct):
    """Instagram names what was read last; Messenger only says up to when."""

    mid: str = ""
    watermark: Time = None


class Event(Struct):
    """One thing that happened in a conversation."""

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: Time = None
    message: Words | None = None
    message_edit: Edited | None = None
    postback: Pressed | None = None
    delivery: Delivered | None = None
    read: Read | None = None
    policy: dict[str, Any] | None = field(default=None, name="policy-enforcement")
    reaction: Any = None
    referral: Any = None
    optin: Any = None
    account_linking: Any = None
    pass_thread_control: Any = None
    take_thread_control: Any = None
    request_thread_control: Any = None
    app_roles: Any = None
    message_reads: Any = None


SILENT = ("reaction", "referral", "optin", "account_linking", "pass_thread_control", "take_thread_control",
          "request_thread_control", "app_roles", "message_reads")  # fmt: skip
"""Events that carry no message."""
_event = msgspec.json.Decoder(Event)
_names = msgspec.json.Decoder(dict[str, msgspec.Raw])
_COMMON = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context"})


def read_events(
    events: list[msgspec.Raw], part: Part, account: str, now: Instant, *, standby: bool = False
) -> None:
    """Bring what happened into a part, each by itself: a shape that is not known costs only itself."""
    for raw in events:
        try:
            happened(_event.decode(raw), raw, part, account, now, standby=standby)
        except msgspec.MsgspecError:
            part.strange.append("private message of a new shape")


def happened(
    event: Event, raw: msgspec.Raw, part: Part, account: str, now: Instant, *, standby: bool = False
) -> None:
    """Bring one event into a part."""
    at = when(event.timestamp, now)
    sender = str(event.sender.id or event.sender.user_ref)
    recipient = str(event.recipient.id or event.recipient.user_ref)
    words = event.message
    if words is not None:
        ours = words.is_echo or (bool(account) and sender == account)
        customer = sender if sender not in ("", account) else recipient
        part.messages.append(_said(words, customer, account, at, ours=ours, standby=standby))
    elif event.message_edit is not None:
        part.messages.append(_edit(event.message_edit, sender, recipient, account, at))
    elif event.postback is not None:
        part.messages.append(_pressed(event.postback, sender, at))
    elif event.delivery is not None:
        part.reports.extend(Report(native_id=mid, state="delivered", at=at) for mid in event.delivery.mids)
    elif event.read is not None:
        if event.read.mid:
            part.reports.append(Report(native_id=event.read.mid, state="read", at=at))
        elif event.read.watermark and sender:
            part.read.append(ReadUntil(thread=sender, at=when(event.read.watermark, now)))
    elif event.policy is not None:
        part.strange.append(f"policy enforcement: {event.policy.get('action', '')}")
    elif all(getattr(event, name) is None for name in SILENT):
        names = [name for name in _names.decode(raw) if name not in _COMMON]
        part.strange.append(names[0] if names else "event without a content")


def _said(
    words: Words, customer: str, account: str, at: datetime, *, ours: bool, standby: bool
) -> IncomingMessage:
    if words.is_deleted:
        return IncomingMessage(native_id=words.mid, occurred_at=at, change=Change.DELETE)
    attachments = [_shown(one, at) for one in words.attachments]
    text = words.text or ""
    context: dict[str, Any] = {"customer": customer, "at": int(at.timestamp())}
    parent = words.reply_to.mid if words.reply_to is not None else ""
    story = words.reply_to.story if words.reply_to is not None else None
    if story is not None:
        context["story"] = str(story.id)
        attachments.append(
            Attachment(kind="link", url=story.url, url_expires_at=at + STORY_LIFE, native_id=str(story.id))
        )
    if standby:
        # Another app, or Meta's own assistant, has the conversation: an agent must know before answering.
        context["standby"] = True
    if words.referral is not None:
        context["referral"] = words.referral
    read = bool(text or attachments) and not words.is_unsupported
    return IncomingMessage(
        native_id=words.mid,
        occurred_at=at,
        author=Actor(native_id=account if ours else customer or "unknown"),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=MessageKind.DM if read else MessageKind.UNSUPPORTED,
        visibility=Visibility.DIRECT,
        text=text or _places(words.attachments),
        thread=customer,
        parent_id=parent,
        attachments=attachments,
        client_id=(words.metadata or "")[:1_000] if ours else "",
        context=context,
    )


def _edit(edit: Edited, sender: str, recipient: str, account: str, at: datetime) -> IncomingMessage:
    ours = sender == account
    customer = recipient if ours else sender
    return IncomingMessage(
        native_id=edit.mid,
        occurred_at=at,
        edited_at=at,
        change=Change.EDIT,
        author=Actor(native_id=sender or "unknown"),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=MessageKind.DM,
        visibility=Visibility.DIRECT,
        text=edit.text or "",
        thread=customer,
        context={"customer": customer, "at": int(at.timestamp())},
    )


def _pressed(button: Pressed, sender: str, at: datetime) -> IncomingMessage:
    return IncomingMessage(
        native_id=button.mid or f"postback:{sender}:{round(at.timestamp() * 1000)}",
        occurred_at=at,
        author=Actor(native_id=sender or "unknown"),
        kind=MessageKind.DM,
        visibility=Visibility.DIRECT,
        text=button.title or button.payload or "",
        thread=sender,
        context={"customer": sender, "at": int(at.timestamp())},
    )


def _shown(one: Shown, at: datetime) -> Attachment:
    payload = one.payload if isinstance(one.payload, dict) else {}
    url, title = payload.get("url") or one.url or "", one.title or payload.get("title") or ""
    story = one.type == "story_mention"
    return Attachment(
        kind="link" if one.type in _LINKS else _KINDS.get(one.type, "file"),
        url=str(url),
        url_expires_at=at + STORY_LIFE if story else None,
        name=str(title)[:1_000],
        native_id=str(payload.get("sticker_id") or payload.get("reel_video_id") or ""),
    )


def _places(shown: list[Shown]) -> str:
    """Places in words, and what templates say: they have no file to look at."""
    return "\n".join(filter(None, map(_place, shown)))


def _place(one: Shown) -> str:
    payload = one.payload if isinstance(one.payload, dict) else {}
    spot = payload.get("coordinates")
    if isinstance(spot, dict):
        return f"{one.title or ''} {spot.get('lat')}, {spot.get('long')}".strip()
    if one.type == "template":
        return str(payload.get("text") or one.title or "")
    return ""
