"""A channel that is asked for what was said: its lists, what changed since, and history, all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from earful.channels.contract import Inlet
from earful.channels.kit.again import Ask, Looks, Walk
from earful.channels.kit.budget import Budget
from earful.channels.kit.poll import Cadence, Source, poll
from earful.channels.kit.tools import Tools

SLOWEST = 4
"""Where nothing comes a list is looked at less often, but never more seldom than so many times its interval."""


class Asking(Struct, frozen=True, kw_only=True):
    """What a channel asks for, and how often."""

    sources: Sequence[Source]
    poll_seconds: float
    limit: str
    """The limit of the budget that looking again and history spend."""
    walk: Walk
    look: Ask | None = None
    """None where the network cannot be asked what became of a message."""
    look_again_minutes: float = 60.0
    days: int = 1
    """How old a message may be to be looked at again."""
    most: int = 1_000
    """How many messages are looked at again."""
    at_once: int = 1
    cost: int = 1
    """What one look at `at_once` messages costs."""


def asked(
    inlet: Inlet, stop: asyncio.Event, tools: Tools, budget: Budget, explain: Callable[[Exception], str], what: Asking,
) -> list[Awaitable[None]]:  # fmt: skip
    """The loops that ask, each until `stop`; together with others of the channel they are its `receive`."""
    shortest = what.poll_seconds * tools.pace
    looks = Looks(inlet, stop, budget, now=tools.now, explain=explain)
    work: list[Awaitable[None]] = [
        poll(
            inlet, stop, source, cadence=Cadence(shortest=shortest, longest=shortest * SLOWEST), budget=budget,
            explain=explain,
        )
        for source in what.sources
    ]  # fmt: skip
    if what.look is not None:
        again = what.look_again_minutes * 60 * tools.pace
        work.append(
            looks.recent(
                what.look, limit=what.limit, days=what.days, most=what.most, at_once=what.at_once, seconds=again,
                cost=what.cost,
            )
        )  # fmt: skip
    work.append(looks.history(what.walk, limit=what.limit, pace=tools.pace))
    return work
