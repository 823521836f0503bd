"""What the filters may look at: one mail, read once."""

from email.message import Message

from msgspec import Struct

from earful.channels.email.headers import Address


class MailFacts(Struct, frozen=True, kw_only=True):
    """A mail and where it lay. `ours` are our addresses in lower case."""

    mail: Message
    message_id: str
    sender: Address | None
    text: str
    folder_is_sent: bool
    ours: frozenset[str]
    our_domain: str
    own_lists: frozenset[str]


class Caught(Struct, frozen=True, kw_only=True):
    """A filter's finding: which one, and why in words for an agent; `details` for programs."""

    by: str
    why: str
    details: dict[str, object] = {}
    parent_id: str = ""
    """The mail this one is about, when the mail says so elsewhere than in its headers."""
