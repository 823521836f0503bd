"""What people do to automation rules: save, switch, order, delete, take a save back; and how they stand."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from earful.desk import settings as kept
from earful.desk.automation import checking, store
from earful.desk.automation.checking import Around, Problem
from earful.desk.automation.rules import ASSIGNEE, LEADS, NOBODY, Act, Book, Do, Live, Rule
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.conditions.words import says
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.rules import Fact, reasons
from earful.desk.routing import settings as routing
from earful.desk.users import service as users
from earful.log.contract import Log, NewEvent
from earful.model.conditions import Condition
from earful.model.time import DAY, Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

KIND = "automation"
CHANGED = "automation.changed"
"""Rules were saved, or a paused one goes on."""
COUNTED = 7 * DAY
TRIED = 50
"""Newest cases that a draft is tried on."""
RUNS_SHOWN = 50
KEPT = 90 * DAY
"""How long it is known what rules did to a case that was closed since."""
AT_ONCE = 1_000
"""Rows that are forgotten in one transaction."""


class StaleError(ValueError):
    """Somebody saved rules meanwhile; the message says so."""


class NotFoundError(LookupError):
    """There is no such rule, or no such version of the rules."""


class InvalidRulesError(ValueError):
    """Rules cannot be used. `problems` have their places; the message names them in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.place}: {one.text}" for one in problems))


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the place of the rules until then, 0 for none."""

    changed: bool
    seq: int
    before: int


class Standing(Struct, frozen=True, kw_only=True):
    """A rule as the list shows it, with the last seven days."""

    rule: Rule
    version: int
    runs: int = 0
    acts: int = 0
    refused: int = 0
    paused_at: int | None = None
    paused_acts: int = 0


class Run(Struct, frozen=True, kw_only=True):
    """One thing that a rule did. `number` is None when the case is there no more."""

    at: int
    version: int
    number: int | None
    title: str
    event: str
    acts: int
    refused: int
    result: str
    detail: str


class Tried(Struct, frozen=True, kw_only=True):
    """A case that a draft would have acted on, with the facts that match."""

    number: int
    title: str
    because: tuple[Fact, ...]


def in_force(tx: Tx) -> Book:
    """The rules as they are now."""
    return kept.in_force(tx, KIND, Book)


def place(tx: Tx) -> int:
    """The version of the rules; 0 before there were any."""
    return kept.place(tx, KIND)


def condition_of(rule: Rule) -> Condition:
    """The condition of a rule. Raises InvalidConditionError."""
    return conditions.kept(rule.when)


def live(rule: Rule, version: int, ids: dict[str, str]) -> Live:
    """A rule ready to work. `ids`: e-mail address (lower case) -> colleague. Raises InvalidConditionError."""
    when = condition_of(rule)
    acts = tuple(_known(act, ids) for act in rule.acts)
    return Live(rule=rule, version=version, when=when, holds=conditions.compiled(when), acts=acts)


def _known(act: Act, ids: dict[str, str]) -> Act:
    person = act.act is Do.ASSIGN and act.value != NOBODY
    person = person or (act.act is Do.NOTIFY and act.value not in (ASSIGNEE, LEADS))
    return replace(act, value=ids.get(act.value.casefold(), act.value)) if person else act


def at_work(tx: Tx) -> list[Live]:
    """The rules that are on and not paused, in their order."""
    book = in_force(tx)
    wanted = [one for one in book.rules if one.enabled]
    if not wanted:
        return []
    waiting = store.paused(tx)
    ids = {user.email.casefold(): user.id for user in users.colleagues(tx)}
    return [live(one, book.versions.get(one.id, 1), ids) for one in wanted if one.id not in waiting]


def around(tx: Tx) -> Around:
    """What rules are checked against: colleagues, queues and playbooks as they are."""
    plan = routing.in_force(tx)
    names = {one.name.casefold() for one in plan.teams}
    return Around(
        colleagues=frozenset(user.email.casefold() for user in users.colleagues(tx)),
        queues=frozenset(plan.queues - {""} | names),
        playbooks=frozenset(one.playbook.id for one in playbooks.listed(tx)),
    )


def save(
    tx: Tx,
    log: Log,
    who: Who,
    rules: Sequence[Rule],
    now: Instant,
    *,
    seen: int | None = None,
    hourly: int = 0,
) -> Saved:
    """Put rules in force instead of all there were; each that changed gets a version of its own.

    `seen`: the version that the writer started from, None not to care. `hourly`: acts of a rule within an hour, 0 to
    leave that as it is. Raises InvalidRulesError, StaleError.
    """
    if seen is not None and seen != place(tx):
        raise StaleError(
            "Somebody saved rules while you were editing. Load the page again and look at theirs first."
        )
    book = in_force(tx)
    checked = [replace(one, name=" ".join(one.name.split())) for one in rules]
    wrong = checking.check(checked, around(tx))
    if hourly and not 1 <= hourly <= checking.HOURLY_MOST:
        wrong.append(Problem(place="hourly", text=f"write a number from 1 to {checking.HOURLY_MOST:,}"))
    if wrong:
        raise InvalidRulesError(wrong)
    versions = dict(book.versions)
    for one in checked:
        if book.rule(one.id) != one:
            versions[one.id] = versions.get(one.id, 0) + 1
    made = Book(rules=tuple(checked), versions=versions, hourly=hourly or book.hourly)
    changed, before = kept.keep(tx, who, KIND, made, now)
    if changed:
        log.append(tx, [NewEvent(type=CHANGED, subject=KIND, at=now, actor=who.id)])
    return Saved(changed=changed, seq=place(tx), before=before)


def restore(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> Saved:
    """Put earlier rules in force again, as new versions; 0 for none. Raises InvalidRulesError, NotFoundError."""
    book = kept.at(tx, KIND, Book, seq)
    if book is None:
        raise NotFoundError("There are no such rules; nothing was changed.")
    return save(tx, log, who, book.rules, now, hourly=book.hourly)


def problems_with(tx: Tx, rule: Rule) -> list[Problem]:
    """What keeps a rule from being used among the others, its places within the rule (`acts[0]`)."""
    rules = with_rule(in_force(tx).rules, rule)
    at = next(at for at, one in enumerate(rules) if one.id == rule.id)
    here = f"rules[{at}]."
    return [
        Problem(place=one.place.removeprefix(here), text=one.text)
        for one in checking.check(rules, around(tx))
    ]


def go_on(tx: Tx, log: Log, who: Who, rule_id: str, now: Instant) -> None:
    """Let a rule that was paused act again. Raises NotFoundError when it was not."""
    if not store.unpause(tx, rule_id):
        raise NotFoundError("This rule is not paused; somebody may have let it go on already.")
    record(tx, who, "automation.resume", rule_id, now)
    log.append(tx, [NewEvent(type=CHANGED, subject=KIND, at=now, actor=who.id)])


def with_rule(rules: Sequence[Rule], rule: Rule) -> tuple[Rule, ...]:
    """The rules with one changed, or added as the last."""
    there = any(one.id == rule.id for one in rules)
    changed = tuple(rule if one.id == rule.id else one for one in rules)
    return changed if there else (*changed, rule)


def without_rule(rules: Sequence[Rule], rule_id: str) -> tuple[Rule, ...]:
    """The rules without one."""
    return tuple(one for one in rules if one.id != rule_id)


def moved_rule(rules: Sequence[Rule], rule_id: str, step: int) -> tuple[Rule, ...]:
    """The rules with one a place further up (-1) or down (1), as far as there is room."""
    found = list(rules)
    at = next((at for at, one in enumerate(found) if one.id == rule_id), None)
    if at is not None:
        found.insert(min(max(at + step, 0), len(found) - 1), found.pop(at))
    return tuple(found)


def listed(tx: Tx, now: Instant) -> list[Standing]:
    """Every rule in its order, with what it did in the last seven days."""
    book, done, waiting = in_force(tx), store.counts(tx, now - COUNTED), store.paused(tx)
    found = []
    for one in book.rules:
        counted: Any = done.get(one.id, {"runs": 0, "acts": 0, "refused": 0})
        pause = waiting.get(one.id)
        found.append(
            Standing(
                rule=one,
                version=book.versions.get(one.id, 1),
                runs=counted["runs"],
                acts=counted["acts"],
                refused=counted["refused"],
                paused_at=pause["at"] if pause is not None else None,
                paused_acts=pause["acts"] if pause is not None else 0,
            )
        )
    return found


def runs(tx: Tx, rule_id: str) -> list[Run]:
    """What a rule did last, newest first."""
    return [
        Run(
            at=row["at"],
            version=row["version"],
            number=row["number"],
            title=row["title"] or "",
            event=row["event"],
            acts=row["acts"],
            refused=row["refused"],
            result=row["result"],
            detail=row["detail"],
        )
        for row in store.newest_runs(tx, rule_id, RUNS_SHOWN)
    ]


def purge(tx: Tx, now: Instant) -> int:
    """Forget what rules did longer ago than is kept; the history of each case keeps it. Returns how many."""
    return store.purge(tx, now - KEPT, AT_ONCE)


def tried(tx: Tx, rule: Rule, now: Instant) -> list[Tried]:
    """Which of the newest cases a draft would act on now. Raises InvalidConditionError."""
    when = condition_of(rule)
    holds = conditions.compiled(when)
    rows = store.newest_cases(tx, TRIED)
    about = facts.of_cases(tx, [row["id"] for row in rows], conditions.groups([when]))
    return [
        Tried(number=row["number"], title=row["title"], because=reasons(when, about[row["id"]], now))
        for row in rows
        if holds(about[row["id"]], now)
    ]


def words_of(name: str, version: int, when: Condition, names: dict[str, str]) -> str:
    """Why a rule acts, for the history: its name, version and condition."""
    return f"{name} v{version}: {says(when, names)}"
