"""What a view is, whether a case belongs to it, and where it stands in it. Pure."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.model.conditions import Condition

NAME = 60
SHARED_MOST = 100
OWN_MOST = 50
"""Views of one person's own, beside the shared ones: each is asked about every case that changes."""
ICONS = (
    "inbox", "star", "flag", "flame", "timer", "tag", "users", "user", "megaphone", "shield-alert", "bell",
    "hand-heart", "eye", "zap", "globe",
)  # fmt: skip
LAST = -(2**62)


class Sort(StrEnum):
    """In what order a view shows its cases."""

    PRIORITY = "priority"
    NEWEST = "newest"
    OLDEST = "oldest"
    """Longest waiting first; those that nobody waits in come last."""


class View(Struct, frozen=True, kw_only=True):
    """A saved view. `done` of `total` cases have been looked at since its condition was written."""

    id: str
    name: str
    icon: str
    condition: Condition
    sort: Sort
    owner_id: str
    shared: bool
    position: int
    list_id: str
    done: int
    total: int

    @property
    def filling(self) -> bool:
        """Whether its members are still being looked for."""
        return self.done < self.total

    @property
    def percent(self) -> int:
        """How far that is."""
        return 100 * self.done // self.total if self.filling else 100


class Place(NamedTuple):
    """A case in a view: whose, not whose, and where it stands (highest first)."""

    who: str
    except_id: str
    first: int
    second: int
    number: int


Found = tuple[Place | None, float]
"""Where a case stands, None where it does not belong; and until when, if nothing but time happens."""


def problem(name: str, condition: Condition) -> str | None:
    """Why a view cannot be kept; None when it can."""
    if not name:
        return "Give the view a name."
    if len(name) > NAME:
        return f"A name has at most {NAME} characters."
    clock = conditions.by_clock(condition)
    if clock is not None:
        return (
            f"A view cannot ask for {clock.field}: it would be full in one hour and empty in the next. "
            "Ask how old a case is, or use a rule."
        )
    return None


def placer(condition: Condition, sort: Sort) -> Callable[[Facts, int], Found]:
    """Compile to a function of a case's facts and now."""
    stand = _STANDS[sort]
    if conditions.asks_me(condition):
        return _personal(condition, stand)
    if conditions.timed(condition):
        asked = conditions.horizon(condition)

        def timed(facts: Facts, now: int) -> Found:
            holds, until = asked(facts, now)
            return (_place(facts, stand) if holds else None), until

        return timed
    plain = conditions.predicate(condition)
    return lambda facts, now: ((_place(facts, stand) if plain(facts, now) else None), conditions.FOR_EVER)


Stand = Callable[[Facts], tuple[int, int]]


def _personal(condition: Condition, stand: Stand) -> Callable[[Facts, int], Found]:
    """For a condition with `me` there are two kinds of people: who has the case, and everybody else."""
    owner, other = conditions.horizon(condition, conditions.OWNER), conditions.horizon(condition)

    def personal(facts: Facts, now: int) -> Found:
        others, until = other(facts, now)
        has = facts.case_assignee
        if has is None:
            return (_place(facts, stand) if others else None), until
        own, end = owner(facts, now)
        until = min(until, end)
        if not own and not others:
            return None, until
        who, except_id = ("" if others else has), ("" if own else has)
        return _place(facts, stand, who, except_id), until

    return personal


def _place(facts: Facts, stand: Stand, who: str = "", except_id: str = "") -> Place:
    first, second = stand(facts)
    return Place(who, except_id, first, second, facts.case_number or 0)


_STANDS: dict[Sort, Stand] = {
    Sort.PRIORITY: lambda facts: (facts.case_priority or 0, facts.case_last_message_at or 0),
    Sort.NEWEST: lambda facts: (facts.case_last_message_at or 0, 0),
    Sort.OLDEST: lambda facts: (LAST if facts.case_awaiting_since is None else -facts.case_awaiting_since, 0),
}


def moved(order: Iterable[str], view_id: str, step: int) -> list[str]:
    """The same ids with one of them a step further up (-1) or down (1), as far as there is room."""
    ids = list(order)
    at = ids.index(view_id)
    to = min(max(at + step, 0), len(ids) - 1)
    ids.insert(to, ids.pop(at))
    return ids
