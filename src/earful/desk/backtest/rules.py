"""What a backtest is of, and what it finds: numbers of the present one and of a draft, side by side. Pure."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct, field

from earful.desk.automation.rules import Do
from earful.desk.automation.rules import Rule as AutomationRule
from earful.desk.calendars.rules import Calendar
from earful.desk.playbooks.rules import Kind as StepKind
from earful.desk.playbooks.rules import Playbook
from earful.desk.sla.rules import Policy
from earful.model.time import HOUR

WEEKS_MOST = 26
WEEKS = 4
"""Weeks that are looked at where nothing else is said."""
EXAMPLES = 20
"""Cases to open for each number."""


class Subject(StrEnum):
    """What is tested."""

    PLAYBOOK = "playbook"
    RULES = "rules"
    SLA = "sla"


class Draft(Struct, frozen=True, kw_only=True):
    """What is tested beside what is in force: one of the three."""

    playbook: Playbook | None = None
    """It stands in the place of the playbook with its id, or comes in addition."""
    rules: tuple[AutomationRule, ...] | None = None
    """All rules, instead of those in force."""
    policies: tuple[Policy, ...] | None = None
    """All policies, instead of those in force."""
    calendars: tuple[Calendar, ...] = ()
    """Calendars that policies count by, beside those in force."""

    @property
    def subject(self) -> Subject:
        """Which of them it is."""
        if self.playbook is not None:
            return Subject.PLAYBOOK
        return Subject.RULES if self.rules is not None else Subject.SLA

    @property
    def name(self) -> str:
        """What people call it; empty for rules and policies, which are many."""
        return self.playbook.name if self.playbook is not None else ""


class Effort(Struct, frozen=True, kw_only=True):
    """Minutes of a person's work, by which agent hours are reckoned: an assumption, shown with every result."""

    acknowledge: float = 3
    ask: float = 4
    private: float = 4
    task: float = 15
    answer: float = 8
    confirm: float = 3
    follow_up: float = 4
    publish: float = 15
    escalate: float = 10
    wait: float = 0
    act: float = 0.5
    """An act that a rule spares a person: to tag, to assign, to raise."""
    note: float = 2
    """A note that a rule writes instead of a person."""

    def of_step(self, kind: StepKind) -> float:
        """Minutes of a step that a person ended."""
        found: float = getattr(self, kind.value)
        return found

    def of_act(self, act: Do) -> float:
        """Minutes that an act of a rule spares."""
        if act is Do.STOP:
            return 0
        return self.note if act in (Do.NOTE, Do.NOTIFY) else self.act


MINUTES_MOST = 600


def check_effort(effort: Effort) -> None:
    """Raises ValueError for minutes that nobody means."""
    for one in Effort.__struct_fields__:
        if not 0 <= getattr(effort, one) <= MINUTES_MOST:
            raise ValueError(f"{one}: write minutes from 0 to {MINUTES_MOST}")


class What(StrEnum):
    """What a number counts."""

    TOTAL = "total"
    WITHOUT = "without"
    """Cases that take no playbook, or that nothing is promised to."""
    CASES = "cases"
    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    ASSUMED = "assumed"
    """Steps only a person's tick can end, of which the history knows nothing: taken as done when they were due."""
    DONE = "done"
    KEPT = "kept"
    BROKEN = "broken"
    WARNED = "warned"
    RUNNING = "running"
    ACTED = "acted"
    ACT = "act"
    MINUTES = "minutes"
    """Of a person's work."""
    SPARED = "spared"
    """Minutes of a person's work that rules do."""


BETTER = {
    What.MET: 1, What.MISSED: -1, What.KEPT: 1, What.BROKEN: -1, What.MINUTES: -1, What.SPARED: 1,
}  # fmt: skip
"""Whether more of it is good (1) or bad (-1); of the rest nothing is said."""

Key = tuple[What, str, str]
"""What is counted, of which group (a playbook's path, a policy, a rule), of what in it (a step, a promise, an act)."""
Marks = Mapping[Key, float]
"""What one case adds to each number."""


class Example(Struct, frozen=True, array_like=True):
    """A case to open."""

    number: int
    title: str


class Row(Struct, frozen=True, kw_only=True):
    """One number, now and with the draft. `examples`: first the cases in which they differ."""

    what: What
    group: str
    """Words of the group that it belongs to; empty for all cases."""
    detail: str
    """Words of what it is about: a step's title, a kind of promise, a kind of act."""
    present: float
    draft: float
    better: int
    """Whether the draft is better (1), worse (-1), or neither (0)."""
    examples: list[Example] = []
    differ: int = 0
    """In how many cases they differ."""


class Result(Struct, frozen=True, kw_only=True):
    """What a backtest found."""

    subject: Subject
    weeks: int
    since: int
    until: int
    imported: bool
    cases: int
    stopped: bool
    """Somebody stopped it: only the oldest `cases` were looked at."""
    took: int
    """Milliseconds."""
    rows: list[Row]
    storms: list["Storm"] = []
    as_now: list[str] = []
    """Fields that the conditions test and whose past is not kept: they were taken as they are now."""
    effort: Effort = field(default_factory=Effort)


class Storm(Struct, frozen=True, kw_only=True):
    """A rule that acts so often within an hour that it would be paused."""

    rule: str
    draft: bool
    """With the draft, else with what is in force."""
    at: int
    """When it would have been paused first."""
    acts: int
    """The most acts within an hour."""


class _Cell(Struct):
    present: float = 0
    draft: float = 0
    differ: int = 0
    changed: list[Example] = []
    same: list[Example] = []


class Tally:
    """Adds up what cases say, and keeps examples."""

    def __init__(self) -> None:
        self.cells: dict[Key, _Cell] = {}

    def add(self, case: Example, present: Marks, draft: Marks) -> None:
        """One case, by what is in force and by the draft."""
        for key, value in present.items():
            cell = self.cells.get(key) or self.cells.setdefault(key, _Cell())
            cell.present += value
            other = draft.get(key, 0)
            cell.draft += other
            self._keep(cell, case, differs=other != value)
        if draft is present:
            return
        for key, value in draft.items():
            if key not in present:
                cell = self.cells.get(key) or self.cells.setdefault(key, _Cell())
                cell.draft += value
                self._keep(cell, case, differs=value != 0)

    @staticmethod
    def _keep(cell: _Cell, case: Example, *, differs: bool) -> None:
        cell.differ += differs
        into = cell.changed if differs else cell.same
        if len(into) < EXAMPLES:
            into.append(case)

    def rows(self, order: Iterable[tuple[Key, str, str]]) -> list[Row]:
        """The numbers that anything was counted for, in an order. `order`: key, words of the group, of the detail."""
        found = []
        for key, group, detail in order:
            cell = self.cells.get(key)
            if cell is None:
                continue
            gain = (cell.draft > cell.present) - (cell.draft < cell.present)
            found.append(
                Row(
                    what=key[0],
                    group=group,
                    detail=detail,
                    present=round(cell.present, 2),
                    draft=round(cell.draft, 2),
                    better=gain * BETTER.get(key[0], 0),
                    examples=(cell.changed + cell.same)[:EXAMPLES],
                    differ=cell.differ,
                )
            )
        return found


class Busy:
    """When each rule acted, to find what would have been a storm."""

    def __init__(self) -> None:
        self._acts: dict[str, array[int]] = {}

    def add(self, rule_id: str, at: int, acts: int) -> None:
        """A rule acted so often at an instant."""
        self._acts.setdefault(rule_id, array("q")).extend([at] * acts)

    def storms(self, hourly: int, names: Mapping[str, str], *, draft: bool) -> list[Storm]:
        """The rules that acted more often than that within an hour."""
        found = []
        for rule_id, acts in self._acts.items():
            at, most = busiest(acts, hourly)
            if at is not None:
                found.append(Storm(rule=names.get(rule_id, rule_id), draft=draft, at=at, acts=most))
        return sorted(found, key=lambda one: (one.at, one.rule))


def busiest(acts: Iterable[int], hourly: int) -> tuple[int | None, int]:
    """(when more than `hourly` acts were first done within an hour: None for never, the most within an hour)."""
    times, first, most = sorted(acts), None, 0
    for place, at in enumerate(times):
        count = place + 1 - bisect_left(times, at - HOUR + 1)
        most = max(most, count)
        if first is None and count > hourly:
            first = at
    return first, most
