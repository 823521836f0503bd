"""What a network permits, spent by priority: answers first, then what is new, then history.

Limits are counted over sliding windows in slices, so that no stretch of a window's length ever holds more than the
network allows. What the network itself says of its counters is heeded when it is less.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

from msgspec import Struct

from earful.model.time import SECOND, Instant

SLICES = 30
"""Parts of a window: the finest step in which spent capacity comes back."""
AT_ONCE = 50
"""How many of a process's lists are being read at the same time; a reply waits for nobody."""


class Priority(IntEnum):
    """What capacity is spent on, the most important first."""

    REPLY = 0
    LIVE = 1
    HISTORY = 2


SHARE = {Priority.REPLY: 1.0, Priority.LIVE: 0.9, Priority.HISTORY: 0.5}
"""How much of a limit may be spent when a purpose wants more: the rest is kept for what is more important."""


class Limit(Struct, frozen=True, kw_only=True):
    """So many of something in so many seconds."""

    name: str
    most: int
    seconds: int


class Left(Struct, frozen=True, kw_only=True):
    """What is left of a limit, and when all of it is there again."""

    name: str
    most: int
    seconds: int
    """The window in which so many are allowed."""
    left: int
    whole_at: Instant | None


class Slice(Struct, frozen=True, kw_only=True):
    """What was spent in one slice of a limit's window, as it is kept over a restart."""

    span: str
    """Limit and slice, reused round and round."""
    began_at: int
    spent: int


class Budget:
    """The limits of one token, shared by everything that uses it."""

    def __init__(
        self,
        name: str,
        limits: Sequence[Limit],
        clock: Callable[[], Instant],
        places: asyncio.Semaphore | None = None,
    ) -> None:
        self.name = name
        self.places = places or asyncio.Semaphore(AT_ONCE)
        """Of whoever reads by turns; shared by the budgets of a process."""
        self._limits = {limit.name: limit for limit in limits}
        self._clock = clock
        self._spent: dict[str, dict[int, int]] = {limit.name: {} for limit in limits}
        self._told: dict[str, tuple[int, int]] = {}
        self._closed_until = 0
        self._changed: set[tuple[str, int]] = set()

    def wait(self, limit: str, cost: int = 1, priority: Priority = Priority.LIVE) -> float:
        """Seconds until `cost` of a limit may be spent; 0 when it may be now. An unknown limit has no bound."""
        now = self._clock()
        if self._closed_until > now:
            return (self._closed_until - now) / SECOND
        bound = self._limits.get(limit)
        if bound is None:
            return 0.0
        told = self._told.get(limit)
        if told is not None:
            left, until = told
            if until <= now:
                del self._told[limit]
            elif left - cost < bound.most * (1 - SHARE[priority]):
                return (until - now) / SECOND
        allowed = max(bound.most * SHARE[priority], 1.0)
        spent, step = self._sum(bound, now), _step(bound)
        if spent + cost <= allowed:
            return 0.0
        for began_at in sorted(self._spent[limit]):
            spent -= self._spent[limit][began_at]
            if spent + cost <= allowed:
                return max((began_at + step + bound.seconds * SECOND - now) / SECOND, step / SECOND)
        return float(bound.seconds)

    def spend(self, limit: str, cost: int = 1) -> None:
        """Count what is about to be spent."""
        bound = self._limits.get(limit)
        if bound is None:
            return
        step = _step(bound)
        began_at = self._clock() // step * step
        self._spent[limit][began_at] = self._spent[limit].get(began_at, 0) + cost
        self._changed.add((limit, began_at))
        told = self._told.get(limit)
        if told is not None:
            self._told[limit] = (told[0] - cost, told[1])

    def heed(self, limit: str, headers: Mapping[str, str], prefix: str = "x-rate-limit") -> None:
        """Believe the network's own counters: `<prefix>-remaining` and `<prefix>-reset` (seconds, or a Unix time)."""
        remaining, reset = headers.get(f"{prefix}-remaining", ""), headers.get(f"{prefix}-reset", "")
        try:
            left, seconds = int(float(remaining)), float(reset)
        except ValueError:
            return
        now = self._clock()
        until = round(seconds * SECOND) if seconds > 1e9 else now + round(seconds * SECOND)
        if until > now:
            self._told[limit] = (left, until)

    def close(self, seconds: float) -> None:
        """The network asked to be left alone for so long."""
        self._closed_until = max(self._closed_until, self._clock() + round(seconds * SECOND))

    def left(self) -> list[Left]:
        """What is left of every limit."""
        now = self._clock()
        found = []
        for bound in self._limits.values():
            spent = self._sum(bound, now)
            left, whole_at = bound.most - spent, None
            if spent:
                whole_at = Instant(max(self._spent[bound.name]) + _step(bound) + bound.seconds * SECOND)
            told = self._told.get(bound.name)
            if told is not None and told[1] > now and told[0] < left:
                left, whole_at = told[0], Instant(told[1])
            found.append(
                Left(
                    name=bound.name,
                    most=bound.most,
                    seconds=bound.seconds,
                    left=max(left, 0),
                    whole_at=whole_at,
                )
            )
        return found

    def take_changes(self) -> list[Slice]:
        """Slices that changed since this was asked last, to be kept."""
        changed, self._changed = self._changed, set()
        return [
            Slice(
                span=f"{limit} {began_at // _step(self._limits[limit]) % (SLICES + 1)}",
                began_at=began_at,
                spent=self._spent[limit].get(began_at, 0),
            )
            for limit, began_at in sorted(changed)
        ]

    def restore(self, slices: Sequence[Slice]) -> None:
        """Remember what was spent before a restart."""
        now = self._clock()
        for one in slices:
            bound = self._limits.get(one.span.rpartition(" ")[0])
            if bound is not None and one.began_at + _step(bound) + bound.seconds * SECOND > now:
                held = self._spent[bound.name]
                held[one.began_at] = max(held.get(one.began_at, 0), one.spent)

    def _sum(self, bound: Limit, now: int) -> int:
        slices = self._spent[bound.name]
        for began_at in [one for one in slices if one + _step(bound) + bound.seconds * SECOND <= now]:
            del slices[began_at]
        return sum(slices.values())


def _step(bound: Limit) -> int:
    return max(bound.seconds * SECOND // SLICES, 1)


class Budgets:
    """The budgets of one process, by token: two channels with one app share what the network counts together."""

    def __init__(self, clock: Callable[[], Instant]) -> None:
        self._clock = clock
        self._places = asyncio.Semaphore(AT_ONCE)
        self._held: dict[str, Budget] = {}
        self._kept: dict[str, list[Slice]] = {}

    def restore(self, kept: Mapping[str, list[Slice]]) -> None:
        """What was spent before a restart, by budget; taken up by those that are asked for later."""
        self._kept = dict(kept)

    def of(self, name: str, limits: Sequence[Limit]) -> Budget:
        """The budget of a name; made with these limits when there is none."""
        if name not in self._held:
            budget = self._held[name] = Budget(name, limits, self._clock, self._places)
            budget.restore(self._kept.pop(name, []))
        return self._held[name]

    def all(self) -> list[Budget]:
        """Every budget that is in use."""
        return list(self._held.values())


class ChannelBudgets:
    """The budgets of a process as one channel is given them: which it uses is remembered, to be shown."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._used: dict[str, Budget] = {}

    def of(self, name: str, limits: Sequence[Limit]) -> Budget:
        """As `Budgets.of`."""
        budget = self._used[name] = self._budgets.of(name, limits)
        return budget

    def left(self) -> list[Left]:
        """What is left of every limit that the channel is bound by."""
        return [left for budget in self._used.values() for left in budget.left()]
