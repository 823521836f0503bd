"""What other features ask of promises: the clocks of a case, and what is due now."""

from collections.abc import Sequence

from earful.desk.calendars import service as calendars
from earful.desk.sla import moving, rules, settings, store
from earful.desk.sla.clocks import Clock
from earful.log.contract import Log
from earful.model.desk import CaseClock
from earful.model.time import DAY, Instant
from earful.store.tx import Tx

BREACHED, WITHDRAWN = moving.BREACHED, moving.WITHDRAWN
AT_ONCE = 200
"""Cases that are told of in one transaction."""


class NotFoundError(LookupError):
    """There is no such case."""


def tell(tx: Tx, log: Log, now: Instant) -> int:
    """Warn of what is nearly due and keep what is over, longest due first. Returns how many cases were looked at.

    What was answered meanwhile is seen first, so nothing is told that an answer already ended. Each thing is told
    once, however often this runs and wherever it dies.
    """
    due = store.cases_due(tx, now, AT_ONCE)
    if due:
        log.append(tx, moving.move(tx, due, now))
        log.append(tx, moving.tell_due(tx, due, now))
    return len(due)


def clocks_of(tx: Tx, case_id: str) -> list[CaseClock]:
    """Every clock that a case has or had, in order of their start."""
    return [_shown(tx, store.clock_of(row)) for row in store.clocks_of(tx, case_id)]


def clocks_for_header(tx: Tx, case_id: str) -> list[CaseClock]:
    """Those that run or pause, and the newest of each kind that ended."""
    newest: dict[str, CaseClock] = {}
    for clock in clocks_of(tx, case_id):
        newest[clock.kind] = clock
    return list(newest.values())


def known_case(tx: Tx, case_id: str) -> str:
    """The id of a case that exists. Raises NotFoundError."""
    if not store.case_there(tx, case_id):
        raise NotFoundError("This case does not exist; it may have been merged into another.")
    return case_id


def calendars_of(tx: Tx, case_ids: Sequence[str]) -> dict[str, int]:
    """case -> the version of the calendar that its promises count by; 0 for around the clock."""
    book = settings.in_force(tx)
    found = {}
    for case_id, about in moving.facts_of(tx, case_ids, book.policies).items():
        policy = rules.policy_for(book.policies, about)
        kept = book.calendar(policy) if policy is not None else None
        found[case_id] = kept.seq if kept is not None else 0
    return found


def broken_since(tx: Tx, now: int, days: int) -> int:
    """Promises that were broken in the last days and stand as broken."""
    return store.breach_count(tx, now - days * DAY)


def _shown(tx: Tx, clock: Clock) -> CaseClock:
    policy = settings.policy_at(tx, clock.policy_seq, clock.policy_id)
    calendar = calendars.at_version(tx, clock.calendar_seq)
    if clock.done_at is not None:
        state = "missed" if clock.late else "kept"
    else:
        state = "paused" if clock.due_at is None else "running"
    return CaseClock(
        kind=clock.kind.value,
        round=clock.round,
        state=state,
        policy=policy.name if policy is not None else clock.policy_id,
        calendar=calendar.name if calendar is not None else "",
        target=clock.target,
        remaining=clock.remaining,
        started_at=clock.started_at,
        warn_at=clock.warn_at,
        due_at=clock.due_at,
        paused_at=clock.paused_at,
        done_at=clock.done_at,
        breached_at=clock.breached_at,
    )
