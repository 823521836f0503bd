"""No reply is shown to anybody it was not meant for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.mastodon.api import Instance
from earful.channels.mastodon.limits import VISIBILITY, WIDTH
from earful.channels.mastodon.send import MENTION, compose, id_order
from earful.model.message import Visibility

SERVER = "https://example.social"


def reply(text: str, audience: Visibility, to: Visibility, acct: str = "ana@other.test") -> Reply:
    target = ReplyTarget(native_id="5", author_handle=acct, visibility=to, context={"acct": acct})
    return Reply(client_id="c", text=text, audience=audience, to=target)


@pytest.mark.parametrize(
    ("text", "acct", "expected"),
    [
        ("Hello", "ana@other.test", "@ana@other.test Hello"),
        ("Hello @ana@other.test", "ana@other.test", "Hello @ana@other.test"),
        ("Hello @ANA@other.test", "ana@other.test", "Hello @ANA@other.test"),
        ("Hello @ana", "ana@other.test", "@ana@other.test Hello @ana"),
        ("Hello @anabel", "ana", "@ana Hello @anabel"),
        ("Hello @ana@example.social", "ana", "Hello @ana@example.social"),
        ("mail us: help@brand.test", "ana", "@ana mail us: help@brand.test"),
        ("Hi", "ana@example.social", "@ana Hi"),
    ],
)
def test_the_addressee_is_always_mentioned(text: str, acct: str, expected: str) -> None:
    assert compose(reply(text, Visibility.PUBLIC, Visibility.PUBLIC, acct), SERVER, Instance())[0] == expected


@given(
    audience=st.sampled_from(Visibility),
    to=st.sampled_from(Visibility),
    text=st.sampled_from(
        ["Hi", "@bob hi", "hi @ana@other.test", "see @bob@x.test and @ana@other.test", " ", "a@b.c"]
    ),
)
def test_a_reply_goes_out_as_asked_or_not_at_all(audience: Visibility, to: Visibility, text: str) -> None:
    try:
        posted, visibility = compose(reply(text, audience, to), SERVER, Instance())
    except SendRefused:
        return
    assert VISIBILITY[visibility] is audience
    assert "ana@other.test" in MENTION.findall(posted)
    if to not in (Visibility.PUBLIC, Visibility.UNLISTED):
        assert WIDTH[audience] <= WIDTH.get(to, 0)
    if audience is Visibility.DIRECT:
        assert set(MENTION.findall(posted)) == {"ana@other.test"}


@pytest.mark.parametrize("audience", [Visibility.GROUP, Visibility.INTERNAL])
def test_audiences_that_mastodon_lacks_are_refused(audience: Visibility) -> None:
    with pytest.raises(SendRefused, match=r"no .* audience"):
        compose(reply("Hi", audience, Visibility.DIRECT), SERVER, Instance())


def test_length_counts_the_mention_and_links_as_the_server_does() -> None:
    text = "x" * 494
    assert compose(reply(text, Visibility.PUBLIC, Visibility.PUBLIC), SERVER, Instance())
    with pytest.raises(SendRefused, match="501 characters"):
        compose(reply("x" * 496, Visibility.PUBLIC, Visibility.PUBLIC), SERVER, Instance())
    link = "https://x.test/" + "a" * 600
    assert compose(reply(link, Visibility.PUBLIC, Visibility.PUBLIC), SERVER, Instance())


def test_nobody_to_address_is_refused() -> None:
    target = structs.replace(
        reply("x", Visibility.PUBLIC, Visibility.PUBLIC).to, author_handle="", context={}
    )
    with pytest.raises(SendRefused, match="nobody"):
        compose(
            structs.replace(reply("x", Visibility.PUBLIC, Visibility.PUBLIC), to=target), SERVER, Instance()
        )


def test_ids_are_ordered_by_age_not_as_words() -> None:
    assert sorted(["10", "9", "100"], key=id_order) == ["9", "10", "100"]
