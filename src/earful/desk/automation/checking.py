"""Whether rules can be trusted: every problem with its place and its reason. Pure."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from earful.desk.automation.rules import ASSIGNEE, DEPTH_MOST, LEADS, NOBODY, Act, Do, On, Rule
from earful.desk.cases.rules import SNOOZE_AT_MOST
from earful.desk.conditions import reading
from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.fields import Op
from earful.desk.conditions.reading import InvalidConditionError, milliseconds
from earful.model.conditions import Check, Condition

RULES_MOST, ACTS_MOST = 200, 20
NAME_MOST, TAG_MOST, TEXT_MOST = 60, 40, 2_000
HOURLY_MOST = 1_000_000
LOOKED_AT = 12
"""Rules among which loops are looked for: ways through more would take too long to follow."""
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class Problem(Struct, frozen=True, kw_only=True):
    """Something that cannot stay. `place`: `rules[0].acts[2].value`."""

    place: str
    text: str


class Around(Struct, frozen=True, kw_only=True):
    """What rules are checked against. None: nothing is known, and anything may be there."""

    colleagues: frozenset[str] | None = None
    """E-mail addresses, lower case."""
    queues: frozenset[str] | None = None
    """Ids and names (lower case) of teams, and `skill:NAME`."""
    playbooks: frozenset[str] | None = None


def check(rules: Sequence[Rule], around: Around) -> list[Problem]:
    """Everything that is wrong with rules, in their order; loops are looked for when nothing else is."""
    found = [one for at, rule in enumerate(rules) for one in _of_rule(rule, f"rules[{at}]", around)]
    if len(rules) > RULES_MOST:
        found.append(Problem(place="rules", text=f"there can be {RULES_MOST} rules at most"))
    for name, many in (("id", [one.id for one in rules]), ("name", [one.name.casefold() for one in rules])):
        twice = next((at for at, one in enumerate(many) if one in many[:at]), None)
        if twice is not None:
            found.append(
                Problem(place=f"rules[{twice}].{name}", text=f"another rule has the {name} {many[twice]!r}")
            )
    return found or list(_loops(rules))


def _of_rule(rule: Rule, place: str, around: Around) -> Iterable[Problem]:
    if _ID.fullmatch(rule.id) is None:
        yield Problem(place=f"{place}.id", text="write small letters, digits and hyphens, 40 at most")
    if not 0 < len(rule.name.strip()) <= NAME_MOST:
        yield Problem(place=f"{place}.name", text=f"give it a name of at most {NAME_MOST} letters")
    if not rule.on:
        yield Problem(place=f"{place}.on", text="say what makes the rule look")
    try:
        when = reading.read(rule.when, me=False)
    except InvalidConditionError as error:
        inside = "" if error.place == "condition" else f".{error.place}"
        yield Problem(place=f"{place}.when{inside}", text=error.problem)
    else:
        if On.TIME in rule.on and not any(conditions.timed(one) for one in conditions.checks(when)):
            words = "a rule that looks as time passes tests how long ago something was, such as time.waiting"
            yield Problem(place=f"{place}.when", text=words)
    if not rule.acts or len(rule.acts) > ACTS_MOST:
        yield Problem(place=f"{place}.acts", text=f"a rule does 1 to {ACTS_MOST} things")
    for at, act in enumerate(rule.acts):
        words = _act_problem(act, around)
        if words:
            yield Problem(place=f"{place}.acts[{at}]", text=words)
    tags = {act.act: act.value for act in rule.acts if act.act in (Do.TAG, Do.UNTAG)}
    if len(tags) > 1 and len(set(tags.values())) == 1:
        yield Problem(place=f"{place}.acts", text=f"it adds the tag {tags[Do.TAG]!r} and takes it off again")
    states = _states(rule.acts)
    if len(states) > 1:
        at = rule.acts.index(states[-1])
        yield Problem(place=f"{place}.acts[{at}]", text="it sets the status twice; only one can stay")


def _act_problem(act: Act, around: Around) -> str:
    """Why an act cannot be done to any case; empty when it can."""
    value = act.value
    match act.act:
        case Do.TAG | Do.UNTAG:
            right = 0 < len(value) <= TAG_MOST and value == "-".join(value.lower().split())
            return "" if right else "write the tag in small letters, its words joined by hyphens"
        case Do.ASSIGN if value != NOBODY:
            return _colleague(value, around, NOBODY)
        case Do.QUEUE if not _is_in(value, around.queues) or not value:
            return f"{value[:60]!r} is no team and no skill:NAME that a route leads to"
        case Do.PRIORITY if not (value.isascii() and value.isdecimal() and int(value[:9]) <= 100 and value):
            return "write a priority from 0 to 100"
        case Do.STATUS if value not in ("open", "waiting"):
            return "write open or waiting; a rule closes nothing, closing needs an outcome"
        case Do.SNOOZE:
            return _snooze_problem(value)
        case Do.PLAYBOOK if not value or not _is_in(value, around.playbooks):
            return f"there is no playbook {value[:60]!r}"
        case Do.NOTE | Do.NOTIFY if not act.text.strip() or len(act.text) > TEXT_MOST:
            return f"write a text of at most {TEXT_MOST:,} characters"
        case Do.NOTIFY if value not in (ASSIGNEE, LEADS):
            return _colleague(value, around, f"{ASSIGNEE} or {LEADS}")
        case _:
            return ""


def _colleague(value: str, around: Around, else_: str) -> str:
    if "@" in value and _is_in(value, around.colleagues):
        return ""
    return f"{value[:60]!r} is no colleague's e-mail address; else write {else_}"


def _is_in(value: str, known: frozenset[str] | None) -> bool:
    return known is None or value in known or value.casefold() in known


def _snooze_problem(value: str) -> str:
    try:
        length = milliseconds(value)
    except ValueError:
        length = 0
    return "" if 0 < length <= SNOOZE_AT_MOST else 'write how long, such as "2h" or "3d", five years at most'


def _loops(rules: Sequence[Rule]) -> Iterable[Problem]:
    """Rules that start each other without end: what one does can be what another looks at, round and round."""
    able = [at for at, one in enumerate(rules) if one.enabled and On.OUTCOME in one.on and _states(one.acts)]
    if len(able) > LOOKED_AT:
        words = f"more than {LOOKED_AT} rules set a status when the outcome changes: nobody could say what comes of it"
        yield Problem(place=f"rules[{able[-1]}].acts", text=words)
        return
    for at in able:
        for way in _ways(able, (at,)):
            if _goes_round([rules[one] for one in way]):
                names = " → ".join(f"“{rules[one].name}”" for one in (*way, at))
                words = (
                    f"it can loop: {names}. A status that a rule sets can change the outcome, and that makes these "
                    "rules look again. Test case.status or a tag, so that what was done ends it"
                )
                yield Problem(place=f"rules[{at}].acts", text=words)
                return


def _ways(able: Sequence[int], way: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    """Every way from a rule over others of a higher number, as long as rules may lead to each other at work."""
    yield way
    if len(way) <= DEPTH_MOST:
        for to in able:
            if to > way[0] and to not in way:
                yield from _ways(able, (*way, to))


def _goes_round(way: Sequence[Rule]) -> bool:
    """Whether each can start the next, and the last the first. Tags that one adds and none takes off stay."""
    acts = [act for rule in way for act in rule.acts]
    gone = {act.value for act in acts if act.act is Do.UNTAG}
    kept = [act for act in acts if act.act is Do.TAG and act.value not in gone]
    return all(
        possible(reading.read(after.when, me=False), [*kept, *rule.acts]) is not False
        for rule, after in zip(way, [*way[1:], way[0]], strict=True)
    )


def _states(acts: Sequence[Act]) -> list[Act]:
    return [act for act in acts if act.act in (Do.STATUS, Do.SNOOZE)]


def possible(condition: Condition, done: Sequence[Act]) -> bool | None:
    """What a condition says of a case to which `done` was just done; None when that depends on the case."""
    return conditions.verdict(condition, lambda check: _certain(check, done))


def _certain(check: Check, done: Sequence[Act]) -> bool | None:
    states = _states(done)
    if check.field == "case.status" and states:
        status = states[-1].value if states[-1].act is Do.STATUS else "snoozed"
        return conditions.predicate(check)(Facts(case_status=status), 0)
    if check.field != "case.tags" or check.op == Op.IS_SET:
        return None
    wanted = set(check.value) if isinstance(check.value, tuple) else {check.value}
    if wanted & {act.value for act in done if act.act is Do.TAG}:
        return True
    return False if wanted <= {act.value for act in done if act.act is Do.UNTAG} else None
