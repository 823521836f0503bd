"""Events and comments of TikTok as messages. An event tells of a comment by its id only: the comment is fetched."""

from typing import Any

import msgspec

from earful.channels.hooks import Part, ReadUntil
from earful.channels.kit.again import gone
from earful.channels.kit.loose import mapping, moment, number, opened, word
from earful.model.message import (
    Actor,
    Attachment,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import Instant
from earful.model.time import moment as as_moment

TIKTOK = "tiktok"
COMMENT_EVENT = "comment.update"
GONE = "delete"
NEW = frozenset({"", "insert", "set_to_public"})
"""What is there to be fetched; without a word it is looked whether it is."""
HIDDEN = frozenset({"set_to_hidden", "set_to_friends_only"})
RECEIVED, SENT, READ = "im_receive_msg", "im_send_msg", "im_mark_read_msg"
SILENT = ("post.", "video.", "portability.")
"""Events that say nothing in words."""
REVOKED = frozenset({"authorization.removed", "authorization.revoked"})


def parse_event(body: bytes, now: Instant) -> list[Part]:
    """One event. Raises Unreadable."""
    event = opened(body, "TikTok")
    kind = word(event, "event")
    part = Part(network=Network.TIKTOK, account=word(event, "user_openid"))
    if kind in REVOKED:
        why = "The account took its consent back at TikTok. Connect it again."
        return [msgspec.structs.replace(part, revoked=why)]
    if kind == COMMENT_EVENT:
        _comment_event(_content(event), part, now)
    elif kind in (RECEIVED, SENT):
        _direct(kind, _content(event), part, now)
    elif kind == READ:
        content = _content(event)
        read_at, talk = (
            moment(mapping(content, "read").get("last_read_timestamp")),
            word(content, "conversation_id"),
        )
        # Our own reading of the conversation in the app is told, too.
        if read_at is not None and talk and word(content, "from_user", "id") != part.account:
            part.read.append(ReadUntil(thread=talk, at=read_at, namespace=TIKTOK))
    elif not kind.startswith(SILENT):
        part.strange.append(kind or "event without a name")
    return [part]


def _content(event: dict[str, Any]) -> dict[str, Any]:
    """The content is JSON in a text; an object is taken as well."""
    content = event.get("content")
    if not isinstance(content, str):
        return mapping(content)
    try:
        return mapping(msgspec.json.decode(content))
    except (msgspec.MsgspecError, RecursionError):
        return {}


def _comment_event(content: dict[str, Any], part: Part, now: Instant) -> None:
    comment_id, video, top = word(content, "comment_id"), word(content, "video_id"), _top(content)
    action = word(content, "comment_action").lower()
    if not comment_id or not video:
        part.strange.append(f"{COMMENT_EVENT} of a new shape")
    elif action == GONE:
        part.messages.append(gone(TIKTOK, comment_id, now))
    elif action in NEW:
        below = f"reply:{video}/{top}" if top else f"comment:{video}"
        part.wanted.append(f"{below}/{comment_id}")
    elif action not in HIDDEN:
        part.strange.append(f"{COMMENT_EVENT} {action}".strip())


def _direct(kind: str, content: dict[str, Any], part: Part, now: Instant) -> None:
    """A private message: of a customer, or of ours wherever it was written."""
    native_id, talk = word(content, "message_id"), word(content, "conversation_id")
    ours = kind == SENT
    customer = mapping(content, "to_user" if ours else "from_user")
    if not native_id or not talk or not word(customer, "id"):
        part.strange.append(f"{kind} of a new shape")
        return
    written = moment(content.get("timestamp")) or as_moment(now)
    text, image = word(content, "text", "body"), word(content, "image", "media_id")
    name = word(content, "to" if ours else "from")
    shared = word(content, "share_post", "embed_url")
    part.messages.append(
        IncomingMessage(
            native_id=native_id,
            namespace=TIKTOK,
            occurred_at=written,
            author=Actor(
                native_id=(part.account or "us") if ours else word(customer, "id")[:998],
                handle="" if ours else name[:1_000],
            ),
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            kind=MessageKind.DM if text or image or shared else MessageKind.UNSUPPORTED,
            visibility=Visibility.DIRECT,
            text=text or shared,
            thread=talk,
            parent_id=word(content, "referenced_message_info", "referenced_message_id"),
            # TikTok gives the address of a picture only to whoever names where it was said.
            attachments=[Attachment(kind="image", native_id=f"{talk}/{native_id}/{image}")] if image else [],
            context={"conversation": talk},
        )
    )


def _top(raw: dict[str, Any]) -> str:
    """The comment above; TikTok writes 0 or the video's id where there is none."""
    above = word(raw, "parent_comment_id")
    return "" if above in ("0", word(raw, "video_id"), word(raw, "comment_id")) else above


def comment(raw: dict[str, Any]) -> IncomingMessage | None:
    """One comment as it is listed; None when it has no id, author or time."""
    native_id, written = word(raw, "comment_id"), moment(raw.get("create_time"))
    name, shown = word(raw, "username"), word(raw, "display_name")
    author = word(raw, "user_id") or word(raw, "unique_identifier") or name
    if not native_id or not author or written is None:
        return None
    top, video = _top(raw), word(raw, "video_id")
    text, image = word(raw, "text"), word(raw, "image_url")
    counts = {"likes": number(raw, "likes"), "replies": number(raw, "replies")}
    words = text or image
    return IncomingMessage(
        native_id=native_id,
        namespace=TIKTOK,
        occurred_at=written,
        author=Actor(
            native_id=author[:998],
            handle=name[:1_000],
            name=(shown or name)[:1_000],
            avatar_url=word(raw, "profile_image")[:1_000],
            profile_url=f"https://www.tiktok.com/@{name}"[:1_000] if name else "",
        ),
        direction=Direction.OUTBOUND if raw.get("owner") is True else Direction.INBOUND,
        kind=(MessageKind.REPLY if top else MessageKind.COMMENT) if words else MessageKind.UNSUPPORTED,
        visibility=Visibility.PUBLIC,
        text=text,
        thread=top or native_id,
        parent_id=top,
        attachments=[Attachment(kind="image", url=image[:4_000])] if image.startswith("https://") else [],
        metrics={name: count for name, count in counts.items() if count is not None},
        permalink=f"https://www.tiktok.com/@_/video/{video}" if video else "",
        context={"video": video, "top": top or native_id},
    )
