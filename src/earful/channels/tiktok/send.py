"""A reply below a comment. TikTok has no idempotency key: a time-out is never followed by a blind resend."""

from typing import Any

from msgspec import Struct

from earful.channels.contract import Reply, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.tiktok.limits import CAPABILITIES
from earful.model.message import Visibility


class Composed(Struct, frozen=True, kw_only=True):
    """A reply below the comment at the top: TikTok has two levels."""

    video: str
    top: str
    text: str

    def body(self, business_id: str) -> dict[str, Any]:
        """What the API takes."""
        return {"business_id": business_id, "video_id": self.video, "comment_id": self.top, "text": self.text}


class Message(Struct, frozen=True, kw_only=True):
    """A private message into a conversation that the customer began."""

    conversation: str
    text: str

    def body(self, business_id: str) -> dict[str, Any]:
        """What the API takes."""
        return {
            "business_id": business_id, "recipient_type": "CONVERSATION", "recipient": self.conversation,
            "message_type": "TEXT", "text": {"body": self.text},
        }  # fmt: skip


def compose_message(reply: Reply, longest: int | None) -> Message:
    """A private message. Raises SendRefused rather than show it to anybody it was not meant for."""
    if reply.audience is not Visibility.DIRECT or reply.to.visibility is not Visibility.DIRECT:
        raise SendRefused(f"This is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    conversation, text = str(reply.to.context.get("conversation") or ""), scrub(reply.text).strip()
    if not text or not conversation:
        raise SendRefused("The reply has no text, or it is not known what it answers; nothing was sent.")
    if longest is not None and len(text) > longest:
        raise SendRefused(
            f"The message is {len(text)} characters long, TikTok allows {longest:,}; nothing was sent."
        )
    return Message(conversation=conversation, text=text)


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused("A comment is answered in public, a message in private; nothing was sent.")
    video, top = str(reply.to.context.get("video") or ""), str(reply.to.context.get("top") or "")
    text = scrub(reply.text).strip()
    if not text or not video or not top:
        raise SendRefused("The reply has no text, or it is not known what it answers; nothing was sent.")
    # Below a comment everybody answers in one row: who is meant must be named.
    if reply.to.native_id != top and reply.to.author_handle and f"@{reply.to.author_handle}" not in text:
        text = f"@{reply.to.author_handle} {text}"
    if CAPABILITIES.max_length is not None and len(text) > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {len(text)} characters long with the name of whom it answers, TikTok allows 150; nothing "
            "was sent."
        )
    return Composed(video=video, top=top, text=text)
