"""Priority: 0-100 as a sum of named points, each a reason.

The floor: points for severity, urgency and failed channels depend on the message alone. Reach adds at most
`REACH_MOST`, less than one step of severity, so it reorders equals and never lifts an annoyed celebrity over
a blocked nobody of the same haste. All maxima together make 100.
"""

import math

from earful.model.rating import Reason

SEVERITY = (0, 14, 28, 42, 56)
URGENCY = {"none": 0, "soon": 8, "now": 16}
TRIED_FIRST, TRIED_MORE, TRIED_MOST = 4, 2, 8
CHURN_MOST = 6
NEGATIVE = 3
WANTS = {"help": 5, "answer": 3}
REACH_MOST = 6
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
) -> tuple[int, list[Reason]]:
    """The priority and its contributions, which sum to it exactly. `reach`: people; `tried`: channels."""
    parts: list[tuple[str, int]] = [
        (f"severity {severity}: {_LEVELS[severity]}", SEVERITY[severity]),
        (f"urgency: {urgency}", URGENCY.get(urgency, 0)),
        (f"{tried} failed before" if tried > 1 else "a channel failed before", _tried(tried)),
        ("may leave", round(CHURN_MOST * churn_risk)),
        ("displeased", NEGATIVE if sentiment == "negative" else 0),
        (f"wants {wants}", WANTS.get(wants, 0)),
    ]
    total = sum(worth for _, worth in parts)
    if relevance < BESIDE_THE_POINT:
        taken = round(total * TAKEN_MOST * (1 - relevance / BESIDE_THE_POINT))
        parts.append(("hardly about us", -taken))
    parts.append(("may be seen by many: order only", reach_points(reach)))
    reasons = [Reason(field="priority", because=why, weight=float(worth)) for why, worth in parts if worth]
    return sum(worth for _, worth in parts), reasons


def reach_points(reach: float) -> int:
    """One point for each tenfold audience, at most `REACH_MOST`."""
    return min(REACH_MOST, round(math.log10(1 + max(reach, 0.0))))


def _tried(channels: int) -> int:
    return min(TRIED_MOST, TRIED_FIRST + TRIED_MORE * (channels - 1)) if channels else 0
