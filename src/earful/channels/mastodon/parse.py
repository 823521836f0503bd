"""A status as a message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from earful.channels.kit.html import sanitise, scrub, to_text
from earful.channels.mastodon.api import Account, Media, Notification, Status
from earful.channels.mastodon.limits import VISIBILITY
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Visibility,
)

_MEDIA = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


def host_of(server: str) -> str:
    """`example.social`, with a port where it has one."""
    return urlsplit(server).netloc.lower()


def namespace_of(server: str) -> str:
    """Status ids mean something on their server only."""
    return f"mastodon:{host_of(server)}"


def parse_status(
    status: Status, *, server: str, me: str, ancestors: Sequence[str] = (), backfill: bool = False
) -> IncomingMessage:
    """The message of a status; ours (account id `me`) come back as outbound echoes.

    An edited status is an `edit` whose revision is its time. `ancestors` are the ids above it, root first;
    `thread` is the root where it is known: the first ancestor, or the status itself when it answers nothing.
    """
    outbound = status.account.id == me
    ancestor_ids = list(ancestors)
    visibility = VISIBILITY.get(status.visibility, Visibility.DIRECT)
    quoted = _quoted_id(status.quote)
    root = ancestor_ids[0] if ancestor_ids else ("" if status.in_reply_to_id else status.id)
    return IncomingMessage(
        native_id=status.id,
        namespace=namespace_of(server),
        occurred_at=status.created_at,
        author=actor_of(status.account, server),
        text=to_text(status.content or "", links=False),
        html=sanitise(status.content or ""),
        subject=scrub(status.spoiler_text or "")[:1000],
        change=Change.EDIT if status.edited_at else Change.CREATE,
        edited_at=status.edited_at,
        revision=status.edited_at.isoformat() if status.edited_at else "",
        kind=_kind(status, visibility, quoted, outbound=outbound),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        visibility=visibility,
        language=(status.language or "")[:35],
        thread=root,
        parent_id=status.in_reply_to_id or "",
        ancestor_ids=ancestor_ids,
        quoted_id=quoted,
        recipients=[
            Actor(native_id=each.id, handle=_handle(each.acct, server), profile_url=each.url or "")
            for each in status.mentions[:100]
        ],
        attachments=[_attachment(each) for each in status.media_attachments],
        metrics=_metrics(status),
        permalink=(status.url or "")[:4096],
        backfill=backfill,
        context={"acct": status.account.acct, "uri": status.uri or ""},
    )


def unreadable(notification: Notification, *, server: str) -> IncomingMessage:
    """What is kept of a mention that could not be understood: that it came, and its text as it came."""
    return IncomingMessage(
        native_id=f"notification:{notification.id}",
        namespace=namespace_of(server),
        occurred_at=notification.created_at,
        author=Actor(native_id="unknown"),
        text="Mastodon sent something that Earful cannot read. It is kept in the raw delivery.",
        kind=MessageKind.UNSUPPORTED,
        visibility=Visibility.DIRECT,
        context={"notification": notification.id, "type": notification.type},
    )


def deletion(status_id: str, *, server: str, at: datetime) -> IncomingMessage:
    """A status is gone."""
    return IncomingMessage(
        native_id=status_id, namespace=namespace_of(server), occurred_at=at, change=Change.DELETE
    )


def concerns(status: Status, me: str) -> bool:
    """Whether a status of the home timeline is ours, or speaks to us."""
    if status.reblog is not None:
        return False
    return status.account.id == me or any(each.id == me for each in status.mentions)


def actor_of(account: Account, server: str) -> Actor:
    """The author; `handle` is whole, with the server, also for accounts of our own server."""
    followers = account.followers_count
    return Actor(
        native_id=account.id,
        handle=_handle(account.acct or account.username, server),
        name=scrub(account.display_name or account.username)[:1000],
        avatar_url=(account.avatar or "")[:1000],
        profile_url=(account.url or "")[:1000],
        # Servers that hide the number say -1.
        followers=followers if followers is not None and followers >= 0 else None,
        bot=bool(account.bot),
        alt_ids={"acct": account.acct},
    )


def _handle(acct: str, server: str) -> str:
    return acct if "@" in acct else f"{acct}@{host_of(server)}"


def _kind(status: Status, visibility: Visibility, quoted: str, *, outbound: bool) -> MessageKind:
    if visibility is Visibility.DIRECT:
        return MessageKind.DM
    if status.in_reply_to_id:
        return MessageKind.REPLY
    if quoted:
        return MessageKind.QUOTE
    return MessageKind.POST if outbound else MessageKind.MENTION


def _quoted_id(quote: Any) -> str:
    """Mastodon 4.4: a Quote or ShallowQuote entity; other servers put the quoted status itself there."""
    if not isinstance(quote, dict):
        return ""
    inner = quote.get("quoted_status")
    if isinstance(inner, dict):
        return str(inner.get("id") or "")
    return str(quote.get("quoted_status_id") or quote.get("id") or "")


def _attachment(media: Media) -> Attachment:
    return Attachment(
        kind=_MEDIA.get(media.type, "file"),
        url=media.url or media.remote_url or "",
        alt=scrub(media.description or ""),
        native_id=media.id,
    )


def _metrics(status: Status) -> dict[str, int]:
    counts = {
        "replies": status.replies_count,
        "reposts": status.reblogs_count,
        "likes": status.favourites_count,
        "quotes": status.quotes_count,
    }
    return {name: number for name, number in counts.items() if number is not None and number >= 0}
