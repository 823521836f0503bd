"""Views of Bluesky as messages, and texts as records."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from earful.channels.bluesky.parse import chat_message, post
from earful.channels.bluesky.records import facets, key_of, tid, with_links
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.garbage import few, objects

NOW = Instant(1_795_000_000_000)
ME, ANA = "did:plc:brand", "did:plc:ana"
SERVER = "https://pds.example.test"
VIEW: dict[str, Any] = {
    "uri": f"at://{ANA}/app.bsky.feed.post/3kabc", "cid": "bafy1", "reason": "mention",
    "author": {"did": ANA, "handle": "ana.example.test", "displayName": "Ana P"},
    "indexedAt": "2026-07-24T21:23:23.000Z",
    "record": {"$type": "app.bsky.feed.post", "text": "my kettle leaks", "createdAt": "2026-07-24T21:23:20.000Z",
               "langs": ["en"]},
}  # fmt: skip


def read(**changes: Any) -> IncomingMessage:
    found = post(VIEW | {"record": VIEW["record"] | changes}, ME, SERVER)
    assert found is not None
    return found


def test_a_mention() -> None:
    message = read()
    assert (message.native_id, message.namespace, message.thread) == (VIEW["uri"], "at", VIEW["uri"])
    assert (message.kind, message.direction, message.text) == (
        MessageKind.MENTION,
        Direction.INBOUND,
        "my kettle leaks",
    )
    assert message.permalink == f"https://bsky.app/profile/{ANA}/post/3kabc"
    here = {"uri": VIEW["uri"], "cid": "bafy1"}
    assert message.context == {"post": here, "root": here}


def test_a_reply_has_its_thread() -> None:
    root, parent = {"uri": "at://r/app.bsky.feed.post/1", "cid": "c1"}, {"uri": "at://p/x/2", "cid": "c2"}
    message = read(reply={"root": root, "parent": parent})
    assert (message.thread, message.parent_id, message.context["root"]) == (
        root["uri"],
        parent["uri"],
        root,
    )


def test_a_time_that_an_author_only_claims_is_not_believed_beyond_the_index() -> None:
    assert read(createdAt="2099-01-01T00:00:00Z").occurred_at.year == 2026


def test_pictures_and_things_that_nobody_knows() -> None:
    image = {"image": {"ref": {"$link": "bafyimg"}, "mimeType": "image/png", "size": 9}, "alt": "a kettle"}
    message = read(text="", embed={"images": [image]})
    assert (message.kind, message.attachments[0].alt) == (MessageKind.MENTION, "a kettle")
    assert message.attachments[0].url == f"{SERVER}/xrpc/com.atproto.sync.getBlob?did={ANA}&cid=bafyimg"
    assert read(text="", embed={"$type": "app.bsky.embed.hologram"}).kind is MessageKind.UNSUPPORTED


def test_the_chat_log() -> None:
    log = {
        "$type": "chat.bsky.convo.defs#logCreateMessage", "convoId": "c1",
        "message": {"id": "m1", "text": "hello", "sender": {"did": ANA}, "sentAt": "2026-07-24T21:23:20.000Z"},
    }  # fmt: skip
    message = chat_message(log, {ANA: {"did": ANA, "handle": "ana"}}, ME, NOW)
    assert message is not None
    assert (message.thread, message.visibility, message.kind) == ("c1", Visibility.DIRECT, MessageKind.DM)
    gone = chat_message(log | {"$type": "chat.bsky.convo.defs#logDeleteMessage"}, {}, ME, NOW)
    assert gone is not None
    assert gone.change is Change.DELETE
    assert chat_message(log | {"$type": "chat.bsky.convo.defs#logReadMessage"}, {}, ME, NOW) is None


def test_marks_are_counted_in_bytes() -> None:
    text = "Grüße 👩‍👩‍👧 @ana.example.test: https://example.test/a, see #Hilfe"
    raw = text.encode()
    shown = [raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode() for one in
             facets(text, {"ana.example.test": ANA})]  # fmt: skip
    assert shown == ["@ana.example.test", "https://example.test/a", "#Hilfe"]


def test_shortened_links_are_shown_as_they_lead() -> None:
    text = "Grüße: example.test/lo… here"
    start = len("Grüße: ".encode())
    end = start + len("example.test/lo…".encode())
    mark = {"index": {"byteStart": start, "byteEnd": end}, "features": [{"uri": "https://example.test/long"}]}
    assert with_links(text, [mark]) == "Grüße: https://example.test/long here"
    hidden = mark | {"features": [{"uri": "https://evil.test/"}]}
    assert "(https://evil.test/)" in with_links(text, [hidden])
    assert with_links(
        text, [{"index": {"byteStart": 90, "byteEnd": 99}, "features": [{"uri": "https://a.test"}]}]
    )


@given(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_keys_sort_by_time(one: int, other: int) -> None:
    assert (tid(one, 0) < tid(other, 0)) is (one < other)
    assert len(tid(one, 1023)) == 13


def test_the_key_of_a_reply_is_always_the_same() -> None:
    client_id = "reply-0197f2d4-1c00-7abc-8def-0123456789ab"
    assert key_of(client_id) == key_of(client_id)
    assert key_of(client_id) != key_of(client_id[:-1] + "c")
    assert key_of("anything else") == key_of("anything else")


NAMES = (
    "uri", "cid", "author", "did", "handle", "record", "text", "createdAt", "indexedAt", "reply", "root", "parent",
    "embed", "images", "image", "ref", "$link", "facets", "features", "index", "byteStart", "byteEnd", "message", "id",
    "sender", "sentAt", "external",
)  # fmt: skip


@few
@given(objects(NAMES), objects(NAMES))
def test_no_shape_stops_the_reading(view: dict[str, Any], inner: dict[str, Any]) -> None:
    post(VIEW | view, ME, SERVER)
    post(VIEW | {"record": inner, "author": {"did": ANA} | view}, ME, SERVER)
    chat_message(
        {"$type": "#logCreateMessage", "message": {"id": "1", "sender": {"did": ANA}} | inner}, {}, ME, NOW
    )
