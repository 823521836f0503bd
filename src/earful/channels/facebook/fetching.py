"""Comments and posts as the Graph API gives them: mentions that came as ids, and history."""

import msgspec
from msgspec import Struct

from earful.channels.meta.values import Id, Time, when
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind
from earful.model.time import Instant

COMMENT_FIELDS = "id,message,created_time,from,parent{id},object{id},permalink_url"
POST_FIELDS = "id,message,created_time,from,permalink_url"


class By(Struct):
    """Who wrote it; missing where the app may not know."""

    id: Id
    name: str | None = ""


class Node(Struct):
    """A reference."""

    id: Id


class Shown(Struct):
    """A comment or a post."""

    id: Id
    message: str | None = ""
    created_time: Time = None
    from_: By | None = msgspec.field(default=None, name="from")
    parent: Node | None = None
    object: Node | None = None
    permalink_url: str | None = ""


_shown = msgspec.json.Decoder(Shown)


def fetched(body: bytes, kind: str, page_id: str, now: Instant) -> list[IncomingMessage]:
    """What a mention was. Raises msgspec.MsgspecError when it cannot be read."""
    return [
        as_message(_shown.decode(body), page_id, now, kind=MessageKind.MENTION, is_comment=kind == "comment")
    ]


def as_message(
    shown: Shown, page_id: str, now: Instant, *, kind: MessageKind, is_comment: bool
) -> IncomingMessage:
    """A comment or a post as its webhook would have told of it."""
    native_id = str(shown.id)
    by = shown.from_
    author = (
        Actor(native_id=str(by.id), name=by.name or "") if by else Actor(native_id=f"someone:{native_id}")
    )
    at = when(shown.created_time, now)
    thread = str(shown.object.id) if shown.object is not None else native_id
    above = str(shown.parent.id) if shown.parent is not None else thread
    return IncomingMessage(
        native_id=native_id,
        occurred_at=at,
        author=author,
        direction=Direction.OUTBOUND if author.native_id == page_id else Direction.INBOUND,
        kind=kind,
        text=shown.message or "",
        thread=thread,
        parent_id=above if above != native_id else "",
        permalink=shown.permalink_url or "",
        context={"at": int(at.timestamp()), "comment": is_comment},
    )
