"""Things of Reddit as messages, and what goes to Reddit."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.contract import Reply, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.channels.reddit.parse import children, order, thing
from earful.channels.reddit.send import compose, sent
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Visibility
from earful.model.time import Instant
from tests.channels.garbage import few, objects

NOW = Instant(1_795_000_000_000)
COMMENT: dict[str, Any] = {
    "name": "t1_abc", "id": "abc", "author": "ana", "author_fullname": "t2_a", "created_utc": 1784927750.0,
    "body": "u/Brand my kettle leaks & <b>hisses</b>", "parent_id": "t3_xyz", "subreddit": "coffee",
    "type": "username_mention",
    "context": "/r/coffee/comments/xyz/a_title/abc/?context=3", "was_comment": True, "likes": None,
}  # fmt: skip


def read(kind: str = "t1", **changes: Any) -> IncomingMessage:
    found = thing({"kind": kind, "data": COMMENT | changes}, "Brand", NOW)
    assert found is not None
    return found


def test_a_mention_in_the_inbox() -> None:
    message = read()
    assert (message.native_id, message.namespace, message.thread) == ("t1_abc", "reddit", "t3_xyz")
    assert (message.kind, message.direction, message.visibility) == (
        MessageKind.MENTION,
        Direction.INBOUND,
        Visibility.PUBLIC,
    )
    assert message.permalink == "https://www.reddit.com/r/coffee/comments/xyz/a_title/abc/"
    assert message.text == COMMENT["body"]


def test_the_same_comment_in_its_subreddit_is_the_same_message() -> None:
    inbox = read()
    there = read(type=None, context=None, permalink="/r/coffee/comments/xyz/a_title/abc/", link_id="t3_xyz")
    for name in ("native_id", "namespace", "thread", "text", "occurred_at", "parent_id", "permalink"):
        assert getattr(inbox, name) == getattr(there, name), name


def test_posts_private_messages_and_what_nobody_knows() -> None:
    post = read("t3", name="t3_xyz", title="It leaks", selftext="My kettle", body=None, parent_id=None)
    assert (post.kind, post.text, post.thread) == (MessageKind.POST, "It leaks\n\nMy kettle", "t3_xyz")
    private = read("t4", name="t4_p", dest="Brand", first_message_name=None)
    assert (private.kind, private.visibility, private.thread) == (
        MessageKind.DM,
        Visibility.DIRECT,
        "t4_p",
    )
    assert read("t6", name="t6_award").kind is MessageKind.UNSUPPORTED


@pytest.mark.parametrize("body", ["[deleted]", "[removed]"])
def test_what_was_taken_back_is_gone(body: str) -> None:
    message = read(author="[deleted]", body=body)
    assert (message.native_id, message.change, message.text) == ("t1_abc", Change.DELETE, "")


def test_edits_have_a_time_or_not() -> None:
    assert read(edited=1784927800.0).change is Change.EDIT
    assert read(edited=False).change is Change.CREATE
    assert read(edited=True).edited_at is None


def test_our_own_name_is_ours_however_it_is_written() -> None:
    assert read(author="bRAND").direction is Direction.OUTBOUND


def reply(audience: Visibility = Visibility.PUBLIC, native_id: str = "t1_abc", **changes: Any) -> Reply:
    visibility = Visibility.DIRECT if native_id.startswith("t4_") else Visibility.PUBLIC
    to = ReplyTarget(native_id=native_id, namespace="reddit", visibility=visibility)
    return Reply(**({"client_id": "c", "text": "We are sorry", "audience": audience, "to": to} | changes))


def test_public_is_answered_in_public_and_private_in_private() -> None:
    assert not compose(reply()).private
    assert compose(reply(Visibility.DIRECT, "t4_p")).private


@pytest.mark.parametrize(
    "refused",
    [
        reply(Visibility.DIRECT), reply(Visibility.PUBLIC, "t4_p"), reply(native_id="t6_award"), reply(text=" "),
        reply(text="a" * 10_001),
    ],
)  # fmt: skip
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(refused)


def told(**inner: Any) -> bytes:
    return msgspec.json.encode({"json": inner})


def test_answers_of_reddit() -> None:
    made = {"kind": "t1", "data": COMMENT | {"author": "Brand"}}
    assert sent(told(errors=[], data={"things": [made]}), reply(), "Brand", NOW).native_id == "t1_abc"
    with pytest.raises(SendPostponed) as later:
        sent(told(errors=[["RATELIMIT", "take a break", "ratelimit"]], ratelimit=90.5), reply(), "Brand", NOW)
    assert later.value.after_seconds == 90.5
    with pytest.raises(SendRefused, match="THREAD_LOCKED"):
        sent(told(errors=[["THREAD_LOCKED", "locked", "parent"]]), reply(), "Brand", NOW)
    for raw in (b"", b"[]", b"{}", told(errors=[], data={"things": [1]})):
        with pytest.raises(SendUnknown):
            sent(raw, reply(), "Brand", NOW)


NAMES = (
    *COMMENT,
    "title",
    "selftext",
    "edited",
    "link_id",
    "permalink",
    "dest",
    "url",
    "ups",
    "children",
    "data",
)


@few
@given(st.sampled_from(["t1", "t3", "t4", "more", ""]), objects(NAMES))
def test_no_shape_stops_the_reading(kind: str, data: dict[str, Any]) -> None:
    thing({"kind": kind, "data": data}, "Brand", NOW)
    thing({"kind": kind, "data": COMMENT | data}, "Brand", NOW)
    order({"data": data})
    children({"data": data})
