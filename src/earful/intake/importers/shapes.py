"""Common shapes of exports: columns by the names that other tools give them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from earful.model.message import Actor, Direction, IncomingMessage, MessageKind, Visibility

ID = ("id", "post_id", "message_id", "tweet_id", "comment_id", "status_id")
TEXT = ("text", "body", "content", "message", "comment")
AUTHOR = ("author", "author_id", "user", "username", "from", "screen_name", "handle")
TIME = ("created_at", "occurred_at", "date", "timestamp", "time", "published_at")
PARENT = ("parent_id", "in_reply_to", "in_reply_to_id", "reply_to", "in_response_to_tweet_id")
THREAD = ("conversation_id", "thread", "thread_id")
ROLE = ("author_role", "role", "direction")
OURS = frozenset({"brand", "agent", "company", "outbound", "us", "support", "false"})

_FORMATS = ("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d")


def from_columns(row: Mapping[str, Any]) -> IncomingMessage:
    """A message from named columns. Raises ValueError that names the missing or unusable column."""
    native_id = _first(row, ID)
    if not native_id:
        raise ValueError(f"no id: one of the columns {', '.join(ID)} is needed")
    author = _first(row, AUTHOR)
    if not author:
        raise ValueError(f"no author: one of the columns {', '.join(AUTHOR)} is needed")
    role = _first(row, ROLE).lower()
    ours = role in OURS or (role == "" and str(row.get("inbound", "")).lower() == "false")
    parent = _first(row, PARENT)
    try:
        return IncomingMessage(
            native_id=native_id,
            occurred_at=parse_time(_first(row, TIME)),
            author=Actor(native_id=author, handle=author.lstrip("@"), name=str(row.get("name") or "")),
            text=_first(row, TEXT),
            kind=MessageKind(str(row.get("kind") or ("reply" if parent else "post"))),
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            visibility=Visibility(str(row.get("visibility") or "public")),
            parent_id=parent,
            thread=_first(row, THREAD),
            subject=str(row.get("subject") or ""),
            permalink=str(row.get("permalink") or row.get("url") or ""),
        )
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if value is not None and value != "":
            return str(value)
    return ""


def parse_time(text: str) -> datetime:
    """A time as exports write it; without a zone it is read as UTC. Raises ValueError otherwise."""
    if not text:
        raise ValueError(f"no time: one of the columns {', '.join(TIME)} is needed")
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        for pattern in _FORMATS:
            try:
                found = datetime.strptime(text, pattern)  # noqa: DTZ007 - a zone is added below when none is named
                break
            except ValueError:
                continue
        else:
            raise ValueError(f"the time {text!r} is not one; write it as 2026-11-21T20:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
