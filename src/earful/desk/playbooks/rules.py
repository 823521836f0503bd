"""What a playbook is, which one a case takes and by which path. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.fields import FIELDS
from earful.model.conditions import ALWAYS, Check, Condition
from earful.model.time import DAY, Instant

SEVERITIES = 5
FRESH = 2 * DAY
"""What was said longer ago starts no playbook: nobody could have kept to it."""
PATH = "path:"
"""Before a path's id, where a step leads to the start of another path."""
END = "end"
"""Instead of a step: the playbook is over."""


class Kind(StrEnum):
    """What a step is there for."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    PRIVATE = "private"
    """Move to a private place."""
    TASK = "task"
    ANSWER = "answer"
    CONFIRM = "confirm"
    """Ask whether it is fixed."""
    FOLLOW_UP = "follow_up"
    PUBLISH = "publish"
    """Publish the solution."""
    ESCALATE = "escalate"
    WAIT = "wait"


class End(StrEnum):
    """What ends a step."""

    PUBLIC_REPLY = "public_reply"
    PRIVATE_REPLY = "private_reply"
    CUSTOMER_ANSWER = "customer_answer"
    CUSTOMER_CONFIRMED = "customer_confirmed"
    HANDOFF_OFFERED = "handoff_offered"
    HANDOFF_ARRIVED = "handoff_arrived"
    TICK = "tick"
    """A person says that it is done."""
    TIME = "time"
    """Its time has passed."""
    CLOSED = "closed"
    """The case was closed."""


REPLIES = frozenset({End.PUBLIC_REPLY, End.PRIVATE_REPLY})
CUSTOMERS = frozenset({End.CUSTOMER_ANSWER, End.CUSTOMER_CONFIRMED, End.HANDOFF_ARRIVED})
"""What only the customer can do."""
USUAL: dict[Kind, tuple[End, ...]] = {
    Kind.ACKNOWLEDGE: (End.PUBLIC_REPLY,),
    Kind.ASK: (End.PUBLIC_REPLY, End.PRIVATE_REPLY),
    Kind.PRIVATE: (End.HANDOFF_OFFERED,),
    Kind.TASK: (End.TICK,),
    Kind.ANSWER: (End.PUBLIC_REPLY, End.PRIVATE_REPLY),
    Kind.CONFIRM: (End.PUBLIC_REPLY, End.PRIVATE_REPLY),
    Kind.FOLLOW_UP: (End.PUBLIC_REPLY, End.PRIVATE_REPLY),
    Kind.PUBLISH: (End.TICK,),
    Kind.ESCALATE: (End.TICK,),
    Kind.WAIT: (End.TIME,),
}
"""What ends a step of a kind where nothing else is said."""

CALENDAR, AROUND = "calendar", "always"
CLOCKS = (CALENDAR, AROUND)
"""By which clock a deadline runs: the open hours of the case's calendar, or around the clock."""
ASSIGNEE, AGENT, LEAD = "assignee", "agent", "lead"
ROLES = (ASSIGNEE, AGENT, LEAD)
"""Who a step is for, beside a colleague by e-mail address."""


class Step(Struct, frozen=True, kw_only=True):
    """One step of a path."""

    id: str
    kind: Kind
    title: str
    minutes: int
    """Until when it should have ended, from its start, by its clock."""
    clock: str = CALENDAR
    owner: str = ASSIGNEE
    text: str = ""
    """What the composer offers; nothing is ever sent by itself."""
    ends: tuple[End, ...] = ()
    next: str = ""
    """Where it leads when it has ended: a step of the path, `path:` and a path, or `end`; empty for the next one."""
    late: str = ""
    """Where it leads when its deadline passes first; empty stays, and is overdue."""


class Path(Struct, frozen=True, kw_only=True):
    """An ordered way to a resolution."""

    id: str
    name: str
    severity: tuple[int, ...] = ()
    """The severities that take it."""
    steps: tuple[Step, ...] = ()


class Playbook(Struct, frozen=True, kw_only=True, cache_hash=True):
    """A response framework. The matching one with the lowest `order` is a case's own."""

    id: str
    name: str
    description: str = ""
    order: int = 100
    enabled: bool = True
    when: Condition = ALWAYS
    default: str = ""
    """The path of severities that no path names; empty for the first."""
    paths: tuple[Path, ...] = field(default_factory=tuple)

    def path(self, path_id: str) -> Path | None:
        """The path of that id."""
        return next((one for one in self.paths if one.id == path_id), None)

    def step(self, key: str) -> Step | None:
        """The step of a key, `path.step`."""
        return _steps(self).get(key)


@lru_cache(maxsize=512)
def _steps(playbook: Playbook) -> dict[str, Step]:
    """Every step by its key: a run is told anew with each thing that happens, and asks for them again and again."""
    found: dict[str, Step] = {}
    for path in playbook.paths:
        for step in path.steps:
            found.setdefault(key_of(path, step), step)
    return found


def key_of(path: Path, step: Step) -> str:
    """What names a step within its playbook."""
    return f"{path.id}.{step.id}"


def path_for(playbook: Playbook, severity: int) -> Path:
    """The path that a severity takes."""
    found = next((one for one in playbook.paths if severity in one.severity), None)
    return found or playbook.path(playbook.default) or playbook.paths[0]


def in_order(playbooks: Iterable[Playbook]) -> list[Playbook]:
    """As they are asked."""
    return sorted(playbooks, key=lambda one: (one.order, one.name.casefold(), one.id))


def matching(playbooks: Iterable[Playbook], facts: Facts, now: Instant) -> Playbook | None:
    """The first playbook whose condition holds; None for none."""
    wanted = (one for one in in_order(playbooks) if one.enabled)
    return next((one for one in wanted if conditions.compiled(one.when)(facts, now)), None)


class Fact(Struct, frozen=True, array_like=True):
    """A value that a condition's test found. `value`: a word, a number, a list of words; None for missing."""

    field: str
    value: Any


def reasons(condition: Condition, facts: Facts, now: Instant) -> tuple[Fact, ...]:
    """What of the facts made a condition hold: the value of each field whose test did, in order."""
    found: dict[str, Any] = {}
    for one in conditions.checks(condition):
        if conditions.predicate(one)(facts, now):
            found[one.field] = _value(one, facts)
    return tuple(Fact(name, value) for name, value in found.items())


def _value(check: Check, facts: Facts) -> Any:
    value = getattr(facts, FIELDS[check.field].fact, None)
    if isinstance(value, frozenset):
        return sorted(value)
    return value[:200] if isinstance(value, str) else value


def target(playbook: Playbook, path: Path, step: Step, where: str) -> str:
    """The key that a step leads to by `next` or `late`; empty for the end. What is not there is the end too."""
    if where == END:
        return ""
    if where.startswith(PATH):
        other = playbook.path(where.removeprefix(PATH))
        return key_of(other, other.steps[0]) if other is not None and other.steps else ""
    if where:
        named = next((one for one in path.steps if one.id == where), None)
        return key_of(path, named) if named is not None else ""
    at = path.steps.index(step) + 1
    return key_of(path, path.steps[at]) if at < len(path.steps) else ""


def targets(playbook: Playbook, key: str) -> tuple[str, str | None]:
    """(where a step leads when it ends, where when it is late: None for nowhere)."""
    path, step = playbook.path(key.partition(".")[0]), playbook.step(key)
    if path is None or step is None:
        return "", None
    late = target(playbook, path, step, step.late) if step.late else None
    return target(playbook, path, step, step.next), late
