"""Things of Reddit as messages: comments (t1), posts (t3), private messages (t4). Named by their full name for ever."""

import re
from typing import Any

from earful.channels.kit.again import gone
from earful.channels.kit.loose import mapping, members, moment, number, word
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

REDDIT = "reddit"
GONE = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]"})
KINDS = {
    "username_mention": MessageKind.MENTION, "comment_reply": MessageKind.REPLY, "post_reply": MessageKind.REPLY,
}  # fmt: skip
_LINK = re.compile(r"/comments/([a-z0-9]{1,12})/")


def thing(raw: dict[str, Any], me: str, now: Instant) -> IncomingMessage | None:
    """One thing of a listing; None when it has no name, or no author and time."""
    kind, data = word(raw, "kind"), mapping(raw, "data")
    name = word(data, "name") or (f"{kind}_{word(data, 'id')}" if kind and word(data, "id") else "")
    author, written = word(data, "author"), moment(data.get("created_utc"))
    if not name:
        return None
    body = word(data, "body") or word(data, "selftext")
    if body in GONE or (author == "[deleted]" and not body):
        return gone(REDDIT, name, now)
    if not author or written is None:
        return None
    private, is_post = kind == "t4", kind == "t3"
    title = word(data, "title")
    edited = moment(data.get("edited")) if not isinstance(data.get("edited"), bool) else None
    link = word(data, "link_id") or _link_of(word(data, "context") or word(data, "permalink"))
    ours = author.casefold() == me.casefold()
    text = "\n\n".join(one for one in (title if is_post else "", body) if one)
    path = word(data, "permalink") or word(data, "context").partition("?")[0]
    to = word(data, "dest")
    return IncomingMessage(
        native_id=name,
        namespace=REDDIT,
        occurred_at=written,
        edited_at=edited,
        change=Change.EDIT if edited else Change.CREATE,
        author=Actor(
            native_id=word(data, "author_fullname") or author,
            handle=author[:1_000],
            name=author[:1_000],
            profile_url=f"https://www.reddit.com/user/{author}"[:1_000],
        ),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=_kind(kind, word(data, "type"), parent=word(data, "parent_id")),
        visibility=Visibility.DIRECT if private else Visibility.PUBLIC,
        text=text,
        subject=(word(data, "subject") if private else title)[:1_000],
        thread=(word(data, "first_message_name") or name) if private else (name if is_post else link or name),
        parent_id=word(data, "parent_id"),
        recipients=[Actor(native_id=to, handle=to)] if private and to and not to.startswith("#") else [],
        attachments=_attachments(data) if is_post else [],
        metrics=_metrics(data),
        permalink=f"https://www.reddit.com{path}" if path.startswith("/r/") else "",
        context={"subreddit": word(data, "subreddit")} if word(data, "subreddit") else {},
    )


def children(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The things of a listing."""
    return members(answer, "data", "children")


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of when a thing was made; 0 when it does not say."""
    at = moment(mapping(raw, "data").get("created_utc"))
    return round(at.timestamp() * 1000) if at else 0


def _kind(kind: str, told: str, *, parent: str) -> MessageKind:
    match kind:
        case "t1":
            return KINDS.get(told, MessageKind.REPLY if parent.startswith("t1_") else MessageKind.COMMENT)
        case "t3":
            return MessageKind.POST
        case "t4":
            return MessageKind.DM
    return MessageKind.UNSUPPORTED


def _link_of(path: str) -> str:
    found = _LINK.search(path)
    return f"t3_{found.group(1)}" if found else ""


def _attachments(data: dict[str, Any]) -> list[Attachment]:
    url = word(data, "url")
    if data.get("is_self") is True or not url.startswith("https://"):
        return []
    kind = (
        "image" if word(data, "post_hint") == "image" else "video" if data.get("is_video") is True else "link"
    )
    return [Attachment(kind=kind, url=url[:4_000])]


def _metrics(data: dict[str, Any]) -> dict[str, int]:
    counts = {"likes": number(data, "ups"), "replies": number(data, "num_comments")}
    return {name: count for name, count in counts.items() if count is not None}
