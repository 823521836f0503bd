"""A reply as a reblog with words: Tumblr lets no app reply below a post. There is no idempotency key."""

from typing import Any

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.tumblr.limits import CAPABILITIES
from earful.model.message import Visibility


class Composed(Struct, frozen=True, kw_only=True):
    """A reblog of a post."""

    blog: str
    post: str
    text: str
    mentioned: str = ""
    """The UUID of the blog that the text begins with; empty where nobody is named."""
    length: int = 0
    """Of the name, with its @."""

    def body(self, uuid: str, reblog_key: str) -> dict[str, Any]:
        """A post of the Neue Post Format."""
        block: dict[str, Any] = {"type": "text", "text": self.text}
        if self.mentioned:
            block["formatting"] = [
                {"type": "mention", "start": 0, "end": self.length, "blog": {"uuid": self.mentioned}}
            ]
        return {
            "content": [block], "state": "published", "parent_tumblelog_uuid": uuid, "parent_post_id": self.post,
            "reblog_key": reblog_key,
        }  # fmt: skip


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("At Tumblr an app can answer in public only; nothing was sent.")
    told = {name: str(reply.to.context.get(name) or "") for name in ("blog", "post", "name", "uuid")}
    text = scrub(reply.text).strip()
    if not text or not told["blog"] or not told["post"].isdecimal():
        raise SendRefused("The reply has no text, or it is not known what it answers; nothing was sent.")
    mark = f"@{told['name']}" if told["name"] else ""
    if mark and not text.startswith(mark):
        text = f"{mark} {text}"
    if CAPABILITIES.max_length is not None and len(text) > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {len(text)} characters long, Tumblr allows 4,096; nothing was sent.")
    return Composed(
        blog=told["blog"], post=told["post"], text=text, mentioned=told["uuid"] if mark else "", length=len(mark)
    )  # fmt: skip
