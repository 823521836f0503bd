"""Posts and direct messages of X, as events of the Activity API and as answers of the API v2."""

import html
from datetime import UTC, datetime
from typing import Any

from earful.channels.hooks import Part, Unreadable
from earful.channels.kit.loose import mapping, members, moment, number, opened, word, words
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import Instant

POSTS, DIRECT, CHAT = "x:post", "x:dm", "x:chat"
"""Namespaces. Posts and direct messages are numbered by one clock, but nobody promises that they never meet."""
SILENT = (
    "profile.", "follow.", "like.", "mute.", "block.", "spaces.", "broadcast.", "news.", "chat.conversation",
    "chat.update", "dm.indicate_typing", "dm.read", "post.repost.",
)  # fmt: skip
"""Events that carry no message."""

_EPOCH_MS = 1_288_834_974_657
_FIRST_TIMED_ID = 10**16

Users = dict[str, dict[str, Any]]


METRICS = {
    "like_count": "likes", "reply_count": "replies", "retweet_count": "reposts", "quote_count": "quotes",
    "impression_count": "views",
}  # fmt: skip
"""Counts of a post by X's names, and ours."""


def parse_event(raw: bytes, now: Instant) -> list[Part]:
    """A delivery of the Activity API, or a line of its stream. Raises Unreadable when it is neither."""
    data = opened(raw, "X").get("data")
    events = data if isinstance(data, list) else [data]
    parts = [_part(one, now) for one in events if isinstance(one, dict) and word(one, "event_type")]
    if not parts:
        raise Unreadable("This is no event of the Activity API: it has no data.event_type.")
    return parts


def _part(event: dict[str, Any], now: Instant) -> Part:
    kind, payload = word(event, "event_type"), mapping(event, "payload")
    me = word(event, "filter", "user_id") or word(payload, "user_id")
    messages: list[IncomingMessage] = []
    wanted: list[str] = []
    strange: list[str] = []
    revoked = ""
    if kind in ("post.mention.create", "post.reply.create", "post.quote.create", "post.create"):
        users = users_of(mapping(event, "includes"))
        message = post(payload, users, me, quotes=kind == "post.quote.create")
        if message is None:
            strange.append(f"{kind} of a new shape")
        elif word(payload, "author_id") in users or message.direction is Direction.OUTBOUND:
            messages.append(message)
        else:
            # Replies and quotes come without their author: the post is asked for whole.
            wanted.append(f"{'quote' if kind == 'post.quote.create' else 'post'}:{word(payload, 'id')}")
    elif kind == "post.delete":
        if word(payload, "id"):
            messages.append(gone(word(payload, "id"), now))
    elif kind in ("dm.received", "dm.sent"):
        messages += _direct(payload, me)
    elif kind in ("chat.received", "chat.sent"):
        messages += _sealed(payload, me)
    elif kind == "oauth.revoke":
        revoked = (
            "The account took back its consent on X. What came before is kept; connect the account again."
        )
    elif not kind.startswith(SILENT):
        strange.append(kind[:100])
    if not (messages or wanted or strange or revoked or kind.startswith(SILENT)):
        strange.append(f"{kind} of a new shape")
    return Part(
        network=Network.X, account=me, messages=messages, wanted=wanted, strange=strange, revoked=revoked
    )


def users_of(includes: dict[str, Any]) -> Users:
    """Accounts by id; deliveries wrap some of them in `data`."""
    listed = [mapping(one, "data") or one for one in members(includes, "users")]
    return {word(one, "id"): one for one in listed if word(one, "id")}


def post(raw: dict[str, Any], users: Users, me: str, *, quotes: bool = False) -> IncomingMessage | None:
    """A post; None when it has no id, author or time, or only repeats another."""
    post_id, author_id = word(raw, "id"), word(raw, "author_id")
    written = moment(raw.get("created_at")) or time_of(post_id)
    above = {
        word(one, "type"): word(one, "id")
        for one in members(raw, "referenced_tweets") + members(raw, "referenced_posts")
    }
    if not post_id or not author_id or written is None or "retweeted" in above:
        return None
    history = words(raw, "edit_history_tweet_ids") or words(raw, "edit_history_post_ids") or [post_id]
    first = history[0]
    edited = len(history) > 1 and post_id != first
    parent = above.get("replied_to", "") or word(raw, "in_reply_to_tweet_id")
    quotes = quotes or "quoted" in above
    author = actor(author_id, users)
    names = members(raw, "entities", "mentions")
    mine = word(users.get(me), "username").casefold()
    named = any(word(one, "id") == me or (mine and word(one, "username").casefold() == mine) for one in names)
    outbound = author_id == me
    return IncomingMessage(
        native_id=first,
        namespace=POSTS,
        occurred_at=(time_of(first) or written) if edited else written,
        edited_at=(time_of(post_id) or written) if edited else None,
        change=Change.EDIT if edited else Change.CREATE,
        revision=post_id,
        author=author,
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        kind=MessageKind.QUOTE if quotes else MessageKind.REPLY if parent else MessageKind.MENTION
        if not outbound else MessageKind.POST,
        text=_text(raw),
        language="" if word(raw, "lang") in ("und", "qme", "zxx") else word(raw, "lang")[:20],
        thread=word(raw, "conversation_id") or first,
        parent_id=parent,
        quoted_id=above.get("quoted", ""),
        recipients=[
            Actor(native_id=word(one, "id"), handle=word(one, "username")[:1_000])
            for one in names if word(one, "id")
        ],
        attachments=_attachments(raw),
        metrics=_metrics(raw),
        permalink=f"https://x.com/{author.handle or 'i'}/status/{first}",
        context={"post_id": post_id, "summoned": named or quotes},
    )  # fmt: skip


def direct_message(raw: dict[str, Any], users: Users, me: str) -> IncomingMessage | None:
    """A direct message of the API v2 (`GET /2/dm_events`); None when it is something else."""
    native_id, sender = word(raw, "id"), word(raw, "sender_id")
    written = moment(raw.get("created_at"))
    if not native_id or not sender or written is None or word(raw, "event_type") != "MessageCreate":
        return None
    thread = word(raw, "dm_conversation_id")
    people = words(raw, "participant_ids") or thread.split("-")
    return _private(
        native_id, sender, [one for one in people if one != sender], written, users, me,
        text=_text(raw), thread=thread, attachments=_attachments(raw),
    )  # fmt: skip


def gone(native_id: str, now: Instant) -> IncomingMessage:
    """A post that is not there any more."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    return IncomingMessage(native_id=native_id, namespace=POSTS, occurred_at=at, change=Change.DELETE)


def id_number(native_id: str) -> int:
    """An id as the number that orders it; 0 for none."""
    return int(native_id) if native_id.isascii() and native_id.isdecimal() and len(native_id) <= 19 else 0


def time_of(native_id: str) -> datetime | None:
    """When an id was given: it has the time in it. None for ids that are not of that kind."""
    value = id_number(native_id)
    if value < _FIRST_TIMED_ID:
        return None
    return datetime.fromtimestamp(((value >> 22) + _EPOCH_MS) / 1000, UTC)


def actor(native_id: str, users: Users) -> Actor:
    """Who that is, as far as it was told."""
    one = users.get(native_id, {})
    handle = word(one, "username")[:1_000]
    return Actor(
        native_id=native_id,
        handle=handle,
        name=word(one, "name")[:1_000],
        avatar_url=word(one, "profile_image_url")[:1_000],
        profile_url=f"https://x.com/{handle}" if handle else "",
        followers=number(one, "public_metrics", "followers_count"),
    )


def _direct(payload: dict[str, Any], me: str) -> list[IncomingMessage]:
    """Direct messages as events have them: the shape of API v1.1."""
    users = {
        name: mapping(one, "data") or one
        for name, one in mapping(payload, "users").items()
        if isinstance(one, dict)
    }
    found = []
    for event in members(payload, "direct_message_events"):
        body = mapping(event, "message_create")
        native_id, sender = word(event, "id"), word(body, "sender_id")
        written, to = moment(event.get("created_timestamp")), word(body, "target", "recipient_id")
        if native_id and sender and to and written is not None:
            data = mapping(body, "message_data")
            media = mapping(data, "attachment", "media")
            files = [
                Attachment(
                    kind={"photo": "image", "video": "video"}.get(word(media, "type"), "file"),
                    url=word(media, "media_url_https"),
                    native_id=word(media, "id"),
                )
            ] if media else []  # fmt: skip
            found.append(
                _private(
                    native_id, sender, [to], written, users, me,
                    text=_text(data), thread=between(sender, to), attachments=files,
                )
            )  # fmt: skip
    return found


def between(one: str, other: str) -> str:
    """The id of the conversation of two: the smaller number first."""
    return "-".join(sorted((one, other), key=lambda each: (len(each), each)))


def _private(
    native_id: str, sender: str, others: list[str], written: datetime, users: Users, me: str, *,
    text: str, thread: str, attachments: list[Attachment],
) -> IncomingMessage:  # fmt: skip
    outbound = sender == me
    group = len(others) > 1
    return IncomingMessage(
        native_id=native_id,
        namespace=DIRECT,
        occurred_at=written,
        author=actor(sender, users),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        kind=MessageKind.DM,
        visibility=Visibility.GROUP if group else Visibility.DIRECT,
        text=text,
        thread=thread,
        recipients=[actor(one, users) for one in others],
        attachments=attachments,
        context={"group": thread} if group else {},
    )


def _sealed(payload: dict[str, Any], me: str) -> list[IncomingMessage]:
    """An encrypted message: that it came is kept, what it says only its two ends can read."""
    native_id, sender = word(payload, "id"), word(payload, "sender_id")
    written = moment(payload.get("created_at_msec"))
    if not native_id or not sender or written is None:
        return []
    return [
        IncomingMessage(
            native_id=native_id,
            namespace=CHAT,
            occurred_at=written,
            author=Actor(native_id=sender),
            direction=Direction.OUTBOUND if sender == me else Direction.INBOUND,
            kind=MessageKind.UNSUPPORTED,
            visibility=Visibility.DIRECT,
            thread=word(payload, "conversation_id")[:900],
            context={"encrypted": True},
        )
    ]


def _text(raw: dict[str, Any]) -> str:
    """The words, whole and with links as they lead; X escapes what HTML would need (M)."""
    long = mapping(raw, "note_tweet") or mapping(raw, "note_post")
    text = word(long, "text") or word(raw, "text")
    for one in members(long, "entities", "urls") + members(raw, "entities", "urls"):
        short, real = word(one, "url"), word(one, "expanded_url")
        if short.startswith("https://t.co/") and real.startswith(("https://", "http://")):
            text = text.replace(short, real)
    return html.unescape(text)


def _attachments(raw: dict[str, Any]) -> list[Attachment]:
    keys = words(raw, "attachments", "media_keys")
    kinds = {"3": "image", "7": "video", "13": "video", "16": "video"}
    return [Attachment(kind=kinds.get(key.partition("_")[0], "file"), native_id=key) for key in keys]


def _metrics(raw: dict[str, Any]) -> dict[str, int]:
    told = mapping(raw, "public_metrics")
    counts = ((ours, number(told, theirs)) for theirs, ours in METRICS.items() if theirs in told)
    return {name: count for name, count in counts if count is not None}
