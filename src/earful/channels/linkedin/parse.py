"""Notifications and comments of LinkedIn as messages.

A comment is named by its own number, for its URN is written in several ways (`activity:` with and without `urn:li:`,
`ugcPost`). All that is said below a post is one thread.
"""

import re
from datetime import datetime
from typing import Any

from earful.channels.hooks import Part
from earful.channels.kit.again import gone
from earful.channels.kit.loose import mapping, members, moment, number, opened, word
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
from earful.model.time import DAY, Instant, instant
from earful.model.time import moment as moment_of

LINKEDIN = "linkedin"
EVENTS = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
SPOKEN = ("COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT")
ACTIONS = (*SPOKEN, "COMMENT_DELETE", "SHARE", "SHARE_MENTION")
"""What is asked for where nothing is pushed."""
SILENT = frozenset({"LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT"})
"""Actions that say nothing in words."""
_LAST_NUMBER = re.compile(r"([0-9]{1,20})\)?$")
_TIME_BITS = 22
"""Numbers of LinkedIn begin with the milliseconds in which they were given (from memory)."""


def parse_delivery(body: bytes, now: Instant) -> list[Part]:
    """What one delivery says, page by page. Raises Unreadable."""
    delivery = opened(body, "LinkedIn")
    kind = word(delivery, "type")
    if kind != EVENTS:
        return [Part(network=Network.LINKEDIN, strange=[kind or "delivery without a type"])]
    parts: dict[str, Part] = {}
    for raw in members(delivery, "notifications"):
        account = last_number(word(raw, "organizationalEntity"))
        part = parts.setdefault(account, Part(network=Network.LINKEDIN, account=account))
        notification(raw, part, now)
    return list(parts.values())


def notification(raw: dict[str, Any], part: Part, now: Instant) -> None:
    """Put what one notification says into a part."""
    action, urn, post = word(raw, "action"), word(raw, "generatedActivity"), word(raw, "sourcePost")
    decorated = mapping(raw, "decoratedGeneratedActivity")
    if action in SILENT:
        return
    if action == "COMMENT_DELETE":
        native_id = last_number(urn or word(decorated, "comment", "entity"))
        if native_id:
            part.messages.append(gone(LINKEDIN, native_id, now))
    elif action in SPOKEN:
        _spoken(raw, mapping(decorated, "comment"), part, now)
    elif action in ("SHARE", "SHARE_MENTION"):
        share = mapping(decorated, "share")
        message = _share(share, urn or word(share, "entity"), raw, part.account, now)
        if message is not None:
            part.messages.append(message)
        elif action == "SHARE_MENTION":
            part.strange.append(f"{action} without what was said")
    else:
        part.strange.append(action or f"notification without an action below {post}"[:100])


def _spoken(raw: dict[str, Any], comment: dict[str, Any], part: Part, now: Instant) -> None:
    urn = word(raw, "generatedActivity") or word(comment, "entity")
    native_id, post = last_number(urn), word(raw, "sourcePost") or word(comment, "object")
    if not native_id or not post:
        part.strange.append(f"{word(raw, 'action')} without its comment")
        return
    text, owner = word(comment, "text") or word(comment, "message", "text"), word(comment, "owner")
    if not text or not owner:
        part.wanted.append(f"comment:{post}/{native_id}")
        return
    told = moment(raw.get("lastModifiedAt")) or moment_of(now)
    edited = told if word(raw, "action") == "COMMENT_EDIT" else None
    above = word(comment, "parentComment") or word(comment, "object")
    parent = above if above.startswith("urn:li:comment:") else ""
    part.messages.append(
        _comment(native_id, post, part.account, owner=owner, text=text, parent=parent,
                 written=given_at(native_id, told), edited=edited)
    )  # fmt: skip


def comment(raw: dict[str, Any], post: str, organization: str, now: Instant) -> IncomingMessage | None:
    """A comment as the Comments API has it; None when it has no id or no author."""
    native_id = word(raw, "id") or last_number(word(raw, "commentUrn") or word(raw, "$URN"))
    owner = word(raw, "actor")
    if not native_id or not owner:
        return None
    written = moment(mapping(raw, "created").get("time"))
    changed = moment(mapping(raw, "lastModified").get("time"))
    written = written or given_at(native_id, changed or moment_of(now))
    edited = changed if changed is not None and changed > written else None
    pictures = [
        Attachment(kind="image", url=url[:4_000])
        for one in members(raw, "content")
        if (url := word(one, "url")).startswith("https://")
    ]
    likes = number(raw, "likesSummary", "totalLikes")
    return _comment(
        native_id, post or word(raw, "object"), organization, owner=owner, text=word(raw, "message", "text"),
        parent=word(raw, "parentComment"), written=written, edited=edited, pictures=pictures,
        metrics={"likes": likes} if likes is not None else {},
    )  # fmt: skip


def _comment(
    native_id: str, post: str, organization: str, *, owner: str, text: str, parent: str, written: datetime,
    edited: datetime | None, pictures: list[Attachment] | None = None, metrics: dict[str, int] | None = None,
) -> IncomingMessage:  # fmt: skip
    return IncomingMessage(
        native_id=native_id,
        namespace=LINKEDIN,
        occurred_at=written,
        edited_at=edited,
        change=Change.EDIT if edited else Change.CREATE,
        author=_author(owner),
        direction=_direction(owner, organization),
        kind=(MessageKind.REPLY if parent else MessageKind.COMMENT)
        if text or pictures
        else MessageKind.UNSUPPORTED,
        visibility=Visibility.PUBLIC,
        text=text,
        thread=post,
        parent_id=last_number(parent),
        attachments=pictures or [],
        metrics=metrics or {},
        permalink=f"https://www.linkedin.com/feed/update/{post}",
        # What is answered is always the comment at the top: LinkedIn has two levels.
        context={"post": post, "top": parent or f"urn:li:comment:({post},{native_id})"},
    )


def _share(
    share: dict[str, Any], urn: str, raw: dict[str, Any], organization: str, now: Instant
) -> IncomingMessage | None:
    native_id, owner, text = last_number(urn), word(share, "owner"), word(share, "text")
    if not native_id or not owner or not text:
        return None
    mention = word(raw, "action") == "SHARE_MENTION"
    return IncomingMessage(
        native_id=native_id,
        namespace=LINKEDIN,
        occurred_at=given_at(native_id, moment(raw.get("lastModifiedAt")) or moment_of(now)),
        author=_author(owner),
        direction=_direction(owner, organization),
        kind=MessageKind.MENTION if mention else MessageKind.QUOTE,
        visibility=Visibility.PUBLIC,
        text=text,
        thread=urn,
        quoted_id="" if mention else last_number(word(raw, "sourcePost")),
        permalink=f"https://www.linkedin.com/feed/update/{urn}",
        context={"post": urn},
    )


def _author(urn: str) -> Actor:
    """LinkedIn tells no names of members to an app: the id is all there is."""
    return Actor(native_id=urn[:998], handle=urn.rpartition(":")[2][:1_000])


def _direction(owner: str, organization: str) -> Direction:
    ours = owner in (f"urn:li:organization:{organization}", f"urn:li:organizationBrand:{organization}")
    return Direction.OUTBOUND if ours else Direction.INBOUND


def last_number(urn: str) -> str:
    """The number at the end of a URN, which may be in brackets; empty when there is none."""
    found = _LAST_NUMBER.search(urn)
    return found.group(1) if found else ""


def given_at(native_id: str, told: datetime) -> datetime:
    """When a number was given out; what was told where it does not say."""
    at = int(native_id) >> _TIME_BITS if native_id.isdecimal() else 0
    newest = instant(told)
    return moment_of(at) if newest - 3_650 * DAY < at <= newest else told


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of a notification; 0 when it does not say."""
    at = moment(raw.get("lastModifiedAt"))
    return round(at.timestamp() * 1000) if at else 0
