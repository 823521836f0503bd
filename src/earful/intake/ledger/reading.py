"""What the ledger knows of every channel: whether all that was said arrived, and what may be missing."""

from collections import defaultdict

from msgspec import Struct

from earful.intake import service as intake
from earful.intake.ledger import rules, store
from earful.model.time import HOUR, Instant
from earful.store.tx import Tx

LOOKED_AT = 2_000
"""Newest messages of all channels from which lags are taken."""
AT_RISK = 2 * HOUR
JOBS_SHOWN, GAPS_SHOWN = 5, 5


class Entry(Struct, frozen=True, kw_only=True):
    """One channel in the ledger. Times are instants, lengths milliseconds."""

    lag: int | None = None
    """Between writing and arriving, of half of the newest messages."""
    lag_worst: int | None = None
    """Of one in twenty."""
    to_read: int = 0
    """Deliveries that are kept and wait to be read."""
    unread: int = 0
    """Deliveries that this version cannot read, or not whole."""
    gap_since: int | None = None
    """From when on messages may be missing."""
    windows_at_risk: int = 0
    """Customers who wait, and to whom we may not write freely any more within two hours."""
    token_expires_at: int | None = None
    token_error: str = ""


class Oddity(Struct, frozen=True, kw_only=True):
    """Something that came and is not understood."""

    kind: str
    count: int
    first_at: int
    last_at: int


class Job(Struct, frozen=True, kw_only=True):
    """A backfill or a reconcile, and how far it is."""

    id: str
    kind: str
    state: str
    """`running`, `done`, `failed` or `stopped`."""
    looked_at: int
    found: int
    asked_at: int
    ended_at: int | None
    error: str


class Gap(Struct, frozen=True, kw_only=True):
    """A time from which messages may have been missing."""

    since: int
    until: int | None
    why: str


class Detail(Struct, frozen=True, kw_only=True):
    """What one channel's page shows beside its entry."""

    oddities: list[Oddity]
    jobs: list[Job]
    gaps: list[Gap]


NOTHING = Entry()


def entries(tx: Tx, now: Instant) -> dict[str, Entry]:
    """By channel; one of which nothing is known is not there."""
    lags: dict[str, list[int]] = defaultdict(list)
    for channel_id, lag in store.recent_lags(tx, LOOKED_AT):
        lags[channel_id].append(lag)
    unread, gaps, tokens = store.unread_counts(tx), store.open_gaps(tx), store.tokens(tx)
    risks = store.windows_at_risk(tx, now, now + AT_RISK)
    found = {}
    for channel_id in lags.keys() | unread.keys() | gaps.keys() | tokens.keys() | risks.keys():
        token = tokens.get(channel_id)
        found[channel_id] = Entry(
            lag=rules.percentile(lags[channel_id], 0.5),
            lag_worst=rules.percentile(lags[channel_id], 0.95),
            to_read=unread.get(channel_id, {}).get(intake.WAITING, 0),
            unread=unread.get(channel_id, {}).get(intake.UNREAD, 0),
            gap_since=gaps.get(channel_id),
            windows_at_risk=risks.get(channel_id, 0),
            token_expires_at=token["refresh_expires_at"] or token["expires_at"]
            if token is not None
            else None,
            token_error=token["error"] if token is not None else "",
        )
    return found


def detail(tx: Tx, channel_id: str) -> Detail:
    """Oddities, jobs and gaps of one channel, newest first."""
    return Detail(
        oddities=[
            Oddity(kind=row["kind"], count=row["count"], first_at=row["first_at"], last_at=row["last_at"])
            for row in store.oddities_of(tx, channel_id)
        ],
        jobs=[
            Job(
                id=row["id"], kind=row["kind"], state=row["state"], looked_at=row["looked_at"], found=row["found"],
                asked_at=row["asked_at"], ended_at=row["ended_at"], error=row["error"],
            )
            for row in store.jobs_of(tx, channel_id, JOBS_SHOWN)
        ],
        gaps=[
            Gap(since=row["since"], until=row["filled_at"], why=row["why"])
            for row in store.gaps_of(tx, channel_id, GAPS_SHOWN)
        ],
    )  # fmt: skip
