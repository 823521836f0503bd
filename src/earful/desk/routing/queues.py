"""How queues stand: what waits, who is here, how fast answers go out, and what cannot be kept."""

import json

from msgspec import Struct

from earful.desk.routing import rules, service, settings, store
from earful.desk.routing.rules import SURE_HOURS, Agent
from earful.log.contract import Log, NewEvent
from earful.model.time import DAY, MINUTE, Instant
from earful.store.tx import Tx

TROUBLED = "queue.troubled"
"""A queue cannot be answered in time, or nobody is there to answer, and a moment ago that was not so."""
OFTEN = MINUTE
"""How old a look may be."""
HISTORY = 28 * DAY
"""How far back answers are counted."""
DUES_MOST = 5_000
"""Waiting cases of a queue that are looked at; beyond, figures are "at least"."""


class State(Struct, frozen=True, kw_only=True):
    """A queue at an instant, `at`."""

    queue: str
    name: str
    """Empty for the queue that is everybody's."""
    at: int
    waiting: int
    here: int
    """Those of its people who are at work now."""
    open: bool
    """Whether it is the team's day; a queue of no team is always open."""
    per_hour: float
    """Answers in an hour in which there were any, over four weeks."""
    hours: int
    """How many such hours there were."""
    done_at: int | None
    """When everything that waits would be answered; None: it cannot be said."""
    late: int
    """Deadlines that will be missed even in the best order."""

    @property
    def sure(self) -> bool:
        """Whether the rate rests on enough hours to plan with."""
        return self.hours >= SURE_HOURS

    @property
    def more(self) -> bool:
        """Whether more may be waiting than was counted."""
        return self.waiting >= DUES_MOST

    @property
    def troubled(self) -> bool:
        """Whether it cannot be answered in time, or nobody is there to answer although it is their day."""
        return self.late > 0 or (self.waiting > 0 and self.here == 0 and self.open)


def look(tx: Tx, now: Instant) -> list[State]:
    """How every queue stands, if the last look is too old; empty otherwise, and on a desk without teams and routes."""
    staffed = service.here(tx, now)
    names = sorted(staffed.plan.queues)
    known = store.queue_rows(tx)
    if not names or all(name in known and known[name]["at"] > now - OFTEN for name in names):
        return []
    sent = store.sent(tx, now - HISTORY)
    found = []
    for name in names:
        serving = [one for one in staffed.agents if one.serves(name)]
        per_hour, hours = _rate(sent, serving)
        dues = store.dues(tx, name, DUES_MOST)
        team = staffed.plan.team(name)
        calendar = staffed.hours.get(team.calendar) if team is not None else None
        ends = rules.forecast(dues, per_hour, calendar, now, len(dues))
        found.append(
            State(
                queue=name,
                name=staffed.plan.name_of(name),
                at=now,
                waiting=len(dues),
                here=sum(one.here_for(name) for one in serving),
                open=team is None or rules.open_now(team, staffed.hours, now),
                per_hour=per_hour,
                hours=hours,
                done_at=ends.done_at,
                late=ends.late,
            )
        )
    return found


def _rate(sent: dict[str, dict[int, int]], people: list[Agent]) -> tuple[float, int]:
    """(answers an hour in which there were any, how many such hours)."""
    hours: dict[int, int] = {}
    for one in people:
        for hour, n in sent.get(one.id, {}).items():
            hours[hour] = hours.get(hour, 0) + n
    return (sum(hours.values()) / len(hours) if hours else 0.0), len(hours)


def keep(tx: Tx, log: Log, states: list[State]) -> None:
    """Keep how queues stand, for pages, and tell the log of those that cannot be answered in time any more."""
    before = {one.queue for one in kept(tx) if one.troubled}
    for one in states:
        if one.troubled and one.queue not in before:
            data = json.dumps({"name": one.name, "late": one.late, "waiting": one.waiting})
            log.append(tx, [NewEvent(type=TROUBLED, subject=one.queue, at=one.at, data=data)])
    store.put_queues(
        tx,
        [
            {
                "queue": one.queue, "at": one.at, "waiting": one.waiting, "here": one.here, "open": one.open,
                "per_hour": one.per_hour, "hours": one.hours, "done_at": one.done_at, "late": one.late,
            }
            for one in states
        ],
    )  # fmt: skip


def kept(tx: Tx) -> list[State]:
    """How queues stood at the last look, at most about a minute ago."""
    plan = settings.in_force(tx)
    rows = store.queue_rows(tx)
    return [
        State(**rows[name], name=plan.name_of(name))
        for name in sorted(plan.queues, key=plan.name_of)
        if name in rows
    ]
