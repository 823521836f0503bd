"""A reply on Instagram: under a comment, to a mention elsewhere, once in private to a comment, or in a conversation."""

from typing import Any

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.instagram.limits import (
    CAPABILITIES,
    PRIVATE_REPLIES,
    PRIVATE_REPLY_SECONDS,
    SEND,
)
from earful.channels.meta.graph import CALLS
from earful.channels.meta.private import compose_private, in_time, words_of
from earful.model.message import Visibility
from earful.model.time import Instant


class Composed(Struct, frozen=True, kw_only=True):
    """A request that says something."""

    path: str
    fields: dict[str, Any]
    limit: str
    private: bool
    mention: bool = False


def compose(reply: Reply, account: str, now: Instant, *, human_agent: bool) -> Composed:
    """The request. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    said, private = reply.to, reply.audience is Visibility.DIRECT
    messages = f"{account}/messages"
    if said.visibility is Visibility.DIRECT:
        fields = compose_private(
            reply, CAPABILITIES, "Instagram", now, human_agent=human_agent, metadata=False
        )
        return Composed(path=messages, fields=fields, limit=SEND, private=True)
    if reply.files:
        raise SendRefused(f"{CAPABILITIES.no_files} Nothing was sent.")
    if not private and reply.audience is not said.visibility:
        raise SendRefused(f"This is {said.visibility}, not {reply.audience}; nothing was sent.")
    text = words_of(reply, CAPABILITIES, "Instagram")
    mention = bool(said.context.get("mention"))
    if private:
        if mention:
            raise SendRefused(
                "Whoever mentioned us elsewhere cannot be answered in private; nothing was sent. Answer in public."
            )
        in_time(reply, PRIVATE_REPLY_SECONDS, now)
        fields = {"recipient": {"comment_id": said.native_id}, "message": {"text": text}}
        return Composed(path=messages, fields=fields, limit=PRIVATE_REPLIES, private=True)
    if mention:
        fields = {"media_id": str(said.context.get("media", said.thread)), "message": text}
        if said.context.get("comment"):
            fields["comment_id"] = said.native_id
        return Composed(path=f"{account}/mentions", fields=fields, limit=CALLS, private=False, mention=True)
    path = f"{said.native_id}/replies"
    return Composed(path=path, fields={"message": text}, limit=CALLS, private=False)
