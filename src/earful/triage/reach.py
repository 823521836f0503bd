"""How many people a message may still reach. It reorders a queue; it never decides who is answered."""

import math
from bisect import bisect_right
from functools import lru_cache

from earful.triage.subject import Subject

HALF_LIFE_MS = 6 * 3_600_000
"""Attention to a public post halves in about this time; half-lives of posts are measured in hours."""

_PEOPLE = {"likes": 8.0, "replies": 15.0, "reposts": 60.0, "quotes": 80.0}
"""People who see a message for each reaction of a kind: assumed, until fitted to a workspace's own views."""

TIERS = (
    (1.0, "private"),
    (10.0, "a few"),
    (100.0, "tens"),
    (1_000.0, "hundreds"),
    (10_000.0, "thousands"),
    (100_000.0, "tens of thousands"),
    (1_000_000.0, "hundreds of thousands"),
)
CAP = 1e9
_LIMITS, _WORDS = [limit for limit, _ in TIERS], [*(words for _, words in TIERS), "millions"]


def expected(subject: Subject) -> float:
    """Expected further audience in people: 0 for a private message, at most a billion.

    Followers count by their logarithm only: most followers see nothing. Reactions count, views most of all,
    and fade with age.
    """
    if subject.private:
        return 0.0
    base = _by_followers(subject.followers or 0)
    if not subject.reactions:
        return round(base, 1)
    seen = sum(people * _count(subject, kind) for kind, people in _PEOPLE.items())
    seen = max(seen, _count(subject, "views"))
    fade: float = 0.5 ** min(max(subject.age_ms, 0) / HALF_LIFE_MS, 60.0)
    return round(min(base + seen * fade, CAP), 1)


def tier(audience: float) -> str:
    """The order of magnitude in words, from `private` to `millions`."""
    return _WORDS[bisect_right(_LIMITS, audience)]


@lru_cache(maxsize=10_000)
def _by_followers(followers: int) -> float:
    return 5.0 * math.log2(1 + min(max(followers, 0), CAP)) + 3.0


def _count(subject: Subject, kind: str) -> float:
    return float(min(max(subject.reactions.get(kind, 0), 0), CAP))
