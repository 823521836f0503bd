"""Rules as TOML: read with the line and column of every mistake, written so that reading gives the same. Pure."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from earful.desk.automation import checking
from earful.desk.automation.checking import Around
from earful.desk.automation.rules import Rule
from earful.desk.toml.reading import InvalidFileError, located, parse, said, shaped, when_lines

BYTES = 500_000


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


def read(text: str, around: Around) -> tuple[Rule, ...]:
    """The rules of a file, in their order. Raises InvalidFileError, which names lines and columns."""
    found = shaped(parse(text, BYTES), _File, text).rules
    wrong = checking.check(found, around)
    if wrong:
        raise located(text, [(one.place, one.text) for one in wrong])
    return found


def write(rules: Sequence[Rule]) -> str:
    """Rules as TOML, in the shape that `read` takes."""
    return "\n".join(line for rule in rules for line in _lines(rule))


def _lines(rule: Rule) -> Iterable[str]:
    yield "[[rules]]"
    yield f"id = {said(rule.id)}"
    yield f"name = {said(rule.name)}"
    if not rule.enabled:
        yield "enabled = false"
    yield f"on = {said([one.value for one in rule.on])}"
    yield "acts = ["
    yield from (f"  {said(msgspec.to_builtins(act))}," for act in rule.acts)
    yield "]"
    yield from when_lines(rule.when, "rules.when")
    yield ""


__all__ = ["InvalidFileError", "read", "write"]
