"""What goes to X, and what does not."""

from typing import Any

import pytest

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.x.send import compose, same_words
from earful.channels.x.settings import XSettings
from earful.model.message import Visibility

SELF, ENTERPRISE = XSettings(user_id="1"), XSettings(user_id="1", plan="enterprise")


def reply(audience: Visibility = Visibility.PUBLIC, text: str = "We are sorry.", **target: Any) -> Reply:
    to = {
        "native_id": "10", "namespace": "x:post", "author_native_id": "2", "visibility": Visibility.PUBLIC,
        "context": {"post_id": "12", "summoned": True}, "permalink": "https://x.com/ana/status/10",
    }  # fmt: skip
    return Reply(client_id="c", text=text, audience=audience, to=ReplyTarget(**(to | target)))


def test_the_newest_version_of_a_post_is_answered() -> None:
    assert compose(reply(), SELF).body == {"text": "We are sorry.", "reply": {"in_reply_to_tweet_id": "12"}}


def test_who_did_not_summon_us_is_answered_by_enterprise_apps_only() -> None:
    unasked = reply(context={"summoned": False})
    with pytest.raises(SendRefused, match=r"https://x\.com/ana/status/10"):
        compose(unasked, SELF)
    assert compose(unasked, ENTERPRISE).answers == "10"


@pytest.mark.parametrize(
    "refused",
    [
        reply(visibility=Visibility.DIRECT, namespace="x:dm"),
        reply(Visibility.DIRECT, visibility=Visibility.GROUP, namespace="x:dm"),
        reply(Visibility.DIRECT, visibility=Visibility.DIRECT, namespace="x:chat"),
        reply(Visibility.DIRECT, author_native_id=""),
        reply(text="  "),
        reply(text="é" * 281),
        reply(text="語" * 141),
    ],
)
def test_what_must_not_go_out_is_refused(refused: Reply) -> None:
    with pytest.raises(SendRefused, match=r"[Nn]othing was sent"):
        compose(refused, SELF)


def test_a_private_answer_to_a_post_is_a_direct_message() -> None:
    assert compose(reply(Visibility.DIRECT), SELF).path == "/2/dm_conversations/with/2/messages"
    with pytest.raises(SendRefused, match="switched off"):
        compose(reply(Visibility.DIRECT), XSettings(user_id="1", direct=False))


def test_links_and_mentions_do_not_hide_our_own_words() -> None:
    assert same_words("@ana See https://t.co/x please", "See https://example.test/a please")
    assert not same_words("@ana See that", "See this")
