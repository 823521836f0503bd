"""Makes a test ready: what is in force and the draft, compiled once, and the words of what they count."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from earful.desk.automation import service as automation
from earful.desk.automation.rules import Do, Live
from earful.desk.automation.rules import Rule as AutomationRule
from earful.desk.backtest import acting, playbooks, promises
from earful.desk.backtest.acting import Rulebook
from earful.desk.backtest.past import Past
from earful.desk.backtest.playbooks import Shelf
from earful.desk.backtest.promises import Promises
from earful.desk.backtest.reading import Asked, asked
from earful.desk.backtest.rules import Busy, Draft, Effort, Key, Marks, Subject, What
from earful.desk.calendars.rules import Calendar
from earful.desk.conditions import rules as conditions
from earful.desk.playbooks import rules as books
from earful.desk.playbooks import service as playbook_service
from earful.desk.playbooks.following import due_by
from earful.desk.playbooks.rules import Playbook
from earful.desk.sla import rules as sla_rules
from earful.desk.sla import settings as sla
from earful.desk.users import service as users
from earful.model.conditions import ALWAYS, Condition
from earful.model.time import Instant
from earful.store.tx import Tx

Judge = Callable[[Past], tuple[Marks, Marks]]
"""What a case adds to the numbers, by what is in force and by the draft."""


class Test(Struct, frozen=True, kw_only=True):
    """A backtest made ready. `names`: key -> words of its group and of its detail, in the order of the result."""

    asked: Asked
    judge: Judge
    names: list[tuple[Key, str, str]]
    busy: tuple[Busy, Busy] | None
    hourly: int
    rule_names: dict[str, str]
    effort: Effort


def ready(tx: Tx, draft: Draft, minutes: Effort, now: Instant, *, imported: bool) -> Test:
    """A draft beside what is in force. `minutes`: by which agent hours are reckoned."""
    if draft.playbook is not None:
        return _playbooks(tx, draft.playbook, minutes, now, imported=imported)
    if draft.rules is not None:
        return _rules(tx, draft.rules, minutes, now, imported=imported)
    return _promises(tx, draft, minutes, now, imported=imported)


def _playbooks(tx: Tx, draft: Playbook, minutes: Effort, now: Instant, *, imported: bool) -> Test:
    present = [one.playbook for one in playbook_service.listed(tx)]
    drafted = [one for one in present if one.id != draft.id] + [draft]
    book = sla.in_force(tx)
    calendars = calendars_of(book, Draft())
    shelves = [
        Shelf(
            playbooks=tuple(one for one in books.in_order(many) if one.enabled),
            policies=book.policies,
            calendars=calendars,
            due=due_by,
            effort=minutes,
            imported=imported,
        )
        for many in (present, drafted)
    ]

    def judge(past: Past) -> tuple[Marks, Marks]:
        held = playbooks.take(shelves[0], past, now)
        then = playbooks.take(shelves[1], past, now, held)
        first = playbooks.marks(held, minutes, now)
        return first, first if held == then else playbooks.marks(then, minutes, now)

    tested = [one.when for one in (*present, draft)]
    tested += [sla_rules.condition_of(one) for one in book.policies]
    return Test(
        asked=asked(Subject.PLAYBOOK, tested, imported=imported),
        judge=judge,
        names=_playbook_names([*present, draft]),
        busy=None,
        hourly=0,
        rule_names={},
        effort=minutes,
    )


_STEPS = (What.MET, What.MISSED, What.OPEN, What.ASSUMED, What.DONE)


def _playbook_names(many: Sequence[Playbook]) -> list[tuple[Key, str, str]]:
    names: dict[Key, tuple[str, str]] = {
        (what, "", ""): ("", "")
        for what in (What.TOTAL, What.WITHOUT, What.MET, What.MISSED, What.OPEN, What.ASSUMED, What.MINUTES)
    }
    for group, playbook, path in playbooks.groups_of(many):
        words = f"{playbook.name}: {path.name}"
        for what in (What.CASES, What.MINUTES):
            names[what, group, ""] = words, ""
        for step in path.steps:
            for what in _STEPS:
                names[what, group, books.key_of(path, step)] = words, step.title
    # A step may lead into another path: it is shown with the path that the case took.
    for group, playbook, path in playbooks.groups_of(many):
        for other in playbook.paths:
            for step in other.steps:
                led = f"{playbook.name}: {path.name}", f"{other.name}: {step.title}"
                for what in _STEPS:
                    names.setdefault((what, group, books.key_of(other, step)), led)
    return [(key, *words) for key, words in names.items()]


def calendars_of(book: sla.Book, draft: Draft) -> dict[str, Calendar]:
    """The calendars in force, with those of a draft."""
    held = {one: kept.calendar for one, kept in book.calendars.items()}
    return held | {one.id: one for one in draft.calendars}


def _promises(tx: Tx, wanted: Draft, minutes: Effort, now: Instant, *, imported: bool) -> Test:
    book, draft = sla.in_force(tx), wanted.policies or ()
    calendars = calendars_of(book, wanted)
    tested = [sla_rules.condition_of(one) for one in (*book.policies, *draft)]
    held = [
        Promises(
            policies=tuple(many),
            calendars=calendars,
            asks=any(sla_rules.condition_of(one) != ALWAYS for one in many),
        )
        for many in (book.policies, draft)
    ]

    def judge(past: Past) -> tuple[Marks, Marks]:
        now_, then = (promises.clocks_of(one, past, now) for one in held)
        first = promises.marks(now_, now)
        return first, first if now_ == then else promises.marks(then, now)

    names: list[tuple[Key, str, str]] = [((What.TOTAL, "", ""), "", ""), ((What.WITHOUT, "", ""), "", "")]
    policies = {one.id: one.name for one in (*book.policies, *draft)}
    for policy_id, name in [("", ""), *policies.items()]:
        names += [
            ((what, policy_id, kind.value), name, kind.value)
            for kind in sla_rules.Kind
            for what in (What.KEPT, What.BROKEN, What.WARNED, What.RUNNING)
        ]
    return Test(
        asked=asked(Subject.SLA, tested, imported=imported),
        judge=judge,
        names=names,
        busy=None,
        hourly=0,
        rule_names={},
        effort=minutes,
    )


def _rules(tx: Tx, draft: Sequence[AutomationRule], minutes: Effort, now: Instant, *, imported: bool) -> Test:
    book = automation.in_force(tx)
    ids = {user.email.casefold(): user.id for user in users.colleagues(tx)}
    lives = [[automation.live(one, 1, ids) for one in many if one.enabled] for many in (book.rules, draft)]
    held = [_rulebook(many, imported=imported) for many in lives]
    busy = Busy(), Busy()

    def judge(past: Past) -> tuple[Marks, Marks]:
        both = [acting.act(one, past, now) for one in held]
        for into, many in zip(busy, both, strict=True):
            for one in many:
                into.add(one.rule_id, one.at, sum(each.act is not Do.STOP for each in one.acts))
        first = acting.marks(both[0], minutes)
        return first, first if both[0] == both[1] else acting.marks(both[1], minutes)

    names: list[tuple[Key, str, str]] = [
        ((What.TOTAL, "", ""), "", ""), ((What.WITHOUT, "", ""), "", ""), ((What.SPARED, "", ""), "", ""),
    ]  # fmt: skip
    words = {one.id: one.name for one in (*book.rules, *draft)}
    for rule_id, name in words.items():
        names.append(((What.ACTED, rule_id, ""), name, ""))
        names += [((What.ACT, rule_id, act.value), name, act.value) for act in Do]
        names.append(((What.SPARED, rule_id, ""), name, ""))
    tested: list[Condition] = [one.when for many in lives for one in many]
    return Test(
        asked=asked(Subject.RULES, tested, imported=imported),
        judge=judge,
        names=names,
        busy=busy,
        hourly=book.hourly,
        rule_names=words,
        effort=minutes,
    )


def _rulebook(live: Sequence[Live], *, imported: bool) -> Rulebook:
    fields = {one.rule.id: frozenset(check.field for check in conditions.checks(one.when)) for one in live}
    return acting.rulebook(live, fields, imported=imported)
