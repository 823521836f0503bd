"""A private message of Messenger or Instagram: what it looks like on its way out, and how to find it again."""

from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities, Reply, ReplyFile, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.text import count
from earful.channels.meta.graph import FAULTS, Graph
from earful.channels.meta.values import Id, Time, when
from earful.model.message import Visibility
from earful.model.time import DAY, SECOND, Instant

HUMAN_DAYS = 7
"""How long a human agent may answer, where the app has that permission."""
OWN_WINDOW = DAY
LOOK_BACK = 25
"""Messages of a conversation that are looked through for one of ours."""


class By(Struct):
    """Who wrote it."""

    id: Id = ""


class Line(Struct):
    """A message of a conversation."""

    id: str
    message: str | None = ""
    created_time: Time = None
    from_: By | None = msgspec.field(default=None, name="from")


class Lines(Struct, frozen=True):
    """Messages, newest first."""

    data: list[Line] = []


class Talk(Struct):
    """A conversation."""

    messages: Lines = Lines()


_talk = msgspec.json.Decoder(Talk)


def compose_private(
    reply: Reply, can: Capabilities, network: str, now: Instant, *, human_agent: bool, metadata: bool
) -> dict[str, Any]:
    """The fields of a private message. Raises SendRefused rather than show it to anybody it was not meant for."""
    if reply.audience is not Visibility.DIRECT or reply.to.visibility is not Visibility.DIRECT:
        raise SendRefused(f"This is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    customer = str(reply.to.context.get("customer") or reply.to.author_native_id)
    if not customer or customer != reply.to.author_native_id:
        raise SendRefused("It is not known to whom to answer; nothing was sent.")
    message: dict[str, Any] = {} if reply.files else {"text": words_of(reply, can, network)}
    if metadata:
        # It comes back with the echo, which so is known to be this reply.
        message["metadata"] = reply.client_id
    fields = {"recipient": {"id": customer}, "message": message}
    at = reply.to.context.get("at")
    late = isinstance(at, int) and now > at * SECOND + max(OWN_WINDOW, _named(reply))
    if human_agent and late:
        return fields | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return fields | {"messaging_type": "RESPONSE"}


def kind_of(file: ReplyFile) -> str:
    """What a message calls a file."""
    return "image" if file.mime.startswith("image/") else "file"


def for_people(can: Capabilities, human_agent: bool) -> Capabilities:
    """What an account can do: the seven days for people are a feature that Meta gives to an app."""
    if human_agent or can.window is None:
        return can
    window = msgspec.structs.replace(can.window, extended_seconds=0)
    return msgspec.structs.replace(can, window=window)


def _named(reply: Reply) -> int:
    """Milliseconds that the network named for the answered message; 0 for the usual time."""
    window = reply.to.context.get("window")
    seconds = window.get("seconds") if isinstance(window, dict) else 0
    return seconds * SECOND if isinstance(seconds, int) else 0


def words_of(reply: Reply, can: Capabilities, network: str) -> str:
    """The text, short enough. Raises SendRefused."""
    text = scrub(reply.text).strip()
    if not text:
        raise SendRefused("The reply has no text; nothing was sent.")
    length = count(text, can.counter)
    if can.max_length is not None and length > can.max_length:
        raise SendRefused(f"The reply is {length} long, {network} allows {can.max_length}; nothing was sent.")
    return text


async def find_private(graph: Graph, account: str, platform: str, reply: Reply) -> Sent | None:
    """Look through the conversation for a message of ours with the same words. Raises SendUnknown."""
    customer = str(reply.to.context.get("customer") or reply.to.author_native_id)
    query = {
        "user_id": customer,
        "platform": platform,
        "fields": f"messages.limit({LOOK_BACK}){{id,message,created_time,from}}",
    }
    try:
        talks = [_talk.decode(one) for one in (await graph.listed(f"{account}/conversations", query)).data]
    except (*FAULTS, msgspec.MsgspecError) as fault:
        raise SendUnknown(f"{platform.title()} could not be asked for the reply: {fault}") from None
    for line in (line for talk in talks for line in talk.messages.data):
        ours = line.from_ is not None and str(line.from_.id) == account
        if ours and same_words(line.message, reply.text):
            at = when(line.created_time, graph.tools.now())
            return Sent(native_id=line.id, occurred_at=at, thread=reply.to.thread)
    return None


def in_time(reply: Reply, seconds: int, now: Instant) -> None:
    """Whether a comment may still be answered in private. Raises SendRefused."""
    at = reply.to.context.get("at")
    if isinstance(at, int) and now > (at + seconds) * SECOND:
        raise SendRefused(
            f"A comment can be answered in private for {seconds // 86_400} days only; nothing was sent. Answer in "
            "public, or by another channel."
        )


def same_words(theirs: str | None, ours: str) -> bool:
    """Whether a text of the network is what we sent; it may change the space around words."""
    return (theirs or "").split() == scrub(ours).split()
