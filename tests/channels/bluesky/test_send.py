"""What goes to Bluesky, and what does not."""

from typing import Any

import pytest

from earful.channels.bluesky.send import compose
from earful.channels.bluesky.session import expiry
from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.model.message import Visibility
from earful.model.time import Instant

NOW = Instant(1_795_000_000_000)
POST = {"uri": "at://did:plc:ana/app.bsky.feed.post/1", "cid": "c1"}
ROOT = {"uri": "at://did:plc:bo/app.bsky.feed.post/0", "cid": "c0"}


def reply(
    audience: Visibility = Visibility.PUBLIC, text: str = "@ana.test We are sorry.", **to: Any
) -> Reply:
    target = {
        "native_id": POST["uri"], "namespace": "at", "author_native_id": "did:plc:ana", "author_handle": "ana.test",
        "visibility": Visibility.PUBLIC, "context": {"post": POST, "root": ROOT},
    }  # fmt: skip
    return Reply(client_id="c", text=text, audience=audience, to=ReplyTarget(**(target | to)))


def test_a_public_reply_is_a_record_under_its_own_key() -> None:
    one, again = compose(reply(), NOW, direct=True), compose(reply(), NOW, direct=True)
    assert one.key == again.key
    assert one.record["reply"] == {"root": ROOT, "parent": POST}
    assert one.record["facets"][0]["features"][0]["did"] == "did:plc:ana"


def test_a_private_reply_has_no_record() -> None:
    composed = compose(reply(Visibility.DIRECT, visibility=Visibility.DIRECT, context={}), NOW, direct=True)
    assert (composed.key, composed.record) == ("", {})


@pytest.mark.parametrize(
    "refused",
    [
        reply(visibility=Visibility.DIRECT),
        reply(context={}),
        reply(Visibility.DIRECT, author_native_id="ana"),
        reply(Visibility.FOLLOWERS),
        reply(text=" "),
        reply(text="a" * 301),
        reply(text="👩‍👩‍👧" * 170),
    ],
)
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match=r"nothing was sent"):
        compose(refused, NOW, direct=True)


def test_direct_messages_may_be_switched_off() -> None:
    with pytest.raises(SendRefused, match="switched off"):
        compose(reply(Visibility.DIRECT), NOW, direct=False)


@pytest.mark.parametrize("token", ["", "a.b", "a.%%.c", "a.e30.c", "a.W10.c"])
def test_a_token_that_does_not_say_when_it_ends(token: str) -> None:
    assert expiry(token) == 2**40


def test_a_token_that_does() -> None:
    assert expiry("e30.eyJleHAiOjE3OTUwMDAwMDB9.x") == 1_795_000_000
