"""What an automation rule is, when it acts, and what it then does. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from earful.desk.conditions.facts import Facts
from earful.desk.conditions.rules import Predicate
from earful.desk.playbooks.rules import Fact, reasons
from earful.model.conditions import Condition
from earful.model.time import Instant

DEPTH_MOST = 3
"""An event that so many rules led to, one after the other, starts no rule any more."""
HOURLY = 1_000
"""Acts of one rule within an hour before it is paused, unless somebody says otherwise."""


class On(StrEnum):
    """What makes a rule look."""

    OPENED = "opened"
    MESSAGE = "message"
    """The customer said something, with the case's first message or later."""
    RETURNED = "returned"
    OUTCOME = "outcome"
    WARNING = "sla_warning"
    BREACHED = "sla_breached"
    TIME = "time"
    """Time passed: the condition tests how long ago something was."""


class Do(StrEnum):
    """What a rule does."""

    TAG = "tag"
    UNTAG = "untag"
    ASSIGN = "assign"
    """To a colleague by e-mail address, or to nobody."""
    QUEUE = "queue"
    """To a team by its id or name, or to `skill:NAME`."""
    PRIORITY = "priority"
    """At least so much; never lowers."""
    STATUS = "status"
    SNOOZE = "snooze"
    NOTE = "note"
    PLAYBOOK = "playbook"
    NOTIFY = "notify"
    STOP = "stop"
    """Later rules do not look."""


NOBODY = "nobody"
ASSIGNEE, LEADS = "assignee", "leads"
"""Who can be notified, beside a colleague by e-mail address."""


class Act(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that a rule does. `value`: what `Do` says; `text`: of a note or a notification."""

    act: Do
    value: str = ""
    text: str = ""


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When one of these happens to a case and the condition holds, this is done, in this order."""

    id: str
    name: str
    on: tuple[On, ...] = (On.OPENED,)
    when: dict[str, Any] = field(default_factory=lambda: {"all": []})
    """As `docs/reference/conditions.md` has it."""
    acts: tuple[Act, ...] = ()
    enabled: bool = True


class Book(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All rules in their order, with the version of each: those of rules that are gone stay, so none comes twice."""

    rules: tuple[Rule, ...] = ()
    versions: dict[str, int] = field(default_factory=dict)
    hourly: int = HOURLY

    def rule(self, rule_id: str) -> Rule | None:
        """A rule by id."""
        return next((one for one in self.rules if one.id == rule_id), None)


class Live(Struct, frozen=True, kw_only=True):
    """A rule at work: its condition compiled. In `acts`, colleagues are ids instead of addresses."""

    rule: Rule
    version: int
    when: Condition
    holds: Predicate
    acts: tuple[Act, ...]


class Chosen(Struct, frozen=True, kw_only=True):
    """An act that is to be done, of which rule, and the facts that made its condition hold."""

    live: Live
    act: Act
    because: tuple[Fact, ...]


def acts_for(rules: Iterable[Live], events: frozenset[On], facts: Facts, now: Instant) -> list[Chosen]:
    """What rules, in their order, do to a case to which `events` happened.

    A later rule sees what an earlier one does: its tags, its assignee, its status, its priority.
    """
    found: list[Chosen] = []
    for live in rules:
        if events.isdisjoint(live.rule.on) or not live.holds(facts, now):
            continue
        because = reasons(live.when, facts, now)
        for act in live.acts:
            found.append(Chosen(live=live, act=act, because=because))
            facts = after(facts, act)
        if any(one.act is Do.STOP for one in live.acts):
            break
    return found


def after(facts: Facts, act: Act) -> Facts:
    """The facts of a case when an act was done to it."""
    match act.act:
        case Do.TAG:
            return replace(facts, case_tags=facts.case_tags | {act.value})
        case Do.UNTAG:
            return replace(facts, case_tags=facts.case_tags - {act.value})
        case Do.ASSIGN:
            return replace(facts, case_assignee=None if act.value == NOBODY else act.value)
        case Do.QUEUE:
            return replace(facts, case_assignee=None)
        case Do.STATUS | Do.SNOOZE:
            status = act.value if act.act is Do.STATUS else "snoozed"
            return replace(facts, case_status=status, case_closed_at=None, case_snoozed_until=None)
        case Do.PRIORITY:
            return replace(facts, case_priority=max(facts.case_priority or 0, int(act.value)))
        case _:
            return facts
