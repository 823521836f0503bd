"""Priority: 0-100 as a sum of named points, each a reason.

The floor: points for severity, urgency and failed channels depend on the message alone. Reach adds at most
`Weights.reach`, less than one step of severity, so it reorders equals and never lifts an annoyed celebrity over
a blocked nobody of the same haste. All maxima together make at most 100.
"""

import math

from msgspec import Struct

from earful.model.rating import Rating, Reason

SUM = 100
"""All maxima together are at most this."""


class Weights(Struct, frozen=True, kw_only=True):
    """Points of each contribution; the defaults are how Earful comes."""

    severity: tuple[int, int, int, int, int] = (0, 14, 28, 42, 56)
    """For each level, from none to safety or legal."""
    soon: int = 8
    now: int = 16
    tried_first: int = 4
    """For the first channel that failed before."""
    tried_more: int = 2
    """For each further one."""
    tried: int = 8
    """For all of them at most."""
    churn: int = 6
    """At a certain loss; less in proportion."""
    negative: int = 3
    help: int = 5
    answer: int = 3
    reach: int = 6
    """At most, whatever the audience: one point for each tenfold."""

    @property
    def together(self) -> int:
        """What a message gets that has everything."""
        return (
            self.severity[-1] + max(self.soon, self.now) + self.tried + self.churn + self.negative
            + max(self.help, self.answer) + self.reach
        )  # fmt: skip

    @property
    def step(self) -> int:
        """The smallest step from one level of severity to the next: what reach must stay below."""
        return min(after - before for before, after in zip(self.severity, self.severity[1:], strict=False))


DEFAULT = Weights()
SEVERITY = DEFAULT.severity
REACH_MOST = DEFAULT.reach
BESIDE_THE_POINT = 0.5
"""Under this relevance points are taken away, up to `TAKEN_MOST` of them."""
TAKEN_MOST = 0.8

_LEVELS = (
    "none",
    "annoyed or a minor fault",
    "blocked or out of pocket",
    "serious or repeated",
    "safety, law or breach",
)


class Parts(Struct, frozen=True, kw_only=True):
    """What the priority of one message is made of. `tried`: channels; `reach`: people."""

    severity: int
    urgency: str
    tried: int
    churn_risk: float
    sentiment: str
    wants: str
    relevance: float
    reach: float


def problem(weights: Weights) -> str | None:
    """Why weights cannot be used; None when they can."""
    single = [getattr(weights, name) for name in weights.__struct_fields__ if name != "severity"]
    if min(*single, *weights.severity) < 0:
        return "Points cannot be less than nothing."
    if weights.step < 0:
        return "A higher severity cannot have fewer points than a lower one."
    if weights.reach >= weights.step:
        return (
            f"Reach may add at most {max(weights.step - 1, 0)}: less than the smallest step of severity, so that "
            "an audience never outweighs what happened."
        )
    if weights.soon > weights.now:
        return "What must happen now cannot have fewer points than what must happen soon."
    if weights.tried_first > weights.tried:
        return "One failed channel cannot have more points than all of them at most."
    if weights.together > SUM:
        return f"All together make {weights.together}; at most {SUM} can be given."
    return None


def points(
    *,
    severity: int,
    urgency: str,
    tried: int,
    churn_risk: float,
    sentiment: str,
    wants: str,
    relevance: float,
    reach: float,
    weights: Weights = DEFAULT,
) -> tuple[int, list[Reason]]:
    """The priority and its contributions, which sum to it exactly. `reach`: people; `tried`: channels."""
    parts = Parts(
        severity=severity, urgency=urgency, tried=tried, churn_risk=churn_risk, sentiment=sentiment,
        wants=wants, relevance=relevance, reach=reach,
    )  # fmt: skip
    return explained(parts, weights)


def explained(parts: Parts, weights: Weights = DEFAULT) -> tuple[int, list[Reason]]:
    """The priority and its contributions, which sum to it exactly."""
    severe, hasty, tried, leaving, displeased, wanting, taken, seen = _worths(parts, weights)
    named = (
        (f"severity {parts.severity}: {_LEVELS[parts.severity]}", severe),
        (f"urgency: {parts.urgency}", hasty),
        (f"{parts.tried} failed before" if parts.tried > 1 else "a channel failed before", tried),
        ("may leave", leaving),
        ("displeased", displeased),
        (f"wants {parts.wants}", wanting),
        ("hardly about us", -taken),
        ("may be seen by many: order only", seen),
    )
    reasons = [Reason(field="priority", because=why, weight=float(worth)) for why, worth in named if worth]
    return sum(worth for _, worth in named), reasons


def total(parts: Parts, weights: Weights = DEFAULT) -> int:
    """The priority alone, for many messages."""
    *worths, taken, seen = _worths(parts, weights)
    return sum(worths) - taken + seen


def parts_of(rating: Rating) -> Parts:
    """What a stored rating's priority is made of."""
    return Parts(
        severity=rating.severity,
        urgency=rating.urgency,
        tried=len(rating.tried_before),
        churn_risk=rating.churn_risk,
        sentiment=rating.sentiment,
        wants=rating.wants,
        relevance=rating.relevance,
        reach=rating.reach,
    )


def _worths(parts: Parts, weights: Weights) -> tuple[int, int, int, int, int, int, int, int]:
    """Points for severity, urgency, tried, churn, sentiment and wants; those taken away; those for reach."""
    own = (
        weights.severity[parts.severity],
        weights.now if parts.urgency == "now" else weights.soon if parts.urgency == "soon" else 0,
        _tried(parts.tried, weights),
        round(weights.churn * parts.churn_risk),
        weights.negative if parts.sentiment == "negative" else 0,
        weights.help if parts.wants == "help" else weights.answer if parts.wants == "answer" else 0,
    )
    seen = reach_points(parts.reach, weights)
    if parts.relevance >= BESIDE_THE_POINT:
        return (*own, 0, seen)
    share = TAKEN_MOST * (1 - parts.relevance / BESIDE_THE_POINT)
    # Reach shrinks with the rest; else an audience would outweigh what happened where little of it counts.
    return (*own, round(sum(own) * share), math.floor(seen * (1 - share)))


def reach_points(reach: float, weights: Weights = DEFAULT) -> int:
    """One point for each tenfold audience, at most `Weights.reach`."""
    return min(weights.reach, round(math.log10(1 + max(reach, 0.0))))


def _tried(channels: int, weights: Weights) -> int:
    return min(weights.tried, weights.tried_first + weights.tried_more * (channels - 1)) if channels else 0
