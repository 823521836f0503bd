"""Mentions, which come as ids only, as Instagram shows them (Instagram Platform, "Mentions")."""

import msgspec
from msgspec import Struct

from earful.channels.instagram.parse import Media
from earful.channels.meta.values import Id, Time, when
from earful.model.message import Actor, IncomingMessage, MessageKind
from earful.model.time import Instant

COMMENT_FIELDS = "mentioned_comment.comment_id({id}){{id,text,timestamp,username,media{{id}}}}"
MEDIA_FIELDS = "mentioned_media.media_id({id}){{id,caption,timestamp,username,permalink}}"


class Mentioned(Struct):
    """A comment or a medium with our handle in it."""

    id: Id
    text: str | None = ""
    caption: str | None = ""
    timestamp: Time = None
    username: str | None = ""
    permalink: str | None = ""
    media: Media = Media()


class Answer(Struct):
    """One of the two."""

    mentioned_comment: Mentioned | None = None
    mentioned_media: Mentioned | None = None


_answer = msgspec.json.Decoder(Answer)


def fields_of(what: str) -> str:
    """What to ask the account for, by `kind:id`."""
    kind, _, native_id = what.partition(":")
    return (COMMENT_FIELDS if kind == "mentioned_comment" else MEDIA_FIELDS).format(id=native_id)


def fetched(body: bytes, now: Instant) -> list[IncomingMessage]:
    """The mention; nothing when it is gone. Raises msgspec.MsgspecError when it cannot be read."""
    answer = _answer.decode(body)
    found = answer.mentioned_comment or answer.mentioned_media
    if found is None:
        return []
    is_comment = answer.mentioned_comment is not None
    native_id, media = str(found.id), str(found.media.id or found.id)
    at = when(found.timestamp, now)
    name = found.username or ""
    return [
        IncomingMessage(
            native_id=native_id,
            occurred_at=at,
            # Mentions tell no id of their author, only the name.
            author=Actor(native_id=name or f"someone:{native_id}", handle=name),
            kind=MessageKind.MENTION,
            text=found.text or found.caption or "",
            thread=media,
            parent_id=media if is_comment else "",
            permalink=found.permalink or "",
            context={"at": int(at.timestamp()), "comment": is_comment, "media": media, "mention": True},
        )
    ]
