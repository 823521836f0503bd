"""A comment below a post, or below a comment. There is no idempotency key: a time-out is not followed by a resend."""

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.linkedin.limits import CAPABILITIES
from earful.model.message import Visibility


class Composed(Struct, frozen=True, kw_only=True):
    """A comment of the page."""

    post: str
    top: str
    """The comment that is answered; empty for the post itself."""
    text: str

    @property
    def path(self) -> str:
        """Where the comments are among which this one will be."""
        return f"/rest/socialActions/{quote(self.top or self.post, safe='')}/comments"

    def body(self, organization: str) -> dict[str, Any]:
        """A comment of the API."""
        found: dict[str, Any] = {
            "actor": f"urn:li:organization:{organization}", "object": self.post, "message": {"text": self.text},
        }  # fmt: skip
        return found | ({"parentComment": self.top} if self.top else {})


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("LinkedIn lets apps write public comments only; nothing was sent.")
    post, top = str(reply.to.context.get("post") or ""), str(reply.to.context.get("top") or "")
    if not post.startswith("urn:li:") or (top and not top.startswith("urn:li:comment:")):
        raise SendRefused("It is not known below which post this is; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    if CAPABILITIES.max_length is not None and len(text) > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {len(text)} characters long, LinkedIn allows 1,250; nothing was sent."
        )
    return Composed(post=post, top=top, text=text)
