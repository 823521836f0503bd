"""What can go wrong with a network, to be turned on: for the next few times, or for a share of all."""

import asyncio
import random
from collections import Counter
from enum import StrEnum


class Fault(StrEnum):
    """One knob."""

    DUPLICATE = "duplicate"
    """A delivery comes twice."""
    REORDER = "reorder"
    """A delivery comes after the one that follows it."""
    DELAY = "delay"
    """A delivery comes late."""
    LIMITED = "limited"
    """A request is answered 429 with the time to wait."""
    LIMITED_BARE = "limited_bare"
    """A request is answered 429 without a word."""
    BROKEN = "broken"
    """A request is answered 500 and does nothing."""
    LOST_ANSWER = "lost_answer"
    """A request is done, but its answer never arrives."""
    UNREADABLE = "unreadable"
    """A delivery has a shape that nobody knows."""


WORDS: dict[Fault, str] = {
    Fault.DUPLICATE: "comes twice",
    Fault.REORDER: "comes after the next",
    Fault.DELAY: "comes late",
    Fault.LIMITED: "is answered 429 with the time to wait",
    Fault.LIMITED_BARE: "is answered 429 without a word",
    Fault.BROKEN: "is answered 500",
    Fault.LOST_ANSWER: "is done, but its answer is lost",
    Fault.UNREADABLE: "comes in an unknown shape",
}
OF_DELIVERIES = (Fault.DUPLICATE, Fault.REORDER, Fault.DELAY, Fault.UNREADABLE)
OF_REQUESTS = frozenset(set(Fault) - set(OF_DELIVERIES))


class Knobs:
    """The knobs of one network."""

    def __init__(self, seed: int = 1) -> None:
        self.next: Counter[Fault] = Counter()
        self.share: dict[Fault, float] = {}
        self.delay_seconds = 1.0
        self.wait_seconds = 1
        """What a 429 asks for."""
        self.revoked = False
        """The brand's token is not good any more."""
        self.missing_permission = ""
        """A permission that was not given, by its name; empty for none."""
        self.answering = asyncio.Event()
        """Cleared: what the brand says is out and told of, while the answer to its request is still on its way."""
        self.answering.set()
        self.struck: Counter[Fault] = Counter()
        """How often each fault happened."""
        self._dice = random.Random(seed)  # noqa: S311 - which delivery comes twice is no secret

    def strikes(self, fault: Fault, *, counted: bool = True) -> bool:
        """Whether a fault happens now; what is not `counted` is struck by a share only."""
        ordered = counted and self.next[fault] > 0
        if ordered:
            self.next[fault] -= 1
        strikes = ordered or self._dice.random() < self.share.get(fault, 0.0)
        self.struck[fault] += strikes
        return strikes
