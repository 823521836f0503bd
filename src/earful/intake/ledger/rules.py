"""What follows from the ledger's numbers. Pure."""

from collections.abc import Sequence

from earful.model.time import SECOND, Instant

SOON = 7 * 24 * 3_600 * SECOND
"""A token that ends within this should be renewed, or connected anew where it cannot be."""


def time_left(
    alive_at: int | None, kept_seconds: int | None, now: Instant, *, gap_since: int | None = None
) -> int | None:
    """Milliseconds until messages are lost that the network keeps for us no longer; None where it keeps them.

    They count from the last proof of life, or from an open gap that began earlier; 0 when the time is over.
    """
    if kept_seconds is None:
        return None
    starts = [one for one in (alive_at, gap_since) if one is not None]
    return None if not starts else max(min(starts) + kept_seconds * SECOND - now, 0)


def percentile(values: Sequence[int], share: float) -> int | None:
    """The value below which `share` (0-1) of them lie; None for none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
