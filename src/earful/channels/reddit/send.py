"""A reply as a comment or a private message. There is no idempotency key: a time-out is not followed by a resend."""

from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, SendPostponed, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.loose import mapping, members, word
from earful.channels.reddit.limits import CAPABILITIES
from earful.channels.reddit.parse import REDDIT, thing
from earful.model.message import Visibility
from earful.model.time import Instant, moment

SLOW_DOWN = 600.0


class Composed(Struct, frozen=True, kw_only=True):
    """A comment, or an answer to a private message."""

    answers: str
    text: str
    private: bool


def compose(reply: Reply) -> Composed:
    """What is to be said. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    private = reply.audience is Visibility.DIRECT
    if private != reply.to.native_id.startswith("t4_") or reply.audience is not reply.to.visibility:
        raise SendRefused(
            f"This message is {reply.to.visibility}, not {reply.audience}, and Reddit has no private answer to what "
            "was said in public; nothing was sent."
        )
    if not reply.to.native_id.startswith(("t1_", "t3_", "t4_")):
        raise SendRefused("Reddit takes no answer to this; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    if CAPABILITIES.max_length is not None and len(text) > CAPABILITIES.max_length:
        raise SendRefused(
            f"The reply is {len(text)} characters long, Reddit allows 10,000; nothing was sent."
        )
    return Composed(answers=reply.to.native_id, text=text, private=private)


def sent(raw: bytes, reply: Reply, me: str, now: Instant) -> Sent:
    """What Reddit named it. It answers 200 to refusals too.

    Raises SendPostponed when it wants us to slow down, SendRefused for other refusals, SendUnknown when it cannot be
    read.
    """
    try:
        told = mapping(msgspec.json.decode(raw), "json")
    except msgspec.MsgspecError:
        told = {}
    errors = told.get("errors")
    if isinstance(errors, list) and errors:
        _refused(errors[0], told)
    for one in members(told, "data", "things"):
        name = word(one, "data", "name") or word(one, "data", "id")
        if name:
            return named(one, reply, me, now) or Sent(
                native_id=name, namespace=REDDIT, occurred_at=moment(now), thread=reply.to.thread
            )
    raise SendUnknown("The answer of the network could not be read. The reply may be out.")


def named(one: dict[str, Any], reply: Reply, me: str, now: Instant) -> Sent | None:
    """A thing as what was sent."""
    message = thing(one, me, now)
    if message is None or message.author is None:
        return None
    return Sent(
        native_id=message.native_id,
        namespace=REDDIT,
        occurred_at=message.occurred_at,
        permalink=message.permalink,
        thread=reply.to.thread,
    )


def _refused(error: Any, told: dict[str, Any]) -> None:
    code, words = [*map(str, error), "", ""][:2] if isinstance(error, list) else (str(error), "")
    if code == "RATELIMIT":
        seconds = told.get("ratelimit")
        after = float(seconds) if isinstance(seconds, int | float) else SLOW_DOWN
        raise SendPostponed(f"Reddit says: {words[:200]}; nothing was sent.", after_seconds=after)
    raise SendRefused(f"Reddit says: {code}: {words[:200]}; nothing was sent.")
