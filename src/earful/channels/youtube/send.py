"""A reply below a comment. YouTube has no idempotency key: a time-out is never followed by a blind resend."""

from typing import Any

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.youtube.limits import CAPABILITIES
from earful.model.message import Visibility

HELD = {"heldForReview": "held for review", "likelySpam": "taken for spam", "rejected": "rejected"}


class Composed(Struct, frozen=True, kw_only=True):
    """A comment below another."""

    top: str
    text: str
    held: str = ""
    """Why nobody saw the comment when it came, in words; empty when it was public."""

    @property
    def body(self) -> dict[str, Any]:
        """A Comment of the API."""
        return {"snippet": {"parentId": self.top, "textOriginal": self.text}}


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("YouTube has public comments only; nothing was sent.")
    top = str(reply.to.context.get("top") or reply.to.native_id.partition(".")[0])
    text = scrub(reply.text).strip()
    if not text or not top:
        raise SendRefused("The reply has no text, or it is not known what it answers; nothing was sent.")
    # Below a comment everybody answers in one row: who is meant must be named.
    if reply.to.native_id != top and reply.to.author_handle and f"@{reply.to.author_handle}" not in text:
        text = f"@{reply.to.author_handle} {text}"
    if CAPABILITIES.max_length is not None and len(text) > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {len(text)} characters long, YouTube allows 10,000; nothing was sent."
        )
    held = str(reply.to.context.get("held") or "")
    return Composed(top=top, text=text, held=HELD.get(held, held))
