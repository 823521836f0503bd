"""How a run goes through its playbook: from what happened, in whatever order it is told. Pure.

A run is told anew from its start each time, so the same happenings give the same run however often, in whatever order
and with whatever repetitions they come.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from earful.desk.playbooks.rules import REPLIES, End, Playbook, Step, targets
from earful.model.time import Instant

SKIPPED, LATE, REOPENED = "skipped", "late", "reopened"
"""What ends a step beside an `End`: somebody skipped it, or its deadline led elsewhere; and a case that opens again."""
_PERSONAL = frozenset({End.TICK.value, SKIPPED})
_ALWAYS = _PERSONAL | {End.CUSTOMER_CONFIRMED.value} | {one.value for one in REPLIES}
"""What ends a step of a closed case too: work that is left to do, the reply with which it was closed, and the customer
who says that it is fixed."""


class State(StrEnum):
    """How a run stands. `paused`: its case is closed."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    LEFT = "left"
    """Somebody left the playbook, or moved on to another."""


class Happened(Struct, frozen=True, kw_only=True):
    """Something that may end a step. `key` names the step of a tick or a skip."""

    id: str
    at: int
    what: str
    key: str = ""
    who: str = ""
    reason: str = ""
    praise: bool = False
    """Only thanks: it opens no closed case."""


class StepRun(Struct, frozen=True, kw_only=True):
    """A step that a run came to. Instants in milliseconds UTC."""

    key: str
    started_at: int
    due_at: int
    ended_at: int | None = None
    ended_by: str = ""
    """An `End`, `skipped` or `late`; empty while it goes on."""
    ref: str = ""
    """Id of what ended it."""
    who: str = ""
    reason: str = ""

    @property
    def late(self) -> bool:
        """It ended after it was due, or its deadline led elsewhere."""
        if self.ended_at is None or self.ended_by == End.TIME:
            return False
        return self.ended_by == LATE or self.ended_at > self.due_at


class Run(Struct, frozen=True, kw_only=True):
    """How far a run is. The last step is where it stands, unless it is done."""

    state: State
    steps: tuple[StepRun, ...] = ()

    @property
    def now(self) -> StepRun | None:
        """Where it stands; None when it is done."""
        last = self.steps[-1] if self.steps else None
        return last if last is not None and last.ended_at is None else None


Due = Callable[[Step, int], int]
"""(step, when it started) -> when it is due."""


def advance(
    playbook: Playbook, first: str, started_at: int, happened: Iterable[Happened], now: Instant, due: Due
) -> Run:
    """Where a run stands that began with the step `first`. What happened at or before `started_at` does not count."""
    telling = _Telling(playbook, due)
    telling.enter(first, started_at)
    once = {one.id: one for one in happened}
    for one in sorted(once.values(), key=lambda one: (one.at, one.what in _PERSONAL, one.id)):
        if one.at > started_at or one.what in _PERSONAL:
            telling.pass_time(min(one.at, now))
            telling.take(one)
    telling.pass_time(now)
    return Run(state=telling.state, steps=tuple(telling.steps))


class _Telling:
    def __init__(self, playbook: Playbook, due: Due) -> None:
        self._playbook = playbook
        self._due = due
        self.state = State.RUNNING
        self.steps: list[StepRun] = []

    def enter(self, key: str, at: int) -> None:
        step = self._playbook.step(key)
        if step is None:
            self.state = State.DONE
            return
        self.steps.append(StepRun(key=key, started_at=at, due_at=self._due(step, at)))

    def _leave(self, at: int, by: str, happened: Happened | None, where: str) -> None:
        here = self.steps[-1]
        told = (happened.id, happened.who, happened.reason) if happened is not None else ("", "", "")
        # What was written before the step began, but told late, cannot end it in the past.
        at = max(at, here.started_at)
        self.steps[-1] = replace(here, ended_at=at, ended_by=by, ref=told[0], who=told[1], reason=told[2])
        self.enter(where, at)

    def pass_time(self, until: int) -> None:
        """Go where deadlines lead that have passed."""
        while self.state is State.RUNNING and self.steps[-1].due_at <= until:
            here = self.steps[-1]
            step = self._playbook.step(here.key)
            onward, late = targets(self._playbook, here.key)
            if step is not None and End.TIME in step.ends:
                self._leave(here.due_at, End.TIME, None, onward)
            elif late is not None:
                self._leave(here.due_at, LATE, None, late)
            else:
                return

    def take(self, one: Happened) -> None:
        """Let something happen."""
        if self.state is State.PAUSED and self._opens(one):
            self._resume(one.at)
        if self.state is State.DONE or (self.state is State.PAUSED and one.what not in _ALWAYS):
            return
        here = self.steps[-1]
        step = self._playbook.step(here.key)
        if step is None:
            return
        mine = one.key == here.key if one.what in _PERSONAL else one.what in step.ends
        if mine:
            self._leave(one.at, one.what, one, targets(self._playbook, here.key)[0])
        elif one.what == End.CLOSED:
            self.state = State.PAUSED

    @staticmethod
    def _opens(one: Happened) -> bool:
        return one.what == REOPENED or (one.what == End.CUSTOMER_ANSWER and not one.praise)

    def _resume(self, at: int) -> None:
        """A case that opens again goes on where it was, with the whole time of the step."""
        self.state = State.RUNNING
        here = self.steps[-1]
        step = self._playbook.step(here.key)
        if step is not None:
            self.steps[-1] = replace(here, due_at=self._due(step, at))
