"""Comments of YouTube as messages: threads with their first comment, and the replies below it."""

from typing import Any

from earful.channels.kit.html import to_text
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

YOUTUBE = "youtube"
PUBLISHED = ("", "published")


def thread(raw: dict[str, Any], me: str) -> list[IncomingMessage]:
    """A thread's first comment and those replies that came with it, the newest first."""
    snippet = mapping(raw, "snippet")
    video = word(snippet, "videoId")
    found = [comment(mapping(snippet, "topLevelComment"), me, video=video)]
    found += [comment(one, me, video=video) for one in members(raw, "replies", "comments")]
    return sorted((one for one in found if one is not None), key=lambda one: one.occurred_at, reverse=True)


def comment(raw: dict[str, Any], me: str, *, video: str = "") -> IncomingMessage | None:
    """One comment; None when it has no id, author or time."""
    native_id, snippet = word(raw, "id"), mapping(raw, "snippet")
    written, changed = moment(snippet.get("publishedAt")), moment(snippet.get("updatedAt"))
    name = word(snippet, "authorDisplayName")
    author_id = word(snippet, "authorChannelId", "value") or word(snippet, "authorChannelUrl") or name
    if not native_id or not author_id or written is None:
        return None
    edited = changed if changed is not None and changed > written else None
    parent = word(snippet, "parentId")
    video = word(snippet, "videoId") or video
    state = word(snippet, "moderationStatus")
    image = word(snippet, "imageUrl")
    text = word(snippet, "textOriginal") or to_text(word(snippet, "textDisplay"))
    return IncomingMessage(
        native_id=native_id,
        namespace=YOUTUBE,
        occurred_at=written,
        edited_at=edited,
        change=Change.EDIT if edited else Change.CREATE,
        author=Actor(
            native_id=author_id,
            handle=name.removeprefix("@")[:1_000],
            name=name[:1_000],
            avatar_url=word(snippet, "authorProfileImageUrl")[:1_000],
            profile_url=word(snippet, "authorChannelUrl")[:1_000],
        ),
        direction=Direction.OUTBOUND if author_id == me else Direction.INBOUND,
        kind=MessageKind.REPLY
        if parent
        else MessageKind.COMMENT
        if text or image
        else MessageKind.UNSUPPORTED,
        visibility=Visibility.PUBLIC,
        text=text,
        thread=parent or native_id,
        parent_id=parent,
        attachments=[Attachment(kind="image", url=image)] if image else [],
        metrics={"likes": likes} if (likes := number(snippet, "likeCount")) is not None else {},
        permalink=f"https://www.youtube.com/watch?v={video}&lc={native_id}" if video else "",
        context={"top": parent or native_id, "video": video}
        | ({} if state in PUBLISHED else {"held": state}),
    )
