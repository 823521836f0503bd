"""A reply under a comment, or the one private reply that a comment may get."""

from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.facebook.limits import CAPABILITIES, PRIVATE_LENGTH
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.channels.meta.private import in_time
from earful.channels.meta.values import Id, Time
from earful.model.message import PRIVATE, Visibility
from earful.model.time import Instant


class Said(Struct):
    """A comment as the API lists it."""

    id: Id
    message: str | None = ""
    created_time: Time = None
    from_: "By | None" = msgspec.field(default=None, name="from")


class By(Struct):
    """Who wrote it."""

    id: Id = ""
    name: str | None = ""


class Composed(Struct, frozen=True):
    """A request that says something."""

    path: str
    fields: dict[str, Any]
    private: bool


def compose(reply: Reply, page_id: str, now: Instant) -> Composed:
    """The request. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    private = reply.audience is Visibility.DIRECT
    if reply.to.visibility in PRIVATE or (not private and reply.audience is not reply.to.visibility):
        raise SendRefused(f"This is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    if private and reply.files:
        raise SendRefused(f"{CAPABILITIES.no_files} Nothing was sent.")
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    most = PRIVATE_LENGTH if private else CAPABILITIES.max_length
    length = count(text, CAPABILITIES.counter)
    if most is not None and length > most:
        raise SendRefused(f"The reply is {length} characters long, Facebook allows {most}; nothing was sent.")
    if not private:
        return Composed(f"{reply.to.native_id}/comments", {"message": text}, private=False)
    in_time(reply, CAPABILITIES.window.seconds if CAPABILITIES.window is not None else 0, now)
    name = "comment_id" if reply.to.context.get("comment", True) else "post_id"
    message = {"text": text, "metadata": reply.client_id}
    return Composed(
        f"{page_id}/messages", {"recipient": {name: reply.to.native_id}, "message": message}, private=True
    )
