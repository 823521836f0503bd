"""Instants. Stored and compared as whole milliseconds since 1970-01-01T00:00Z, shown as RFC 3339."""

from datetime import UTC, datetime
from typing import NewType

Instant = NewType("Instant", int)
"""Milliseconds since the Unix epoch, UTC."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def instant(moment: datetime) -> Instant:
    """The instant of a datetime; a naive one is read as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(round(moment.timestamp() * 1000))


def moment(at: int) -> datetime:
    """The zone-aware UTC datetime of an instant."""
    return datetime.fromtimestamp(at / 1000, tz=UTC)


def rfc3339(at: int) -> str:
    """`2026-11-21T20:00:00.000Z`, as RFC 3339 writes it."""
    return moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
