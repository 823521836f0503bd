"""What the events of a stream, and the thread above a status, say to us."""

import msgspec
import structlog

from earful.channels.mastodon.api import Conversation, Notification, Status
from earful.channels.mastodon.parse import concerns

log = structlog.get_logger(__name__)

ANSWERABLE = frozenset(("mention", "quote", "update"))
"""Kinds of notification that carry somebody's words."""
EDITED = frozenset(("status.update", "status_update"))
"""An edit as Mastodon names it, and as other servers do."""


def status_in(kind: str, raw: bytes, me: str) -> Status | None:
    """The status of an event that concerns us; None for anything else, also for what cannot be read."""
    try:
        if kind == "notification":
            notification = msgspec.json.decode(raw, type=Notification)
            return notification.status if notification.type in ANSWERABLE else None
        if kind == "conversation":
            return msgspec.json.decode(raw, type=Conversation).last_status
        if kind == "update" or kind in EDITED:
            status = msgspec.json.decode(raw, type=Status)
            return status if concerns(status, me) else None
    except msgspec.MsgspecError as fault:
        # The next look by page finds the message again, or names the trouble.
        log.warning("stream event could not be read", event_kind=kind, fault=str(fault)[:200])
    return None


def from_root(ancestors: list[Status]) -> list[str]:
    """Ids root first; empty when the chain does not begin at a status that answers nothing."""
    if not ancestors or ancestors[0].in_reply_to_id:
        return []
    return [each.id for each in ancestors]
