"""A playbook as the fields of a form, and back. Pure: the editor works without scripts because of it.

A path is `p.0`, with `p.0.id`, `p.0.name` and `p.0.severity`; its steps are `p.0.s.0` with a field for each part. The
condition is `earful.desk.views.form`'s.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from earful.desk.playbooks.checking import PATHS_MOST, STEPS_MOST
from earful.desk.playbooks.rules import USUAL, End, Kind, Path, Playbook, Step
from earful.desk.sla.rules import InvalidPolicyError, read_minutes, write_minutes
from earful.model.conditions import Condition

Given = Mapping[str, Sequence[str]]
T = TypeVar("T")
_OTHER = re.compile(r"[^a-z0-9]+")


class StepForm(Struct, kw_only=True):
    """A step as the form has it."""

    id: str
    kind: str = Kind.TASK.value
    title: str = ""
    minutes: str = "1h"
    clock: str = "calendar"
    owner: str = "assignee"
    text: str = ""
    ends: list[str] = []
    next: str = ""
    late: str = ""
    fresh: bool = False


class PathForm(Struct, kw_only=True):
    """A path as the form has it."""

    id: str
    name: str = ""
    severity: list[str] = []
    steps: list[StepForm] = []


class Draft(Struct, kw_only=True):
    """A playbook as the form has it, but for its condition. `seen`: the version that it was made from."""

    id: str = ""
    name: str = ""
    description: str = ""
    order: str = "100"
    enabled: bool = True
    default: str = ""
    seen: int = 0
    paths: list[PathForm] = []


def of_playbook(playbook: Playbook, seen: int) -> Draft:
    """The form of a playbook."""
    return Draft(
        id=playbook.id,
        name=playbook.name,
        description=playbook.description,
        order=str(playbook.order),
        enabled=playbook.enabled,
        default=playbook.default,
        seen=seen,
        paths=[
            PathForm(
                id=path.id,
                name=path.name,
                severity=[str(one) for one in path.severity],
                steps=[_of_step(step) for step in path.steps],
            )
            for path in playbook.paths
        ],
    )


def _of_step(step: Step) -> StepForm:
    return StepForm(
        id=step.id,
        kind=step.kind.value,
        title=step.title,
        minutes=write_minutes(step.minutes),
        clock=step.clock,
        owner=step.owner,
        text=step.text,
        ends=[one.value for one in step.ends],
        next=step.next,
        late=step.late,
    )


def fresh() -> Draft:
    """A new playbook: one path of two steps to begin with."""
    steps = [
        StepForm(id="step-1", kind=Kind.TASK.value, title="Find out", ends=_usual(Kind.TASK)),
        StepForm(id="step-2", kind=Kind.ANSWER.value, title="Answer", ends=_usual(Kind.ANSWER)),
    ]
    return Draft(paths=[PathForm(id="path-1", name="Usual", steps=steps)])


def _usual(kind: Kind) -> list[str]:
    return [one.value for one in USUAL[kind]]


def of_form(given: Given) -> Draft:
    """What a form says, however wrong."""
    seen = _last(given, "seen")
    return Draft(
        id=_last(given, "id")[:40],
        name=_last(given, "name")[:200],
        description=_last(given, "description")[:2_000],
        order=_last(given, "order")[:20],
        enabled=_last(given, "enabled") == "1",
        default=_last(given, "default")[:40],
        seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
        paths=[_path(given, f"p.{at}") for at in range(PATHS_MOST) if f"p.{at}.id" in given],
    )


def _path(given: Given, place: str) -> PathForm:
    return PathForm(
        id=_last(given, f"{place}.id")[:60],
        name=_last(given, f"{place}.name")[:200],
        severity=[one for one in given.get(f"{place}.severity", ()) if one in set("01234")],
        steps=[_step(given, f"{place}.s.{at}") for at in range(STEPS_MOST) if f"{place}.s.{at}.id" in given],
    )


def _step(given: Given, place: str) -> StepForm:
    kind = _last(given, f"{place}.kind")
    found = StepForm(id=_last(given, f"{place}.id")[:60], kind=kind if kind in set(Kind) else Kind.TASK.value)
    for name in ("title", "minutes", "clock", "owner", "text", "next", "late"):
        setattr(found, name, _last(given, f"{place}.{name}").replace("\r\n", "\n")[:2_000])
    found.ends = [one for one in given.get(f"{place}.ends", ()) if one in set(End)]
    if _last(given, f"{place}.was") not in ("", found.kind):
        # Another kind was chosen: it ends as those of its kind do.
        found.ends = _usual(Kind(found.kind))
    return found


def _last(given: Given, name: str) -> str:
    return given[name][-1] if given.get(name) else ""


def edited(draft: Draft, act: str) -> Draft:
    """The form after `path-add`, `path-remove:0`, `step-add:0`, `step-remove:0.1`, `step-up:0.1` or `step-down:0.1`.

    What cannot be done changes nothing.
    """
    verb, _, place = act.partition(":")
    at, _, number = place.partition(".")
    if verb == "path-add" and len(draft.paths) < PATHS_MOST:
        name = _free("path", [one.id for one in draft.paths])
        first = StepForm(id="step-1", ends=_usual(Kind.TASK), fresh=True)
        draft.paths.append(PathForm(id=name, steps=[first]))
    if not at.isdecimal() or int(at) >= len(draft.paths):
        return draft
    path = draft.paths[int(at)]
    if verb == "path-remove":
        draft.paths.remove(path)
    elif verb == "step-add" and len(path.steps) < STEPS_MOST:
        name = _free("step", [one.id for one in path.steps])
        path.steps.append(StepForm(id=name, ends=_usual(Kind.TASK), fresh=True))
    elif number.isdecimal() and int(number) < len(path.steps):
        _move(path.steps, int(number), verb)
    return draft


def _move(steps: list[StepForm], at: int, verb: str) -> None:
    if verb == "step-remove":
        steps.pop(at)
    elif verb in ("step-up", "step-down"):
        to = at - 1 if verb == "step-up" else at + 1
        if 0 <= to < len(steps):
            steps[at], steps[to] = steps[to], steps[at]


def _free(kind: str, taken: Sequence[str]) -> str:
    number = len(taken) + 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"


def playbook_of(draft: Draft, when: Condition) -> Playbook:
    """The playbook that a form says; what is no number becomes one that `checking.check` refuses."""
    return Playbook(
        id=draft.id or slug(draft.name),
        name=draft.name.strip(),
        description=draft.description.strip(),
        order=int(draft.order) if draft.order.isdecimal() and len(draft.order) < 9 else -1,
        enabled=draft.enabled,
        when=when,
        default=draft.default,
        paths=tuple(
            Path(
                id=path.id,
                name=path.name.strip(),
                severity=tuple(int(one) for one in path.severity),
                steps=tuple(_read(step) for step in path.steps),
            )
            for path in draft.paths
        ),
    )


def _read(step: StepForm) -> Step:
    try:
        minutes = read_minutes(step.minutes)
    except InvalidPolicyError:
        minutes = 0
    return Step(
        id=step.id,
        kind=Kind(step.kind),
        title=step.title.strip(),
        minutes=minutes,
        clock=step.clock,
        owner=step.owner,
        text=step.text,
        ends=tuple(End(one) for one in step.ends),
        next=step.next,
        late=step.late,
    )


def slug(name: str) -> str:
    """An id from a name: `Late delivery!` is `late-delivery`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")[:38].strip("-") or "playbook"
