"""A reply to a comment, as it may go out."""

from earful.channels.blog.limits import CAPABILITIES, SHORTEST
from earful.channels.contract import Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.model.message import Visibility


def compose(reply: Reply, namespace: str) -> str:
    """The words. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("Comments are public, and so are the replies to them; nothing was sent.")
    if reply.to.namespace != namespace:
        raise SendRefused("This is no comment of this blog; nothing was sent.")
    text = scrub(reply.text).strip()
    if len(text) < SHORTEST:
        raise SendRefused(f"A comment has at least {SHORTEST} letters; nothing was sent.")
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {length:,} bytes long, a comment may have 65,525; nothing was sent.")
    return text
