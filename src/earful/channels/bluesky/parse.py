"""Posts and chat messages of Bluesky, from views of the API. Everything of AT is named by its at-uri."""

from datetime import UTC, datetime
from typing import Any

from earful.channels.bluesky.records import POST, parts_of, reference, with_links
from earful.channels.kit.loose import mapping, members, moment, word, words
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Visibility,
)
from earful.model.time import Instant

AT, CHAT = "at", "bsky:chat"
KINDS = {"reply": MessageKind.REPLY, "quote": MessageKind.QUOTE, "mention": MessageKind.MENTION}


def post(view: dict[str, Any], me: str, server: str) -> IncomingMessage | None:
    """A notification or a post view; None when it is no post or has no author."""
    uri, author = word(view, "uri"), mapping(view, "author")
    did, collection, key = parts_of(uri)
    record = mapping(view, "record")
    written = moment(view.get("indexedAt")) or moment(record.get("createdAt"))
    if collection != POST or not word(author, "did") or written is None:
        return None
    root, parent = reference(mapping(record, "reply", "root")), reference(mapping(record, "reply", "parent"))
    embed = mapping(record, "embed")
    quoted = word(embed, "record", "uri") or word(embed, "record", "record", "uri")
    text = with_links(word(record, "text"), members(record, "facets"))
    attachments = _attachments(embed, did, server)
    ours = word(author, "did") == me
    otherwise = MessageKind.REPLY if parent else MessageKind.QUOTE if quoted else MessageKind.POST
    kind = KINDS.get(word(view, "reason"), otherwise)
    here = reference(view)
    return IncomingMessage(
        native_id=uri,
        namespace=AT,
        # What an author claims may be any time; it is believed only where it is before the network saw the post.
        occurred_at=min(moment(record.get("createdAt")) or written, written),
        author=actor(author),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=kind if text or attachments or quoted else MessageKind.UNSUPPORTED,
        text=text,
        language=next(iter(words(record, "langs")), "")[:20],
        thread=root.get("uri") or uri,
        parent_id=parent.get("uri", ""),
        quoted_id=quoted,
        attachments=attachments,
        permalink=f"https://bsky.app/profile/{did}/post/{key}",
        context={"post": here, "root": root or here} if here else {},
    )


def chat_message(
    log: dict[str, Any], people: dict[str, dict[str, Any]], me: str, now: Instant
) -> IncomingMessage | None:
    """An entry of the chat log; None when it carries no message."""
    kind, message = word(log, "$type").partition("#")[2], mapping(log, "message")
    native_id, sender = word(message, "id"), word(message, "sender", "did")
    if not native_id:
        return None
    if kind == "logDeleteMessage":
        return gone(native_id, CHAT, now)
    written = moment(message.get("sentAt"))
    if kind != "logCreateMessage" or not sender or written is None:
        return None
    text = with_links(word(message, "text"), members(message, "facets"))
    quoted = word(message, "embed", "record", "uri")
    return IncomingMessage(
        native_id=native_id,
        namespace=CHAT,
        occurred_at=written,
        author=actor(people.get(sender, {"did": sender})),
        direction=Direction.OUTBOUND if sender == me else Direction.INBOUND,
        kind=MessageKind.DM if text or quoted else MessageKind.UNSUPPORTED,
        visibility=Visibility.DIRECT,
        text=text,
        quoted_id=quoted,
        thread=word(log, "convoId"),
        parent_id=word(message, "replyTo", "id"),
        context={"convo": word(log, "convoId")},
    )


def gone(native_id: str, namespace: str, now: Instant) -> IncomingMessage:
    """It is not there any more."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    return IncomingMessage(native_id=native_id, namespace=namespace, occurred_at=at, change=Change.DELETE)


def actor(one: dict[str, Any]) -> Actor:
    """An account by its view."""
    handle = word(one, "handle")[:1_000]
    return Actor(
        native_id=word(one, "did"),
        handle=handle,
        name=word(one, "displayName")[:1_000],
        avatar_url=word(one, "avatar")[:1_000],
        profile_url=f"https://bsky.app/profile/{word(one, 'did')}",
    )


def _attachments(embed: dict[str, Any], did: str, server: str) -> list[Attachment]:
    """Pictures, a video or a link. Files are fetched from the server by their hash."""
    media = mapping(embed, "media") or embed
    found = []
    for one in members(media, "images"):
        blob = mapping(one, "image")
        found.append(_file("image", blob, word(one, "alt"), did, server))
    if mapping(media, "video"):
        found.append(_file("video", mapping(media, "video"), word(media, "alt"), did, server))
    link = mapping(media, "external")
    if word(link, "uri"):
        found.append(Attachment(kind="link", url=word(link, "uri"), name=word(link, "title")[:1_000]))
    return found


def _file(kind: str, blob: dict[str, Any], alt: str, did: str, server: str) -> Attachment:
    cid = word(blob, "ref", "$link") or word(blob, "cid")
    size = blob.get("size")
    return Attachment(
        kind=kind,
        url=f"{server.rstrip('/')}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}" if cid else "",
        native_id=cid,
        mime=word(blob, "mimeType")[:1_000],
        size=size if isinstance(size, int) and size >= 0 else None,
        alt=alt,
    )
