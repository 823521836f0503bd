"""How long a network lets us answer freely in private, and what is left to do afterwards. Pure."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from msgspec import Struct

from earful.channels.contract import Window
from earful.channels.hooks import Opened
from earful.model.time import SECOND, Instant


class _Context(Struct, frozen=True):
    window: Opened | None = None


class _Data(Struct):
    context: _Context = _Context()


_data = msgspec.json.Decoder(_Data)


class Because(StrEnum):
    """What holds a window open the longest."""

    WROTE = "wrote"
    """The customer wrote."""
    AD = "ad"
    """The customer came by an advertisement of ours."""


class Opening(Struct, frozen=True, kw_only=True):
    """A private message of a customer."""

    at: int
    seconds: int = 0
    """What the network named for it, beyond its usual time; 0 for nothing."""


class Standing(Struct, frozen=True, kw_only=True):
    """Where a conversation's window stands."""

    until: int
    """When the network stops to let us write freely."""
    because: Because
    human_until: int
    """Until when a person may still answer; the same as `until` where the network allows no more to people."""
    templates: bool = False
    """Templates go out afterwards."""
    after: str = ""
    """What is left to do, in words."""

    def is_open(self, now: Instant) -> bool:
        """Whether a reply in one's own words can go out."""
        return now < self.human_until


def standing(openings: Iterable[Opening], window: Window, *, templates: bool) -> Standing | None:
    """Where the window of a conversation stands after these messages; None when the customer never wrote."""
    known = list(openings)
    if not known:
        return None
    usual = max(one.at for one in known) + window.seconds * SECOND
    named = max((one.at + one.seconds * SECOND for one in known if one.seconds), default=0)
    until = max(usual, named)
    human = max(one.at for one in known) + window.extended_seconds * SECOND
    return Standing(
        until=until,
        because=Because.AD if named > usual else Because.WROTE,
        human_until=max(until, human),
        templates=templates,
        after=window.after,
    )


def opened_by(data: str) -> Opened | None:
    """What the network named for a message, from what is stored with it."""
    # Nearly no message has it, and every private one is asked.
    return _data.decode(data).context.window if '"window"' in data else None
