"""Reviews at Google as messages: the review, and the one reply that it may have.

A reply has no id of its own there: it is named by its review for ever, and another reply is an edit of it.
"""

from typing import Any

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

GOOGLE = "google:reviews"
STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
TRANSLATED, ORIGINAL = "(Translated by Google)", "(Original)"


def review(raw: dict[str, Any], location: str) -> list[IncomingMessage]:
    """A review with its reply, the reply first; nothing when it has no id or time.

    Reviewers are told by name only: each review has an author of its own.
    """
    review_id = word(raw, "reviewId") or word(raw, "name").rpartition("/")[2]
    written, changed = moment(raw.get("createTime")), moment(raw.get("updateTime"))
    written = written or changed
    if not review_id or written is None:
        return []
    native_id = f"{location}/{review_id}"
    name, rating = word(raw, "reviewer", "displayName"), stars(raw)
    edited = changed if changed is not None and changed > written else None
    answer = _reply(mapping(raw, "reviewReply"), native_id, location)
    said = IncomingMessage(
        native_id=native_id,
        namespace=GOOGLE,
        occurred_at=written,
        edited_at=edited,
        change=Change.EDIT if edited else Change.CREATE,
        author=Actor(
            native_id=f"review:{native_id}",
            handle=name[:1_000],
            name=name[:1_000],
            avatar_url=word(raw, "reviewer", "profilePhotoUrl")[:1_000],
        ),
        kind=MessageKind.REVIEW,
        visibility=Visibility.PUBLIC,
        text=own_words(word(raw, "comment")),
        # A change of the stars alone must be an edit too.
        subject=f"{rating} of 5 stars" if rating else "",
        thread=native_id,
        attachments=_pictures(raw),
        metrics={"rating": rating} if rating else {},
        context={"location": location},
    )
    return [said] if answer is None else [answer, said]


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of the last change of a review, as its list is ordered; 0 when it does not say."""
    at = moment(raw.get("updateTime")) or moment(raw.get("createTime"))
    return round(at.timestamp() * 1000) if at else 0


def stars(raw: dict[str, Any]) -> int:
    """How many of five; 0 where there are none."""
    told = STARS.get(word(raw, "starRating")) or number(raw, "starRating") or 0
    return told if 0 <= told <= 5 else 0


def own_words(comment: str) -> str:
    """A comment without the translation that Google puts before or behind what was written."""
    if TRANSLATED not in comment:
        return comment
    before, _, after = comment.partition(TRANSLATED)
    return after.partition(ORIGINAL)[2].strip() or before.strip() or after.strip()


def _reply(raw: dict[str, Any], native_id: str, location: str) -> IncomingMessage | None:
    text, at = own_words(word(raw, "comment")), moment(raw.get("updateTime"))
    if not text or at is None:
        return None
    return IncomingMessage(
        native_id=reply_id(native_id),
        namespace=GOOGLE,
        occurred_at=at,
        author=Actor(native_id=f"location:{location}"),
        direction=Direction.OUTBOUND,
        kind=MessageKind.REPLY,
        visibility=Visibility.PUBLIC,
        text=text,
        thread=native_id,
        parent_id=native_id,
    )


def reply_id(review_id: str) -> str:
    """What the reply to a review is called."""
    return f"{review_id}/reply"


def _pictures(raw: dict[str, Any]) -> list[Attachment]:
    urls = (word(one, "thumbnailUrl") for one in members(raw, "reviewMediaItems"))
    return [Attachment(kind="image", url=url[:4_000]) for url in urls if url.startswith("https://")]
