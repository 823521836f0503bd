"""How Meta writes ids and times: not always the same way twice."""

from datetime import UTC, datetime

from earful.channels.hooks import Unreadable
from earful.model.time import Instant, moment

Id = str | int
"""Old and test deliveries have ids as numbers; they are kept as text."""
Time = str | int | float | None
"""Seconds, milliseconds, the same as text, or ISO 8601."""

_FIRST_MILLISECONDS = 100_000_000_000


def when(told: Time, now: Instant) -> datetime:
    """A time of Meta; now when none was told or it cannot be read, for what came has come."""
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) <= 15:
        told = int(told)
    try:
        if isinstance(told, str):
            found = datetime.fromisoformat(told)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(told, int | float) and told > 0:
            seconds = told / 1000 if told >= _FIRST_MILLISECONDS else told
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return moment(now)


def unreadable(fault: Exception) -> Unreadable:
    """For a delivery that is none."""
    return Unreadable(f"This is no delivery of Meta: {str(fault)[:200]}.")
