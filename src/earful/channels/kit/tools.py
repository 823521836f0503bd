"""What a connector is given to work with."""

from collections.abc import Awaitable, Callable

import httpx2
from msgspec import Struct

from earful.channels.contract import Reply
from earful.channels.kit.budget import Budgets, ChannelBudgets
from earful.channels.kit.copies import MailChannel
from earful.channels.kit.http import client
from earful.channels.kit.oauth import Tokens
from earful.model.time import Instant


class Tools(Struct, kw_only=True):
    """One for each channel; what is costly is shared by all channels of a process."""

    now: Callable[[], Instant]
    http: httpx2.AsyncClient
    """Shared: never closed by a connector. It reaches public addresses only, unless the desk allows others."""
    budgets: Budgets | ChannelBudgets
    allow_private: bool = False
    hook_url: str = ""
    """Where the network may push to: our address as the world knows it."""
    file_address: Callable[[str], str] | None = None
    """Where the network may fetch a file of a reply, by the file's id; None where it cannot reach us."""
    pace: float = 1.0
    """What waits between two looks are multiplied by: less than one where a network is only simulated."""
    tokens: Tokens | None = None
    """Of the account's consent; None where an admin pasted a token or the network has none."""
    mail: MailChannel = lambda: None
    """For channels that are pages of ours: what carries a copy to whoever has left."""
    absent: Callable[[Reply], Awaitable[str]] | None = None
    """The address of whoever a reply is for, if they are not on our page and left one; else empty."""


def shared_client(*, allow_private: bool) -> httpx2.AsyncClient:
    """The client that all channels of a process share: a thousand of their own would be half a gigabyte."""
    return client(allow_private=allow_private, connections=200)
