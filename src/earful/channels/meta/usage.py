"""What Meta tells of its own counters with each answer, brought into a budget."""

from collections.abc import Mapping
from typing import Any

import msgspec

from earful.channels.kit.budget import Budget

APP, BUSINESS = "x-app-usage", "x-business-use-case-usage"
COUNTERS = ("call_count", "total_time", "total_cputime")
"""Each in per cent of what is allowed; at 100 the API refuses."""
LOOK_AGAIN_SECONDS = 300
"""A share that was told is believed for so long: the counters are sliding hours or days."""


def heed(budget: Budget, limit: str, most: int, headers: Mapping[str, str]) -> float | None:
    """Believe the counters; the seconds for which Meta wants to be left alone, where it says so."""
    used, minutes = 0.0, 0.0
    for told in _told(headers):
        used = max(used, *(_number(told.get(name)) for name in COUNTERS))
        minutes = max(minutes, _number(told.get("estimated_time_to_regain_access")))
    if minutes:
        budget.close(minutes * 60)
        return minutes * 60
    if used:
        left = max(round(most * (100 - used) / 100), 0)
        reset = str(LOOK_AGAIN_SECONDS)
        budget.heed(limit, {"x-rate-limit-remaining": str(left), "x-rate-limit-reset": reset})
    return None


def _told(headers: Mapping[str, str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for name in (APP, BUSINESS):
        try:
            value = msgspec.json.decode(headers.get(name, "{}"), type=dict[str, Any])
        except msgspec.MsgspecError:
            continue
        if name == APP:
            found.append(value)
        else:
            for listed in value.values():
                found += [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return found


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
