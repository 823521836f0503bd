"""How fast one visitor, or one network address, may go. Kept in memory: a restart forgives."""

from collections.abc import Callable, Mapping

from earful.model.time import Instant

MOST_KEPT = 50_000


class TooFast(Exception):
    """Wait so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"That were many in a short time; nothing was sent. Wait {seconds} seconds.")
        self.seconds = seconds


class Brakes:
    """A bucket for each (what, who): it holds so many and fills evenly."""

    def __init__(self, rates: Mapping[str, tuple[int, int]], clock: Callable[[], Instant]) -> None:
        self._rates = rates
        self._clock = clock
        self._held: dict[tuple[str, str], tuple[float, int]] = {}

    def spend(self, what: str, who: str) -> None:
        """Take one. Raises TooFast when there is none."""
        most, span = self._rates[what]
        now = self._clock()
        left, at = self._held.pop((what, who), (float(most), now))
        left = min(most, left + (now - at) * most / span)
        if left < 1:
            self._held[what, who] = left, now
            raise TooFast(round((1 - left) * span / most / 1000) + 1)
        # The one that was used last stands last, so that the first is the one to forget.
        self._held[what, who] = left - 1, now
        if len(self._held) > MOST_KEPT:
            del self._held[next(iter(self._held))]
