"""Updates of the Bot API as messages. The key of a message is (chat, message id): update ids only order them."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from earful.channels.hooks import Part, Unreadable
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import Instant

SILENT = frozenset(
    {"business_connection", "my_chat_member", "chat_member", "callback_query", "message_reaction",
     "message_reaction_count", "poll", "poll_answer", "inline_query", "chosen_inline_result", "chat_boost",
     "removed_chat_boost", "chat_join_request", "shipping_query", "pre_checkout_query", "purchased_paid_media"}
)  # fmt: skip
"""Updates that carry no message."""
FILES = ("document", "video", "audio", "voice", "animation", "video_note", "sticker")
_KINDS = {"video": "video", "animation": "video", "video_note": "video", "audio": "audio", "voice": "audio",
          "sticker": "image"}  # fmt: skip
_SERVICE = (
    "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "migrate_to_chat_id",
    "migrate_from_chat_id", "pinned_message", "message_auto_delete_timer_changed", "forum_topic_created",
    "forum_topic_edited", "forum_topic_closed",
)  # fmt: skip


class User(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#user"""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class Chat(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#chat"""

    id: int
    type: str
    title: str = ""
    username: str = ""
    first_name: str = ""
    last_name: str = ""


class Entity(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#messageentity: offsets in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""


class Message(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#message"""

    message_id: int
    date: int
    chat: Chat
    from_: User | None = field(default=None, name="from")
    sender_chat: Chat | None = None
    sender_business_bot: User | None = None
    business_connection_id: str = ""
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: "Message | None" = None
    edit_date: int | None = None
    text: str = ""
    caption: str = ""
    entities: list[Entity] = []
    caption_entities: list[Entity] = []
    media_group_id: str = ""
    author_signature: str = ""
    photo: list[dict[str, Any]] = []


class _Deleted(Struct, kw_only=True):
    business_connection_id: str
    chat: Chat
    message_ids: list[int]


_update = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any = msgspec.json.Decoder(dict[str, Any])
_message = msgspec.json.Decoder(Message)
_deleted = msgspec.json.Decoder(_Deleted)


def parse_update(raw: bytes, bot_id: str, now: Instant) -> Part:
    """One update. Raises Unreadable when it is no update at all."""
    try:
        update = _update.decode(raw)
        int(bytes(update["update_id"]))
    except (msgspec.MsgspecError, KeyError, ValueError) as fault:
        raise Unreadable(f"This is no update of the Bot API: {str(fault)[:200]}.") from None
    messages: list[IncomingMessage] = []
    strange: list[str] = []
    for name, body in update.items():
        if name == "update_id" or name in SILENT:
            continue
        try:
            if name == "deleted_business_messages":
                messages += _tombstones(_deleted.decode(body), now)
            elif name.endswith(("message", "channel_post")):
                messages += _said(_message.decode(body), _any.decode(body), bot_id, edited="edited" in name)
            else:
                strange.append(name)
        except msgspec.MsgspecError:
            strange.append(f"{name} of a new shape")
    return Part(network=Network.TELEGRAM, messages=messages, strange=strange)


def namespace_of(chat_id: int | str) -> str:
    """Message ids count anew in every chat."""
    return f"tg:chat:{chat_id}"


def _said(message: Message, raw: dict[str, Any], bot_id: str, *, edited: bool) -> list[IncomingMessage]:
    chat = message.chat
    author, ours = _author(message, bot_id)
    attachments = _attachments(message, raw)
    text = _with_links(message.text or message.caption, message.entities or message.caption_entities)
    kind, visibility = _place(chat)
    if not text and not attachments:
        text, kind = _otherwise(raw, kind)
    parent = message.reply_to_message
    thread = str(chat.id)
    if message.is_topic_message and message.message_thread_id:
        thread = f"{chat.id}/{message.message_thread_id}"
    context: dict[str, Any] = {"chat_id": str(chat.id)}
    if message.message_thread_id is not None and message.is_topic_message:
        context["message_thread_id"] = message.message_thread_id
    if message.business_connection_id:
        context["business_connection_id"] = message.business_connection_id
    return [
        IncomingMessage(
            native_id=str(message.message_id),
            namespace=namespace_of(chat.id),
            occurred_at=_at(message.date),
            edited_at=_at(message.edit_date or message.date) if edited else None,
            change=Change.EDIT if edited else Change.CREATE,
            author=author,
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            kind=kind,
            visibility=visibility,
            text=text,
            language=message.from_.language_code if message.from_ is not None else "",
            thread=thread,
            parent_id=str(parent.message_id) if parent is not None else "",
            attachments=attachments,
            permalink=f"https://t.me/{chat.username}/{message.message_id}"
            if chat.username and chat.type != "private"
            else "",
            context=context,
        )
    ]


def _permalink(chat: Chat, message_id: int) -> str:
    return f"https://t.me/{chat.username}/{message_id}" if chat.username and chat.type != "private" else ""


def _author(message: Message, bot_id: str) -> tuple[Actor, bool]:
    """Who wrote it, and whether that is us: the bot, or the owner of a business account."""
    user, chat = message.from_, message.sender_chat
    if chat is not None and (user is None or chat.id != message.chat.id or chat.type == "channel"):
        name = chat.title or chat.username or str(chat.id)
        return Actor(native_id=str(chat.id), handle=chat.username, name=name), False
    if user is None:
        return Actor(native_id=str(message.chat.id), name=message.chat.title or "unknown"), False
    name = f"{user.first_name} {user.last_name}".strip()
    owner = bool(message.business_connection_id) and user.id != message.chat.id
    ours = str(user.id) == bot_id or owner or message.sender_business_bot is not None
    profile = f"https://t.me/{user.username}" if user.username else ""
    actor = Actor(
        native_id=str(user.id), handle=user.username, name=name, profile_url=profile, bot=user.is_bot
    )
    return actor, ours


def _place(chat: Chat) -> tuple[MessageKind, Visibility]:
    if chat.type == "private":
        return MessageKind.DM, Visibility.DIRECT
    if chat.type == "channel":
        return MessageKind.POST, Visibility.PUBLIC if chat.username else Visibility.GROUP
    return MessageKind.COMMENT, Visibility.PUBLIC if chat.username else Visibility.GROUP


def _attachments(message: Message, raw: dict[str, Any]) -> list[Attachment]:
    """Files by their id at the network: a link to one is good for an hour and is asked for when it is needed."""
    found = []
    if message.photo:
        largest = max(message.photo, key=lambda one: int(one.get("width", 0)))
        found.append(_file(largest, "image", "image/jpeg"))
    for name in FILES:
        file = raw.get(name)
        # An animation comes a second time as a document, for old clients.
        if isinstance(file, dict) and not (name == "document" and "animation" in raw):
            found.append(_file(file, _KINDS.get(name, "file"), ""))
    return found


def _file(file: dict[str, Any], kind: str, mime: str) -> Attachment:
    size = file.get("file_size")
    return Attachment(
        kind=kind,
        native_id=str(file.get("file_id", "")),
        mime=str(file.get("mime_type") or mime),
        name=str(file.get("file_name") or ""),
        size=size if isinstance(size, int) and size >= 0 else None,
        alt=str(file.get("emoji") or ""),
    )


def _otherwise(raw: dict[str, Any], kind: MessageKind) -> tuple[str, MessageKind]:
    """What has neither words nor files: places and contacts in words, events of the chat, and what is not known."""
    if isinstance(contact := raw.get("contact"), dict):
        name = f"{contact.get('first_name', '')} {contact.get('last_name', '')}".strip()
        return f"{name}: {contact.get('phone_number', '')}", kind
    place = raw.get("venue") or {}
    spot = raw.get("location") or (place.get("location") if isinstance(place, dict) else None)
    if isinstance(spot, dict):
        words = (
            f"{place.get('title', '')} {place.get('address', '')}".strip() if isinstance(place, dict) else ""
        )
        return f"{words} {spot.get('latitude')}, {spot.get('longitude')}".strip(), kind
    if any(name in raw for name in _SERVICE):
        return "", MessageKind.SYSTEM
    return "", MessageKind.UNSUPPORTED


def _with_links(text: str, entities: list[Entity]) -> str:
    """Links that hide behind words are written out: an agent must see where they lead."""
    hidden = sorted(
        (one for one in entities if one.type == "text_link" and one.url), key=lambda one: -one.offset
    )
    if not hidden:
        return text
    units = text.encode("utf-16-le")
    for one in hidden:
        end = 2 * (one.offset + one.length)
        units = units[:end] + f" ({one.url})".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace")


def _tombstones(gone: _Deleted, now: Instant) -> list[IncomingMessage]:
    return [
        IncomingMessage(
            native_id=str(message_id),
            namespace=namespace_of(gone.chat.id),
            occurred_at=_at(now // 1000),
            change=Change.DELETE,
        )
        for message_id in gone.message_ids
    ]


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
