"""A reply as one SMS, or several that a phone puts together again, or one MMS where pictures go with it."""

from typing import Any

import msgspec

from earful.channels.contract import Reply, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.loose import mapping, word
from earful.channels.kit.text import count, segments
from earful.channels.sms.limits import CAPABILITIES
from earful.channels.sms.parse import OPT_OUT, TRIAL
from earful.channels.twilio.rest import when
from earful.model.message import Visibility
from earful.model.time import Instant, moment


def compose(reply: Reply) -> tuple[str, str]:
    """(number, words) of a reply. Raises SendRefused rather than show it to anybody it was not meant for."""
    to = reply.to
    if reply.audience is not Visibility.DIRECT or to.visibility is not Visibility.DIRECT:
        raise SendRefused(
            f"An SMS is direct, this is {to.visibility} and {reply.audience}; nothing was sent."
        )
    if to.context.get(OPT_OUT) == "STOP":
        raise SendRefused(
            "The customer wrote STOP: no SMS may be sent until they write START. Answer another way; nothing was sent."
        )
    phone = to.author_native_id
    if not phone.lstrip("+").isdigit():
        raise SendRefused(f"“{phone[:40]}” is a sender that cannot be written to; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text and not reply.files:
        raise SendRefused("The reply has no text; nothing was sent.")
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {length} characters long ({segments(text)} SMS), 1,600 are allowed; nothing was sent."
        )
    return phone, text


def sent(answer: bytes, reply: Reply, now: Instant) -> Sent:
    """What Twilio named a message that it took. Raises SendUnknown."""
    try:
        told = mapping(msgspec.json.decode(answer))
    except msgspec.MsgspecError:
        told = {}
    if not word(told, "sid"):
        raise SendUnknown("The answer of Twilio could not be read. The reply may be out.")
    return named(told, reply, now)


def named(told: dict[str, Any], reply: Reply, now: Instant) -> Sent:
    """A message of ours as the list or the answer has it."""
    at = when(word(told, "date_sent")) or when(word(told, "date_created")) or moment(now)
    return Sent(native_id=word(told, "sid"), occurred_at=at, thread=reply.to.author_native_id)


def is_reply(told: dict[str, Any], text: str, since: int) -> bool:
    """Whether a listed message is this reply: the same words, made after what it answers (seconds since 1970). Pictures
    are not counted: Twilio may list a message before it has fetched them, and must not be given it again."""
    made = when(word(told, "date_created"))
    body = word(told, "body").removeprefix(TRIAL)
    return made is not None and made.timestamp() >= since and body.split() == text.split()
