"""No reply is shown to anybody it was not meant for, and every answer of the network says what became of it."""

from typing import Any

import httpx2
import msgspec
import pytest

from earful.channels.contract import Reply, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.channels.meta.errors import judge
from earful.channels.whatsapp.send import compose, sent
from earful.model.message import Visibility
from earful.model.time import Instant

NOW = Instant(1_800_000_000_000)


def reply(text: str = "Hello", audience: Visibility = Visibility.DIRECT, **context: Any) -> Reply:
    visibility = Visibility.GROUP if "group" in context else Visibility.DIRECT
    to = ReplyTarget(native_id="wamid.1", author_native_id="DE.77", visibility=visibility, context=context)
    return Reply(client_id="r1", text=text, audience=audience, to=to)


def test_a_reply_goes_to_the_number_or_to_the_user_id() -> None:
    fields = compose(reply(wa_id="4915", user_id="DE.77"))
    assert (fields["to"], fields["text"]["body"]) == ("4915", "Hello")
    assert fields["context"] == {"message_id": "wamid.1"}
    assert fields["biz_opaque_callback_data"] == "r1"
    hidden = compose(reply(user_id="DE.77"))
    assert hidden["recipient"] == "DE.77"
    assert "to" not in hidden


@pytest.mark.parametrize(
    "asked",
    [
        reply(wa_id="4915", audience=Visibility.PUBLIC),
        reply(wa_id="4915", audience=Visibility.GROUP),
        reply(group="g1", audience=Visibility.DIRECT),
        reply(),
        reply("  \u0000 ", wa_id="4915"),
        reply("x" * 4097, wa_id="4915"),
    ],
)
def test_what_cannot_be_kept_private_or_is_no_message_is_refused(asked: Reply) -> None:
    with pytest.raises(SendRefused, match="nothing was sent"):
        compose(asked)


def test_an_answer_without_an_id_is_unknown() -> None:
    assert sent(b'{"messages":[{"id":"wamid.5"}]}', reply(), NOW).native_id == "wamid.5"
    for answer in (b"", b"{}", b'{"messages":[]}', b'{"messages":[{}]}'):
        with pytest.raises(SendUnknown):
            sent(answer, reply(), NOW)


@pytest.mark.parametrize(
    ("code", "subcode", "outcome", "seconds"),
    [
        (190, 458, SendPostponed, None),
        (4, 0, SendPostponed, None),
        (130429, 0, SendPostponed, None),
        (131056, 0, SendPostponed, 6.0),
        (368, 0, SendPostponed, 3600.0),
        (131047, 0, SendRefused, None),
        (10, 2018278, SendRefused, None),
        (10, 0, SendRefused, None),
        (200, 0, SendRefused, None),
        (1, 0, SendUnknown, None),
        (131000, 0, SendUnknown, None),
    ],
)
def test_each_code_means_what_it_means(
    code: int, subcode: int, outcome: type[Exception], seconds: float | None
) -> None:
    error = {"message": "No", "code": code, "error_subcode": subcode}
    response = httpx2.Response(400, content=msgspec.json.encode({"error": error}))
    with pytest.raises(outcome) as raised:
        judge(response, None, "Send a template.")
    assert str(code) in str(raised.value)
    if isinstance(raised.value, SendPostponed):
        assert raised.value.after_seconds == seconds
    if code == 131047:
        assert "Send a template." in str(raised.value)


def test_other_answers_are_judged_by_their_status() -> None:
    assert "error 100" in judge(
        httpx2.Response(400, content=b'{"error":{"message":"No","code":100}}'), None, ""
    )
    assert judge(httpx2.Response(500, content=b"<html>"), None, "") == ""
