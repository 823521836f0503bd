"""Which promises a case would have had, and whether they would have been kept, had everybody answered when they did.
Pure: the same functions set the clocks of a running desk."""

from collections.abc import Mapping
from itertools import pairwise

from msgspec import Struct

from earful.desk.backtest.past import Past
from earful.desk.backtest.rules import Key, What
from earful.desk.calendars.rules import Calendar
from earful.desk.conditions.facts import Facts
from earful.desk.sla import clocks, rules
from earful.desk.sla.clocks import Clock, Run
from earful.desk.sla.rules import Policy
from earful.model.time import Instant

_NOTHING = Facts()


class Promises(Struct, frozen=True, kw_only=True):
    """Policies in their order, and the calendars that they count by."""

    policies: tuple[Policy, ...]
    calendars: Mapping[str, Calendar]
    asks: bool
    """Whether any condition tests anything."""


def clocks_of(held: Promises, past: Past, now: Instant) -> list[Clock]:
    """Every promise that a case would have had.

    What the customer says later can put the case under another policy. A promise that was broken by then stays broken;
    else that counts which it had in the end.
    """
    found = []
    for run in past.course.runs:
        ended = run.ended_at if run.ended_at is not None else now
        later = [one.at for one in past.spoken if run.started_at < one.at < ended] if held.asks else []
        clock = None
        for since, until in pairwise([run.started_at, *later, ended]):
            clock = _clock(held, past, run, since)
            if clock is not None and clock.due_at is not None and clock.due_at < until:
                break
        if clock is not None:
            found.append(clock)
    return found


def _clock(held: Promises, past: Past, run: Run, at: int) -> Clock | None:
    facts = past.facts_at(at) if held.asks else _NOTHING
    policy = rules.policy_for(held.policies, facts)
    if policy is None:
        return None
    return clocks.times(run, past.course.stands, policy, (0, 0), held.calendars.get(policy.calendar))


def marks(many: list[Clock], now: Instant) -> dict[Key, float]:
    """What a case adds to the numbers."""
    found: dict[Key, float] = {(What.TOTAL, "", ""): 1}
    if not many:
        found[What.WITHOUT, "", ""] = 1
    for clock in many:
        said = [_what(clock, now)]
        if clock.warn_at is not None and clock.warn_at <= (
            clock.done_at if clock.done_at is not None else now
        ):
            said.append(What.WARNED)
        for what in said:
            for key in ((what, clock.policy_id, clock.kind.value), (what, "", clock.kind.value)):
                found[key] = found.get(key, 0) + 1
    return found


def _what(clock: Clock, now: Instant) -> What:
    if clock.done_at is not None:
        return What.BROKEN if clock.late else What.KEPT
    return What.BROKEN if clock.due_at is not None and clock.due_at <= now else What.RUNNING
