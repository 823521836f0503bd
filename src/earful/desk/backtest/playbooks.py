"""Which playbook and path a case would have taken, and how it would have gone, had everybody answered when they did.
Pure: the same functions follow the cases of a running desk."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from earful.desk.backtest.past import Past, Spoken
from earful.desk.backtest.rules import Effort, Key, What
from earful.desk.calendars.rules import Calendar
from earful.desk.playbooks import history, rules, running
from earful.desk.playbooks.rules import REPLIES, End, Kind, Playbook, Step
from earful.desk.playbooks.running import LATE, SKIPPED, Due, Happened, Run, State, StepRun
from earful.desk.sla import rules as promises
from earful.desk.sla.rules import Policy
from earful.model.desk import Status
from earful.model.time import Instant

_PERSON = REPLIES | {End.TICK, End.HANDOFF_OFFERED}
"""What a person does to end a step."""
_ASSUMED = "assumed"


class Shelf(Struct, frozen=True, kw_only=True):
    """Everything that decides how cases go through playbooks. `playbooks`: those switched on, in their order."""

    playbooks: tuple[Playbook, ...]
    policies: tuple[Policy, ...]
    """Their calendars are those of the cases."""
    calendars: Mapping[str, Calendar]
    due: Callable[[Calendar | None], Due]
    effort: Effort
    imported: bool
    """Also what an import brought begins a playbook."""


class Taken(Struct, frozen=True, kw_only=True):
    """The playbook that a case takes."""

    playbook: Playbook
    path: str
    at: int
    run: Run
    assumed: frozenset[str]
    """Keys of the steps that were taken as done when they were due."""


def take(shelf: Shelf, past: Past, now: Instant, like: Taken | None = None) -> Taken | None:
    """What a case would have taken; None for none. `now`: until when its history is told.

    `like`: what it takes by another shelf, which is the same where the same playbook begins at the same time.
    """
    begun = _begin(shelf, past)
    if begun is None:
        return None
    playbook, at, spoken = begun
    if like is not None and like.playbook is playbook and like.at == at:
        return like
    facts = past.facts_at(spoken.at)
    path = rules.path_for(playbook, facts.case_severity or 0)
    policy = promises.policy_for(shelf.policies, facts)
    calendar = shelf.calendars.get(policy.calendar) if policy is not None else None
    run, assumed = _follow(playbook, path, at, past, now, shelf.due(calendar))
    return Taken(playbook=playbook, path=path.id, at=at, run=run, assumed=assumed)


def _begin(shelf: Shelf, past: Past) -> tuple[Playbook, int, Spoken] | None:
    for number, one in enumerate(past.spoken):
        if not (one.live or shelf.imported):
            continue
        if number and past.status_at(one.at)[0] is Status.CLOSED:
            continue
        found = rules.matching(shelf.playbooks, past.facts_at(one.at), Instant(one.at))
        if found is not None:
            return found, past.row["opened_at"] if not number else one.at, one
    return None


def _follow(
    playbook: Playbook, path: rules.Path, at: int, past: Past, now: Instant, due: Due
) -> tuple[Run, frozenset[str]]:
    own = past.real is not None and past.real.playbook_id == playbook.id
    run_id = past.real.run_id if own and past.real is not None else ""
    happened = [*history.from_messages(past.rows), *history.from_events(past.events, run_id)]
    gone = history.left(past.events, run_id) if own else None
    until = now
    if gone is not None:
        until = Instant(min(now, gone.at))
        happened = [one for one in happened if one.at <= gone.at]
    first = rules.key_of(path, path.steps[0])
    known = past.known_steps if own else frozenset[str]()
    assumed: set[str] = set()
    while True:
        run = running.advance(playbook, first, at, happened, until, due)
        stuck = _stuck(playbook, run, known, assumed, now)
        if stuck is None:
            break
        assumed.add(stuck.key)
        done = max(stuck.due_at - 1, stuck.started_at)
        happened.append(Happened(id=f"{_ASSUMED}/{stuck.key}", at=done, what=End.TICK, key=stuck.key))
    if gone is not None:
        run = Run(state=State.LEFT, steps=run.steps)
    return run, frozenset(assumed)


def _stuck(
    playbook: Playbook, run: Run, known: frozenset[str], assumed: set[str], now: Instant
) -> StepRun | None:
    """A step that only a tick can end, whose deadline passed, and of which the history can know nothing."""
    for one in run.steps:
        step = playbook.step(one.key)
        if step is None or set(step.ends) - {End.TICK, End.CLOSED} or one.key in known | assumed:
            continue
        if one.ended_by == LATE or (one.ended_at is None and one.due_at <= now):
            return one
    return None


def marks(taken: Taken | None, effort: Effort, now: Instant) -> dict[Key, float]:
    """What a case adds to the numbers."""
    if taken is None:
        return {(What.TOTAL, "", ""): 1, (What.WITHOUT, "", ""): 1}
    group = f"{taken.playbook.id}/{taken.path}"
    found: dict[Key, float] = {(What.TOTAL, "", ""): 1, (What.CASES, group, ""): 1}
    minutes = 0.0
    for one in taken.run.steps:
        step = taken.playbook.step(one.key)
        if step is None:
            continue
        what = _what(one, step, taken, now)
        if what is not None:
            for key in ((what, group, one.key), (what, "", "")):
                found[key] = found.get(key, 0) + 1
        if one.ended_by in _PERSON:
            minutes += effort.of_step(step.kind)
    if minutes:
        found[What.MINUTES, group, ""] = found[What.MINUTES, "", ""] = minutes
    return found


def _what(one: StepRun, step: Step, taken: Taken, now: Instant) -> What | None:
    if one.key in taken.assumed:
        return What.ASSUMED
    if one.late:
        return What.MISSED
    if one.ended_at is None:
        if taken.run.state is State.RUNNING and one.due_at <= now:
            return What.MISSED
        return What.OPEN
    if one.ended_by == End.TIME or step.kind is Kind.WAIT or one.ended_by == SKIPPED:
        return What.DONE
    return What.MET


def groups_of(playbooks: Sequence[Playbook]) -> list[tuple[str, Playbook, rules.Path]]:
    """(group, playbook, path) of all playbooks in their order."""
    return [(f"{one.id}/{path.id}", one, path) for one in rules.in_order(playbooks) for path in one.paths]
