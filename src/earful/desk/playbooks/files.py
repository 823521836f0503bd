"""Playbooks as TOML: read with the line and column of every mistake, written so that reading gives the same. Pure."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from earful.desk.conditions import reading
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.playbooks import checking
from earful.desk.playbooks.checking import Around, Problem
from earful.desk.playbooks.rules import USUAL, End, Kind, Path, Playbook, Step
from earful.desk.toml.places import nearest, places
from earful.desk.toml.reading import said, syntax, when_lines
from earful.model.conditions import ALWAYS, Condition

BYTES = 100_000
_PLAYBOOK = ("id", "name", "description", "order", "enabled", "default", "when", "paths")
_PATH = ("id", "name", "severity", "steps")
_STEP = ("id", "kind", "title", "minutes", "clock", "owner", "text", "ends", "next", "late")


class InvalidPlaybookError(ValueError):
    """A playbook cannot be kept. `problems` have their places; the message names them in order."""

    def __init__(self, problems: Sequence[Problem], lines: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.lines = tuple(lines) or tuple(f"{one.place}: {one.text}" for one in problems)
        super().__init__("; ".join(self.lines))


def read(text: str, around: Around | None = None) -> Playbook:
    """A playbook from TOML. With `around` it is checked whole. Raises InvalidPlaybookError, which names lines."""
    if len(text.encode()) > BYTES:
        raise InvalidPlaybookError([Problem(place="", text=f"is longer than {BYTES:,} bytes")])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(error, text) from error
    try:
        playbook = from_data(data)
        wrong = checking.check(playbook, around) if around is not None else []
    except InvalidPlaybookError as error:
        wrong = list(error.problems)
    if wrong:
        found = places(text)
        raise InvalidPlaybookError(
            wrong, [f"{nearest(found, one.place)}: {one.place or 'playbook'} {one.text}" for one in wrong]
        )
    return playbook


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> InvalidPlaybookError:
    spot, what = syntax(error, text)
    return InvalidPlaybookError([Problem(place="", text=what)], [f"{spot}: {what}"])


def from_data(data: object) -> Playbook:
    """A playbook from TOML or JSON data. Raises InvalidPlaybookError with every mistake in its shape."""
    reader = _Reader()
    playbook = reader.playbook(data)
    if reader.problems:
        raise InvalidPlaybookError(reader.problems)
    return playbook


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def _wrong(self, place: str, text: str) -> None:
        self.problems.append(Problem(place=place, text=text))

    def _table(self, data: object, place: str, names: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            self._wrong(place, "expected a table")
            return {}
        for name in data:
            if name not in names:
                near = difflib.get_close_matches(str(name)[:40], names, 1)
                hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
                self._wrong(f"{place}.{name}" if place else str(name), f"there is no such thing here{hint}")
        return data

    def _text(self, data: Mapping[str, Any], place: str, name: str, default: str | None = "") -> str:
        value = data.get(name, default)
        here = f"{place}.{name}" if place else name
        if value is None:
            self._wrong(here if name in data else place, f"{name} is missing")
            return ""
        if not isinstance(value, str) or "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
            self._wrong(here, "expected a text")
            return ""
        return value

    def _number(self, value: object, place: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(place, "expected a whole number")
        return 0

    def _list(self, value: object, place: str) -> Sequence[Any]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            self._wrong(place, "expected a list")
            return ()
        return value

    def playbook(self, data: object) -> Playbook:
        table = self._table(data, "", _PLAYBOOK)
        enabled = table.get("enabled", True)
        if not isinstance(enabled, bool):
            self._wrong("enabled", "expected true or false")
        return Playbook(
            id=self._text(table, "", "id", None),
            name=self._text(table, "", "name", None),
            description=self._text(table, "", "description"),
            order=self._number(table.get("order", 100), "order"),
            enabled=enabled is True,
            when=self._when(table),
            default=self._text(table, "", "default"),
            paths=tuple(
                self._path(one, f"paths[{at}]")
                for at, one in enumerate(self._list(table.get("paths", []), "paths"))
            ),
        )

    def _when(self, table: Mapping[str, Any]) -> Condition:
        try:
            return reading.read(table.get("when", {"all": []}), me=False)
        except InvalidConditionError as error:
            inside = "" if error.place == "condition" else f".{error.place}"
            self._wrong(f"when{inside}", error.problem)
            return ALWAYS

    def _path(self, data: object, place: str) -> Path:
        table = self._table(data, place, _PATH)
        given = self._list(table.get("severity", []), f"{place}.severity")
        return Path(
            id=self._text(table, place, "id", None),
            name=self._text(table, place, "name", None),
            severity=tuple(self._number(one, f"{place}.severity[{at}]") for at, one in enumerate(given)),
            steps=tuple(
                self._step(one, f"{place}.steps[{at}]")
                for at, one in enumerate(self._list(table.get("steps", []), f"{place}.steps"))
            ),
        )

    def _step(self, data: object, place: str) -> Step:
        table = self._table(data, place, _STEP)
        kind = self._word(self._text(table, place, "kind", None), f"{place}.kind", Kind) or Kind.TASK
        ends = USUAL[kind]
        if "ends" in table:
            given = self._list(table["ends"], f"{place}.ends")
            named = [self._word(one, f"{place}.ends[{at}]", End) for at, one in enumerate(given)]
            ends = tuple(dict.fromkeys(End(one) for one in named if one))
        if "minutes" not in table:
            self._wrong(place, "minutes is missing: without a deadline it would wait for ever")
        return Step(
            id=self._text(table, place, "id", None),
            kind=Kind(kind),
            title=self._text(table, place, "title", None),
            minutes=self._number(table.get("minutes", 1), f"{place}.minutes"),
            clock=self._text(table, place, "clock", "calendar"),
            owner=self._text(table, place, "owner", "assignee"),
            text=self._text(table, place, "text"),
            ends=ends,
            next=self._text(table, place, "next"),
            late=self._text(table, place, "late"),
        )

    def _word(self, value: object, place: str, known: type[Kind] | type[End]) -> Any:
        if isinstance(value, str) and value in set(known):
            return known(value)
        if value != "":
            near = difflib.get_close_matches(str(value)[:40], [one.value for one in known], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self._wrong(place, f"{str(value)[:40]!r} is none of {', '.join(known)}{hint}")
        return None


def write(playbook: Playbook) -> str:
    """A playbook as TOML; `read` gives the same playbook from it, and writing that gives the same text."""
    lines = [f"id = {said(playbook.id)}", f"name = {said(playbook.name)}"]
    if playbook.description:
        lines.append(f"description = {said(playbook.description)}")
    lines.append(f"order = {playbook.order}")
    if not playbook.enabled:
        lines.append("enabled = false")
    if playbook.default:
        lines.append(f"default = {said(playbook.default)}")
    lines += ["", *when_lines(msgspec.to_builtins(playbook.when))]
    for path in playbook.paths:
        lines += ["", "[[paths]]", f"id = {said(path.id)}", f"name = {said(path.name)}"]
        if path.severity:
            lines.append(f"severity = {said(list(path.severity))}")
        for step in path.steps:
            lines += ["", "[[paths.steps]]", *_step_lines(step)]
    return "\n".join(lines) + "\n"


def _step_lines(step: Step) -> Iterable[str]:
    yield f"id = {said(step.id)}"
    yield f"kind = {said(step.kind.value)}"
    yield f"title = {said(step.title)}"
    yield f"minutes = {step.minutes}"
    for name, usual in (
        ("clock", "calendar"),
        ("owner", "assignee"),
        ("text", ""),
        ("next", ""),
        ("late", ""),
    ):
        value = getattr(step, name)
        if value != usual:
            yield f"{name} = {said(value)}"
    if step.ends != USUAL[step.kind]:
        yield f"ends = {said([one.value for one in step.ends])}"
