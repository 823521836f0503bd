"""Answers of the Bot API as servers write them."""

import msgspec

from earful.channels.telegram.connector import WebhookInfo
from earful.channels.telegram.send import Answered


def test_what_is_missing_may_be_written_out_as_null() -> None:
    """Telegram leaves out what it has not; a server of one's own may say so."""
    raw = b'{"ok":true,"result":{"url":"u","last_error_message":null},"description":null,"parameters":null}'
    answer = msgspec.json.decode(raw, type=Answered)
    assert (answer.ok, answer.description, answer.parameters) == (True, None, None)
    info = msgspec.json.decode(answer.result, type=WebhookInfo)
    assert (info.url, info.pending_update_count, info.last_error_message) == ("u", 0, None)
