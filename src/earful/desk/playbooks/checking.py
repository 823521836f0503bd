"""Whether a playbook can be trusted: every problem with its place and its reason. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from earful.desk.conditions import rules as conditions
from earful.desk.conditions.facts import Facts
from earful.desk.playbooks import texts
from earful.desk.playbooks.rules import (
    CLOCKS,
    CUSTOMERS,
    END,
    PATH,
    REPLIES,
    ROLES,
    SEVERITIES,
    End,
    Kind,
    Path,
    Playbook,
    Step,
    key_of,
    path_for,
    targets,
)
from earful.model.conditions import All, Check, Condition

PATHS_MOST, STEPS_MOST = 10, 30
NAME_MOST, DESCRIPTION_MOST = 60, 500
MINUTES_MOST = 366 * 24 * 60
ORDER_MOST = 100_000
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class Problem(Struct, frozen=True, kw_only=True):
    """Something that cannot stay. `place`: `paths[0].steps[2].text`; `name` or the like for the whole."""

    place: str
    text: str


class Promise(Struct, frozen=True, kw_only=True):
    """As much of an SLA policy as a playbook must keep to."""

    name: str
    when: Condition
    """Which cases it is for."""
    first_answer: tuple[int, ...]
    """Minutes for severity 0 to 4; 0 promises nothing."""
    opens: bool = True
    """Whether its calendar opens in the time ahead."""


class Around(Struct, frozen=True, kw_only=True):
    """What a playbook is checked against."""

    colleagues: frozenset[str] = frozenset()
    """E-mail addresses, lower case."""
    promises: tuple[Promise, ...] = ()


def check(playbook: Playbook, around: Around) -> list[Problem]:
    """Everything that is wrong, in reading order; loops and promises are looked for once the rest is right."""
    found = list(_plain(playbook, around))
    if found:
        return found
    places = {
        key_of(path, step): f"paths[{at}].steps[{number}]"
        for at, path in enumerate(playbook.paths)
        for number, step in enumerate(path.steps)
    }
    looping = _loop(playbook, places)
    if looping is not None:
        return [looping]
    return [*_unreachable(playbook, places), *_twice(playbook, places), *_promises(playbook, around)]


def _plain(playbook: Playbook, around: Around) -> Iterator[Problem]:
    if not _ID.fullmatch(playbook.id):
        yield Problem(place="id", text="needs letters a to z, digits and hyphens, at most 40: late-delivery")
    if not 0 < len(playbook.name.strip()) <= NAME_MOST:
        yield Problem(place="name", text=f"needs 1 to {NAME_MOST} characters")
    if len(playbook.description) > DESCRIPTION_MOST:
        yield Problem(place="description", text=f"is longer than {DESCRIPTION_MOST} characters")
    if not 0 <= playbook.order <= ORDER_MOST:
        yield Problem(place="order", text=f"is a number from 0 to {ORDER_MOST:,}")
    if not 0 < len(playbook.paths) <= PATHS_MOST:
        yield Problem(place="paths", text=f"needs 1 to {PATHS_MOST} paths")
    if playbook.default and playbook.path(playbook.default) is None:
        yield Problem(place="default", text=f"there is no path {playbook.default!r}")
    taken: dict[int, str] = {}
    for at, path in enumerate(playbook.paths):
        place = f"paths[{at}]"
        yield from _path(playbook, path, place, around)
        for severity in path.severity:
            if not 0 <= severity < SEVERITIES:
                yield Problem(place=f"{place}.severity", text=f"{severity} is not from 0 to 4")
            elif severity in taken:
                yield Problem(
                    place=f"{place}.severity", text=f"{severity} takes the path {taken[severity]!r} already"
                )
            taken[severity] = path.id
    yield from _again("paths[{}].id", [one.id for one in playbook.paths])


def _again(place: str, ids: list[str]) -> Iterator[Problem]:
    for at, one in enumerate(ids):
        if one in ids[:at]:
            yield Problem(place=place.format(at), text=f"{one!r} is there twice; each needs its own")


def _path(playbook: Playbook, path: Path, place: str, around: Around) -> Iterator[Problem]:
    if not _ID.fullmatch(path.id):
        yield Problem(place=f"{place}.id", text="needs letters a to z, digits and hyphens, at most 40")
    if not 0 < len(path.name.strip()) <= NAME_MOST:
        yield Problem(place=f"{place}.name", text=f"needs 1 to {NAME_MOST} characters")
    if not 0 < len(path.steps) <= STEPS_MOST:
        yield Problem(place=f"{place}.steps", text=f"needs 1 to {STEPS_MOST} steps")
    for number, step in enumerate(path.steps):
        yield from _step(playbook, path, step, f"{place}.steps[{number}]", around)
    yield from _again(f"{place}.steps[{{}}].id", [one.id for one in path.steps])


def _step(playbook: Playbook, path: Path, step: Step, place: str, around: Around) -> Iterator[Problem]:
    if not _ID.fullmatch(step.id):
        yield Problem(place=f"{place}.id", text="needs letters a to z, digits and hyphens, at most 40")
    if not 0 < len(step.title.strip()) <= NAME_MOST:
        yield Problem(place=f"{place}.title", text=f"needs 1 to {NAME_MOST} characters")
    if step.clock not in CLOCKS:
        yield Problem(place=f"{place}.clock", text=f"is one of {', '.join(CLOCKS)}")
    if step.owner not in ROLES and step.owner.casefold() not in around.colleagues:
        words = f"{step.owner[:60]!r} is no colleague's e-mail address; else it is one of {', '.join(ROLES)}"
        yield Problem(place=f"{place}.owner", text=words)
    wrong = texts.problem(step.text)
    if wrong:
        yield Problem(place=f"{place}.text", text=wrong)
    for name, where in (("next", step.next), ("late", step.late)):
        if not _leads(playbook, path, where):
            words = f"{where[:60]!r} is no step of this path, no {PATH}NAME and not {END}"
            yield Problem(place=f"{place}.{name}", text=words)
    yield from _waits(step, place)


def _leads(playbook: Playbook, path: Path, where: str) -> bool:
    if where.startswith(PATH):
        return playbook.path(where.removeprefix(PATH)) is not None
    return where in ("", END) or any(one.id == where for one in path.steps)


def _waits(step: Step, place: str) -> Iterator[Problem]:
    """A step that could wait for ever."""
    if not 0 < step.minutes <= MINUTES_MOST:
        words = "would wait for ever without a deadline; give it from a minute to a year"
        yield Problem(place=f"{place}.minutes", text=words)
    if not step.ends:
        yield Problem(place=f"{place}.ends", text="would wait for ever: nothing ends it")
    elif step.kind is Kind.WAIT and not step.late and End.TIME not in step.ends:
        yield Problem(place=f"{place}.ends", text="a wait must end by time, or say where it leads when late")
    elif not step.late and set(step.ends) <= CUSTOMERS:
        words = "only the customer can end it: add `time`, or say with `late` where it leads without them"
        yield Problem(place=f"{place}.ends", text=words)
    if step.late and End.TIME in step.ends:
        yield Problem(place=f"{place}.late", text="its time ends the step already; keep one of the two")


def _onward(playbook: Playbook, key: str) -> list[str]:
    ended, late = targets(playbook, key)
    return [one for one in (ended, late) if one]


def _loop(playbook: Playbook, places: Mapping[str, str]) -> Problem | None:
    done: set[str] = set()

    def walk(key: str, trail: list[str]) -> list[str] | None:
        if key in trail:
            return [*trail[trail.index(key) :], key]
        if key in done:
            return None
        for one in _onward(playbook, key):
            found = walk(one, [*trail, key])
            if found is not None:
                return found
        done.add(key)
        return None

    for key, place in places.items():
        found = walk(key, [])
        if found is not None:
            names = " → ".join(_title(playbook, one) for one in found)
            return Problem(place=places.get(found[-2], place), text=f"can go round for ever: {names}")
    return None


def _title(playbook: Playbook, key: str) -> str:
    step = playbook.step(key)
    return step.title if step is not None else key


def _unreachable(playbook: Playbook, places: Mapping[str, str]) -> Iterator[Problem]:
    starts = {path_for(playbook, severity).id for severity in range(SEVERITIES)}
    ahead = [key_of(path, path.steps[0]) for path in playbook.paths if path.id in starts]
    seen: set[str] = set()
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            ahead += _onward(playbook, key)
    for key, place in places.items():
        if key not in seen:
            yield Problem(place=place, text="no way leads to this step")


def _twice(playbook: Playbook, places: Mapping[str, str]) -> Iterator[Problem]:
    """Two texts of ours in a row, with neither the customer nor a person's work between them."""
    for key, place in places.items():
        step = playbook.step(key)
        if step is None or not step.text.strip():
            continue
        ended, late = targets(playbook, key)
        ahead = [] if set(step.ends) <= CUSTOMERS else [ended]
        if late and set(step.ends) & CUSTOMERS:
            # Late without our reply means that the text was not sent.
            ahead.append(late)
        second = _text_after(playbook, [one for one in ahead if one])
        if second is not None:
            words = f"{_title(playbook, second)!r} would follow with another text, and neither the customer nor a task"
            yield Problem(place=f"{place}.text", text=f"{words} comes between: nobody is written to twice")


def _text_after(playbook: Playbook, ahead: list[str]) -> str | None:
    while ahead:
        key = ahead.pop()
        step = playbook.step(key)
        if step is None:
            continue
        if step.text.strip():
            return key
        ended, late = targets(playbook, key)
        # Where somebody ended it, somebody came between.
        ahead += [one for one in ((ended if End.TIME in step.ends else ""), late) if one]
    return None


def _promises(playbook: Playbook, around: Around) -> Iterator[Problem]:
    allowed = {
        name: _allowed(playbook.when, f"case.{name}") for name in ("network", "channel", "kind", "topic")
    }
    for severity in range(SEVERITIES):
        path = path_for(playbook, severity)
        place = f"paths[{playbook.paths.index(path)}]"
        longest = _first_answer(playbook, key_of(path, path.steps[0]))
        for promise in _relevant(around.promises, allowed, severity):
            if not promise.opens:
                words = f"{promise.name}: its calendar never opens, so that no step could come due"
                yield Problem(place=f"{place}.steps", text=words)
                return
            most = promise.first_answer[severity]
            if longest is not None and 0 < most < longest:
                words = (
                    f"the first answer may take {longest} minutes, and {promise.name!r} promises one to severity "
                    f"{severity} within {most}"
                )
                yield Problem(place=f"{place}.steps", text=words)
                return


def _first_answer(playbook: Playbook, key: str, known: dict[str, int | None] | None = None) -> int | None:
    """Minutes until the deadline of the first answer, by the longest way; None when no way has one."""
    known = {} if known is None else known
    if key not in known:
        known[key] = None
        step = playbook.step(key)
        if step is not None and set(step.ends) & REPLIES:
            known[key] = step.minutes
        elif step is not None:
            further = [_first_answer(playbook, one, known) for one in _onward(playbook, key)]
            known[key] = max((step.minutes + one for one in further if one is not None), default=None)
    return known[key]


def _relevant(
    promises: Iterable[Promise], allowed: Mapping[str, frozenset[str] | None], severity: int
) -> Iterator[Promise]:
    """The policies that a case of the playbook may have, up to the first that every such case has."""
    for one in promises:
        fits = conditions.verdict(one.when, lambda check: _certain(check, allowed, severity))
        if fits is not False:
            yield one
        if fits:
            return


def _certain(check: Check, allowed: Mapping[str, frozenset[str] | None], severity: int) -> bool | None:
    """What a promise's test says of every case of the playbook with a severity; None where that depends on the case."""
    name = check.field.removeprefix("case.")
    if name == "severity":
        return conditions.predicate(check)(Facts(case_severity=severity), 0)
    values = allowed.get(name)
    if values is None or check.op not in ("is", "in", "is_not", "not_in"):
        return None
    wanted = set(check.value) if isinstance(check.value, tuple) else {check.value}
    denied = check.op in ("is_not", "not_in")
    if values.isdisjoint(wanted):
        return denied
    return not denied if values <= wanted else None


def _allowed(condition: Condition, name: str) -> frozenset[str] | None:
    """The values of a field outside of which a condition cannot hold; None for any."""
    match condition:
        case Check(field=asked, op="is", value=value) if asked == name:
            return frozenset({str(value)})
        case Check(field=asked, op="in", value=tuple() as value) if asked == name:
            return frozenset(map(str, value))
        case All(all=parts):
            found = [one for part in parts if (one := _allowed(part, name)) is not None]
            return frozenset.intersection(*found) if found else None
        case _:
            return None


def in_words(problems: Iterable[Problem], place: Callable[[str], str] = str) -> str:
    """Problems as one text, each with its place."""
    return "; ".join(f"{place(one.place)}: {one.text}" for one in problems)
