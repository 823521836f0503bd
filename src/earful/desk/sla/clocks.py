"""When the clocks of a case start, pause and end: from what was said and done, in whatever order it came. Pure.

- The *first answer* starts with the customer's first message and ends with our first answer to them.
- The *next answer* starts with the first message that waits after an answer of ours, and ends with our next.
- The *resolution* starts with the customer's first message and ends when the case is closed; when it opens again,
  another one starts. It pauses while the case stands where its policy says so.
- Closing a case ends what runs. Automatic messages neither start nor end anything.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from earful.desk.calendars.hours import add_business_time, business_time_between
from earful.desk.calendars.rules import Calendar, NeverOpenError
from earful.desk.sla.rules import Kind, Policy
from earful.model.desk import Status


class Heard(Struct, frozen=True, kw_only=True):
    """A message that was not deleted and is no automatic one."""

    id: str
    at: int
    ours: bool
    severity: int = 0
    praise: bool = False
    """Only thanks: it does not open a closed case."""
    promises: bool = True
    """False for what an import brought long after it was said."""


class Act(Struct, frozen=True, kw_only=True):
    """Somebody, or time, put the case somewhere."""

    at: int
    status: Status
    undoes: bool = False
    """It took back what was done before."""


class Run(Struct, kw_only=True):
    """A stretch in which a promise holds."""

    kind: Kind
    round: int
    started_at: int
    severity: int
    ended_at: int | None = None
    answered: bool = False


class Course(Struct, frozen=True, kw_only=True):
    """What a case went through."""

    runs: list[Run]
    stands: list[tuple[int, Status]]
    """Where it stood, since when, in order."""


class Clock(Struct, frozen=True, kw_only=True):
    """One promise of a case. Instants in milliseconds UTC; `target` and `remaining` are business time."""

    kind: Kind
    round: int
    policy_id: str
    policy_seq: int
    calendar_seq: int
    target: int
    remaining: int
    """What was left when it paused; 0 otherwise."""
    started_at: int
    warn_at: int | None
    due_at: int | None
    """None while it is paused."""
    paused_at: int | None = None
    done_at: int | None = None
    warned_at: int | None = None
    breached_at: int | None = None

    @property
    def key(self) -> tuple[str, int]:
        """What names it within its case."""
        return self.kind, self.round

    @property
    def late(self) -> bool:
        """It ended after it was due."""
        return self.done_at is not None and self.due_at is not None and self.done_at > self.due_at


def watch(clock: Clock, promised_at: int) -> int | None:
    """When a clock wants to be looked at next; None for never.

    A promise cannot be broken before it was made: what was due before `promised_at`, when the policy came into
    force, is overdue on every page and yet no breach.
    """
    if clock.done_at is not None or clock.due_at is None or clock.due_at <= promised_at:
        return None
    if clock.breached_at is not None:
        return None
    return clock.warn_at if clock.warned_at is None and clock.warn_at is not None else clock.due_at


class _Telling:
    """Goes through a case in order of time."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.stands: list[tuple[int, Status]] = []
        self.status = Status.OPEN
        self.answer: Run | None = None
        self.resolution: Run | None = None
        self.answered = False
        self._closed: list[Run] = []

    def stand(self, at: int, status: Status) -> None:
        if status is not self.status or not self.stands:
            self.stands.append((at, status))
        self.status = status

    def _start(self, kind: Kind, at: int, severity: int) -> Run:
        number = 1 + sum(run.kind is kind for run in self.runs)
        run = Run(kind=kind, round=number, started_at=at, severity=severity)
        self.runs.append(run)
        return run

    def customer(self, said: Heard) -> None:
        if self.status is Status.CLOSED and said.praise:
            return
        if self.status is Status.CLOSED:
            self._closed = []
        self.stand(said.at, Status.OPEN)
        if not said.promises:
            return
        if self.resolution is None:
            self.resolution = self._start(Kind.RESOLUTION, said.at, said.severity)
        if self.answer is None:
            self.answer = self._start(Kind.NEXT if self.answered else Kind.FIRST, said.at, said.severity)
        for run in (self.resolution, self.answer):
            run.severity = max(run.severity, said.severity)

    def us(self, said: Heard) -> None:
        self.answered = True
        if self.answer is not None:
            self.answer.ended_at, self.answer.answered = said.at, True
            self.answer = None

    def put(self, act: Act) -> None:
        if act.status is Status.CLOSED:
            self.close(act.at)
        elif self.status is Status.CLOSED:
            self.open(act.at, undo=act.undoes)
        self.stand(act.at, act.status)

    def close(self, at: int) -> None:
        if self.status is Status.CLOSED:
            return
        self._closed = [run for run in (self.resolution, self.answer) if run is not None]
        for run in self._closed:
            run.ended_at = max(at, run.started_at)
        self.resolution = self.answer = None

    def open(self, at: int, *, undo: bool = False) -> None:
        """What was closed goes on: as if nothing had been when it is an undo, else anew."""
        for run in self._closed:
            again = run if undo else self._start(run.kind, at, run.severity)
            again.ended_at = None
            if again.kind is Kind.RESOLUTION:
                self.resolution = again
            else:
                self.answer = again
        self._closed = []


def course(
    heard: Iterable[Heard], acts: Iterable[Act], status: Status, closed_at: int | None = None
) -> Course:
    """What a case went through, the same for every order in which it is given.

    `status` and `closed_at` are where it stands; they win where the past would say otherwise.
    """
    items: list[tuple[int, int, str, Heard | Act]] = [(one.at, 0, one.id, one) for one in heard]
    items += [(one.at, 1, f"{number:06}", one) for number, one in enumerate(acts)]
    telling = _Telling()
    spoken = False
    for _, _, _, item in sorted(items, key=lambda item: item[:3]):
        if isinstance(item, Act):
            telling.put(item)
        elif not item.ours:
            spoken = True
            telling.customer(item)
        elif spoken:
            telling.us(item)
    last = max((item[0] for item in items), default=0)
    _agree(telling, status, closed_at, last)
    return Course(runs=telling.runs, stands=telling.stands)


def _agree(telling: _Telling, status: Status, closed_at: int | None, last: int) -> None:
    if telling.status is status:
        return
    if status is Status.CLOSED:
        at = closed_at if closed_at is not None else last
        telling.put(Act(at=at, status=status))
    elif telling.status is Status.CLOSED:
        telling.put(Act(at=last, status=status))
    elif status is Status.OPEN:
        # A message brought it back that is older than what somebody did.
        telling.stands.append((telling.stands[-1][0], status))
    else:
        telling.stand(last, status)


def times(
    run: Run,
    stands: list[tuple[int, Status]],
    policy: Policy,
    versions: tuple[int, int],
    calendar: Calendar | None,
) -> Clock | None:
    """The clock of a run under a policy; None where it promises nothing. `versions`: of policies and calendar.

    `calendar` None is around the clock. A calendar that stopped opening makes no clock: it would never be due.
    """
    target = policy.targets.of(run.kind, run.severity)
    if not target:
        return None
    gaps = _gaps(run, stands, policy.pauses) if run.kind is Kind.RESOLUTION else []
    clock = Clock(
        kind=run.kind,
        round=run.round,
        policy_id=policy.id,
        policy_seq=versions[0],
        calendar_seq=versions[1],
        target=target,
        remaining=0,
        started_at=run.started_at,
        warn_at=None,
        due_at=None,
        done_at=run.ended_at,
    )
    try:
        due_at, left = _reached(run.started_at, target, gaps, calendar)
        if due_at is None:
            return replace(clock, paused_at=gaps[-1][0], remaining=left)
        warn_at, _ = _reached(run.started_at, target * policy.warn // 100, gaps, calendar)
    except NeverOpenError:
        return None
    return replace(clock, warn_at=warn_at, due_at=due_at)


def _gaps(
    run: Run, stands: list[tuple[int, Status]], pauses: tuple[str, ...]
) -> list[tuple[int, int | None]]:
    """When a run pauses: from, until; None for still. What it ended in is no pause."""
    found: list[tuple[int, int | None]] = []
    for number, (since, status) in enumerate(stands):
        until = stands[number + 1][0] if number + 1 < len(stands) else None
        if status not in pauses or (run.ended_at is not None and since >= run.ended_at):
            continue
        start = max(since, run.started_at)
        if until is not None and until <= start:
            continue
        end = until if run.ended_at is None else min(until or run.ended_at, run.ended_at)
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _reached(
    start: int, length: int, gaps: list[tuple[int, int | None]], calendar: Calendar | None
) -> tuple[int | None, int]:
    """(when a length of business time outside of the gaps has passed, what is left in a gap without an end)."""
    for since, until in gaps:
        passed = since - start if calendar is None else business_time_between(calendar, start, since)
        if passed >= length:
            break
        length -= passed
        if until is None:
            return None, length
        start = until
    return (start + length if calendar is None else add_business_time(calendar, start, length)), 0


def lateness(calendar: Calendar | None, due_at: int, ended_at: int) -> int:
    """Business time by which something ended late; 0 when it was in time."""
    if calendar is None:
        return max(ended_at - due_at, 0)
    return business_time_between(calendar, due_at, ended_at)
