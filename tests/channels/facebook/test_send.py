"""A private reply never goes out in public, and goes out at all only while it may."""

from typing import Any

import pytest
from msgspec import structs

from earful.channels.contract import Reply, ReplyFile, ReplyTarget, SendRefused
from earful.channels.facebook.send import compose
from earful.model.message import Visibility
from earful.model.time import DAY, Instant

NOW = Instant(1_800_000_000_000)


def reply(
    audience: Visibility, visibility: Visibility = Visibility.PUBLIC, text: str = "Hi", **context: Any
) -> Reply:
    to = ReplyTarget(native_id="55_1", author_native_id="7", visibility=visibility, context=context)
    return Reply(client_id="r1", text=text, audience=audience, to=to)


def test_a_public_answer_goes_under_the_comment_and_a_private_one_to_its_writer() -> None:
    public = compose(reply(Visibility.PUBLIC), "1000", NOW)
    assert (public.path, public.fields, public.private) == ("55_1/comments", {"message": "Hi"}, False)
    private = compose(reply(Visibility.DIRECT, at=NOW // 1000, comment=True), "1000", NOW)
    assert (private.path, private.private) == ("1000/messages", True)
    assert private.fields["recipient"] == {"comment_id": "55_1"}
    assert private.fields["message"]["metadata"] == "r1"
    post = compose(reply(Visibility.DIRECT, at=NOW // 1000, comment=False), "1000", NOW)
    assert post.fields["recipient"] == {"post_id": "55_1"}


@pytest.mark.parametrize(
    "asked",
    [
        reply(Visibility.PUBLIC, Visibility.DIRECT),
        reply(Visibility.DIRECT, Visibility.DIRECT),
        reply(Visibility.FOLLOWERS),
        reply(Visibility.PUBLIC, text=" "),
        structs.replace(reply(Visibility.DIRECT), files=[ReplyFile(name="lid.png", mime="image/png")]),
        reply(Visibility.DIRECT, text="x" * 2001),
        reply(Visibility.DIRECT, at=(NOW - 7 * DAY) // 1000 - 1),
    ],
)
def test_what_may_not_go_out_is_refused(asked: Reply) -> None:
    with pytest.raises(SendRefused, match=r"[Nn]othing was sent"):
        compose(asked, "1000", NOW)
