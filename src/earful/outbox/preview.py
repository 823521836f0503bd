"""What a reply would be before it is one: its parts, its gaps, and private data that others would see."""

from collections.abc import Callable

from msgspec import Struct

from earful.channels.contract import Capabilities
from earful.channels.kit import text as counting
from earful.desk.answering import rules
from earful.desk.answering import service as answering
from earful.desk.answering.rules import Found
from earful.desk.attaching import service as attaching
from earful.desk.inbox.service import sign_off_for
from earful.model.desk import UserRef
from earful.model.message import Network, Visibility
from earful.outbox import service as outbox
from earful.store.tx import Tx


class Preview(Struct, frozen=True, kw_only=True):
    """A reply as it would go out. `parts` is empty for one that goes out whole, or cannot go out at its length."""

    channel_id: str
    network: Network
    text: str
    """With its sign-off."""
    parts: list[str]
    gaps: list[str]
    private: list[Found]
    """In the text as it was written; empty where only those addressed see it."""
    in_alts: list[Found] = []
    """In what is said of the draft's pictures, likewise."""


def signed(text: str, network: Network, sign_off: str) -> str:
    """The text with its writer's sign-off, once."""
    text = text.rstrip()
    if not sign_off or not text or text.endswith(sign_off):
        return text
    return f"{text}\n\n{sign_off}" if network is Network.EMAIL else f"{text} {sign_off}"


def preview(
    tx: Tx,
    user: UserRef,
    sign_off: str,
    text: str,
    in_reply_to: str,
    audience: Visibility,
    capabilities: Callable[[str], Capabilities],
) -> Preview:
    """Look at a reply. Raises RefusedReplyError when what it answers is not there."""
    channel_id, network = outbox.place_of(tx, in_reply_to)
    usual = sign_off_for(network, user, sign_off)
    files = attaching.of_draft(tx, user.id, outbox.case_with(tx, in_reply_to))
    whole = signed(text, network, answering.sign_off(tx, user.id, channel_id, usual))
    return Preview(
        channel_id=channel_id,
        network=network,
        text=whole,
        parts=divided(tx, whole, in_reply_to, capabilities(channel_id).within(audience)),
        gaps=rules.gaps(text),
        private=answering.private_in(tx, text, audience),
        in_alts=outbox.private_in(tx, "", audience, files),
    )


def divided(tx: Tx, text: str, in_reply_to: str, can: Capabilities) -> list[str]:
    """The parts of a text that is too long for its network, with room for the name of whom it answers."""
    if can.max_length is None or not can.threads:
        return []

    def length(said: str) -> int:
        return counting.count(said, can.counter)

    if length(text) <= can.max_length:
        return []
    handle = outbox.handle_of(tx, in_reply_to)
    return rules.split(text, can.max_length - (length(f"@{handle} ") if handle else 0), length)
