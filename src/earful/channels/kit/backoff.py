"""How long to wait before trying again."""

import random
from collections.abc import Callable, Iterator


def delay(attempt: int, *, base: float, cap: float, chance: float) -> float:
    """Seconds to wait before attempt number `attempt` (1 is the first retry).

    Doubles from `base` up to `cap`; `chance` (0-1) places it in the upper half of that, so that many
    connections which broke together do not come back together.
    """
    whole = min(cap, base * 2.0 ** min(max(attempt, 1) - 1, 60))
    return whole / 2 + whole / 2 * chance


class Backoff:
    """A growing series of waits which starts again once things went well."""

    def __init__(
        self, *, base: float = 1.0, cap: float = 300.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._base, self._cap, self._chance = base, cap, chance
        self.attempt = 0

    def next(self) -> float:
        """Count one more failure and say how many seconds to wait."""
        self.attempt += 1
        return delay(self.attempt, base=self._base, cap=self._cap, chance=self._chance())

    def reset(self) -> None:
        """Things went well."""
        self.attempt = 0

    def __iter__(self) -> Iterator[float]:
        while True:
            yield self.next()
