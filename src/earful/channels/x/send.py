"""A reply as a post or a direct message. X has no idempotency key: a time-out is never followed by a blind resend."""

import re
from datetime import datetime

import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.loose import mapping, word
from earful.channels.kit.text import URL, Counter, count
from earful.channels.x.limits import CAPABILITIES, DM_LENGTH
from earful.channels.x.parse import DIRECT, POSTS, between, time_of
from earful.channels.x.settings import XSettings
from earful.model.message import Visibility

_MENTION = re.compile(r"@\w{1,50}")


class Composed(Struct, frozen=True, kw_only=True):
    """One request that says something."""

    path: str
    body: dict[str, object]
    limit: str
    text: str
    answers: str = ""
    """The post that is answered."""


def compose(reply: Reply, settings: XSettings) -> Composed:
    """The request. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    text = scrub(reply.text).strip()
    if not text and not reply.files:
        raise SendRefused("The reply has no text; nothing was sent.")
    if reply.audience is Visibility.DIRECT:
        return _direct(reply, text, settings)
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused(f"This message is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    if reply.to.context.get("summoned") is False and settings.plan == "self_serve":
        raise SendRefused(
            "X lets an app of this plan answer only where the author mentioned or quoted the account, and this post "
            f"does neither. Nothing was sent. Answer on X itself: {reply.to.permalink}"
        )
    length = count(text, Counter.X)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {length} characters long as X counts, 280 are allowed; nothing was sent."
        )
    target = str(reply.to.context.get("post_id") or reply.to.native_id)
    if not target.isdecimal():
        raise SendRefused("It is not known which post to answer; nothing was sent.")
    return Composed(
        path="/2/tweets",
        body={"text": text, "reply": {"in_reply_to_tweet_id": target}},
        limit="posts",
        text=text,
        answers=target,
    )


def _direct(reply: Reply, text: str, settings: XSettings) -> Composed:
    if reply.to.namespace not in (POSTS, DIRECT) or reply.to.visibility is Visibility.GROUP:
        raise SendRefused(
            "This conversation is encrypted or has more than two people: Earful cannot write there. Nothing was sent; "
            "answer on X itself."
        )
    if not settings.direct:
        raise SendRefused(
            "Direct messages are switched off in this channel's settings; nothing was sent. Switch them on there."
        )
    if not reply.to.author_native_id.isdecimal():
        raise SendRefused("It is not known to whom to write; nothing was sent.")
    if len(text) > DM_LENGTH:
        raise SendRefused(f"The reply is {len(text)} characters long, X allows 10,000; nothing was sent.")
    path = f"/2/dm_conversations/with/{reply.to.author_native_id}/messages"
    return Composed(path=path, body={"text": text} if text else {}, limit="direct messages", text=text)


def with_pictures(composed: Composed, media_ids: list[str]) -> dict[str, object]:
    """The body of the request, with pictures that X has already."""
    if not media_ids:
        return composed.body
    if composed.answers:
        return composed.body | {"media": {"media_ids": media_ids}}
    return composed.body | {"attachments": [{"media_id": one} for one in media_ids]}


def sent(raw: bytes, reply: Reply, settings: XSettings, now: datetime) -> Sent:
    """What X named it. Raises SendUnknown when the answer does not say."""
    try:
        data = mapping(msgspec.json.decode(raw), "data")
    except msgspec.MsgspecError:
        data = {}
    if event := word(data, "dm_event_id"):
        thread = word(data, "dm_conversation_id") or between(settings.user_id, reply.to.author_native_id)
        return Sent(native_id=event, namespace=DIRECT, occurred_at=time_of(event) or now, thread=thread)
    if post_id := word(data, "id"):
        return Sent(
            native_id=post_id,
            namespace=POSTS,
            occurred_at=time_of(post_id) or now,
            permalink=f"https://x.com/i/status/{post_id}",
            thread=reply.to.thread,
        )
    raise SendUnknown("The answer of the network could not be read. The reply may be out.")


def same_words(theirs: str, ours: str) -> bool:
    """Links are shortened and mentions may be put in front: neither counts."""
    return _bare(theirs) == _bare(ours)


def _bare(text: str) -> list[str]:
    return _MENTION.sub(" ", URL.sub(" ", text)).split()
