"""A reply as a record under a key of our choosing: sending it again changes nothing. Chat has no such key."""

from typing import Any

from msgspec import Struct

from earful.channels.bluesky.limits import CAPABILITIES, DM_BYTES, DM_LENGTH, MAX_BYTES
from earful.channels.bluesky.records import POST, facets, key_of, reference
from earful.channels.contract import Reply, ReplyFile, SendRefused
from earful.channels.kit.html import scrub
from earful.channels.kit.text import Counter, count
from earful.model.message import Visibility
from earful.model.time import Instant, rfc3339


class Composed(Struct, frozen=True, kw_only=True):
    """What is to go out; a chat message when `key` is empty."""

    text: str
    key: str = ""
    record: dict[str, Any] = {}


def compose(reply: Reply, now: Instant, *, direct: bool) -> Composed:
    """A record, or the text of a chat message. Raises SendRefused rather than show it to anybody else."""
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    if reply.audience is Visibility.DIRECT:
        if reply.files:
            raise SendRefused(f"{CAPABILITIES.no_files} Nothing was sent.")
        if not direct:
            raise SendRefused(
                "Direct messages are switched off in this channel's settings; nothing was sent. Switch them on there."
            )
        if not reply.to.author_native_id.startswith("did:"):
            raise SendRefused("It is not known to whom to write; nothing was sent.")
        _fits(text, DM_LENGTH, DM_BYTES)
        return Composed(text=text)
    if reply.audience is not Visibility.PUBLIC or reply.to.visibility is not Visibility.PUBLIC:
        raise SendRefused(f"This message is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    parent, root = reference(reply.to.context.get("post")), reference(reply.to.context.get("root"))
    if not parent or not root:
        raise SendRefused("It is not known which post to answer; nothing was sent.")
    _fits(text, CAPABILITIES.max_length or 300, MAX_BYTES)
    record: dict[str, Any] = {
        "$type": POST, "text": text, "reply": {"root": root, "parent": parent}, "createdAt": rfc3339(now),
    }  # fmt: skip
    marks = facets(
        text, {reply.to.author_handle: reply.to.author_native_id} if reply.to.author_handle else {}
    )
    if marks:
        record["facets"] = marks
    return Composed(text=text, key=key_of(reply.client_id), record=record)


def with_pictures(
    record: dict[str, Any], files: list[ReplyFile], blobs: list[dict[str, Any]]
) -> dict[str, Any]:
    """The record with its pictures, which the server has already: `app.bsky.embed.images`."""
    if not files:
        return record
    images = [{"image": blob, "alt": file.alt} for file, blob in zip(files, blobs, strict=True)]
    return record | {"embed": {"$type": "app.bsky.embed.images", "images": images}}


def _fits(text: str, most: int, most_bytes: int) -> None:
    length, size = count(text, Counter.GRAPHEMES), len(text.encode())
    if length > most or size > most_bytes:
        raise SendRefused(
            f"The reply has {length} characters in {size} bytes, Bluesky allows {most} and {most_bytes}; nothing was "
            "sent."
        )
