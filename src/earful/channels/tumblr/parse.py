"""What happens to a blog at Tumblr, and its own posts, as messages.

A post has an id for ever. A reply to a post has none that is told: it is named by what it answers, who says it, when,
and its words, which cannot be changed.
"""

import hashlib
from typing import Any

from earful.channels.kit.loose import mapping, members, moment, word
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind, Visibility

TUMBLR = "tumblr"
KINDS = {
    "reply": MessageKind.REPLY, "mention_in_reply": MessageKind.MENTION, "mention_in_post": MessageKind.MENTION,
    "reblog_with_content": MessageKind.QUOTE,
}  # fmt: skip
REPLIES = frozenset({"reply", "mention_in_reply"})


def notification(raw: dict[str, Any]) -> IncomingMessage | None:
    """One notification; None for what says nothing in words, and where it is not told who, when or where."""
    kind, name, at = word(raw, "type"), word(raw, "from_tumblelog_name"), moment(raw.get("timestamp"))
    target, own = word(raw, "target_post_id"), word(raw, "post_id")
    if kind not in KINDS or not name or at is None:
        return None
    author = word(raw, "from_tumblelog_uuid") or name
    text = word(raw, "reply_text") or word(raw, "added_text")
    if kind in REPLIES:
        if not target:
            return None
        native_id = reply_id(target, author, word(raw, "timestamp"), text)
        post, blog, parent = target, word(raw, "target_tumblelog_name"), target
    else:
        native_id = post = own or (target if kind == "mention_in_post" else "")
        blog, parent = name, target if target != post else ""
        text = text or (word(raw, "target_post_summary") if kind == "mention_in_post" else "")
    if not native_id:
        return None
    return IncomingMessage(
        native_id=native_id,
        namespace=TUMBLR,
        occurred_at=at,
        author=_author(name, author),
        kind=KINDS[kind] if text else MessageKind.UNSUPPORTED,
        visibility=Visibility.PUBLIC,
        text=text,
        parent_id=parent,
        permalink=f"https://www.tumblr.com/{blog}/{post}" if blog else "",
        context={"post": post, "blog": blog}
        # Who replied is not told of a reblog of the post, so they are to be named.
        | ({"name": name, "uuid": word(raw, "from_tumblelog_uuid")} if kind in REPLIES else {}),
    )


def reply_id(target: str, author: str, stamp: str, text: str) -> str:
    """What a reply to a post is called."""
    words = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"reply:{target}:{author}:{stamp}:{words}"[:998]


def own_post(raw: dict[str, Any]) -> IncomingMessage | None:
    """A post of the blog; None for a reblog without a word, and without an id or time."""
    native_id, at, text = post_id(raw), moment(raw.get("timestamp")), added(raw)
    blog, parent = word(raw, "blog_name") or word(raw, "blog", "name"), reblogged(raw)
    if not native_id or at is None or not (text or not parent):
        return None
    summary = word(raw, "summary")
    return IncomingMessage(
        native_id=native_id,
        namespace=TUMBLR,
        occurred_at=at,
        author=_author(blog, word(raw, "blog", "uuid") or word(raw, "tumblelog_uuid") or blog or "self"),
        direction=Direction.OUTBOUND,
        kind=MessageKind.QUOTE if parent else MessageKind.POST,
        visibility=Visibility.PUBLIC,
        text=text or summary,
        parent_id=parent,
        permalink=word(raw, "post_url")[:4_000],
        context={"post": native_id, "blog": blog},
    )


def post_id(raw: dict[str, Any]) -> str:
    """Ids may be larger than a number of JavaScript: the text is preferred."""
    return word(raw, "id_string") or word(raw, "id")


def added(raw: dict[str, Any]) -> str:
    """What the author of a post wrote, without what was reblogged."""
    return "\n\n".join(text for one in members(raw, "content") if (text := word(one, "text")))


def reblogged(raw: dict[str, Any]) -> str:
    """The post that a post reblogs; empty when it is one of its own."""
    return word(raw, "reblogged_from_id") or word(raw, "parent_post_id")


def before(raw: dict[str, Any]) -> str:
    """Where the next, older page of a list begins."""
    return word(mapping(raw, "_links", "next", "query_params"), "before")


def order(raw: dict[str, Any]) -> int:
    """Milliseconds of a notification or post; 0 when it does not say."""
    at = moment(raw.get("timestamp"))
    return round(at.timestamp() * 1000) if at else 0


def _author(name: str, native_id: str) -> Actor:
    return Actor(
        native_id=native_id[:998],
        handle=name[:1_000],
        name=name[:1_000],
        profile_url=f"https://www.tumblr.com/{name}"[:1_000] if name else "",
    )
