"""What a macro is, what its text says for a case, and its form as TOML. Pure."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field

from earful.desk.outcomes.texts import LANGUAGES, VARIABLES
from earful.model.desk import Role, Status

USABLE = frozenset({"name", "first_name", "handle", "network", "case", "agent", "brand"})
"""Variables of `VARIABLES` that a macro can use."""
TITLE, TEXT, TAG = 80, 5_000, 40
TAGS, MOST, IMPORT = 10, 500, 1_000_000
SNOOZE_HOURS = 24 * 90
_VARIABLE = re.compile(r"\{([^{}\n]{0,40})\}")


class InvalidMacroError(ValueError):
    """A macro cannot be kept; the message says what and where."""


class Visibility(StrEnum):
    """Who can use it."""

    MINE = "mine"
    ROLE = "role"
    """Everybody of one role, and of those above."""
    ALL = "all"


class Actions(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a macro does beside its text."""

    tags: list[str] = []
    assign: str = ""
    """`me`, `nobody`, the id of a colleague, or empty."""
    status: str = ""
    """`open`, `waiting` or empty."""
    snooze_hours: int = 0
    """Hours until it comes back; 0 for none."""

    @property
    def any(self) -> bool:
        """Whether it does anything."""
        return self != Actions()


class Macro(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A macro as people write it. `texts`: language -> text; English, else the first, stands in for others."""

    title: str
    texts: dict[str, str] = {}
    visibility: Visibility = Visibility.MINE
    role: Role = Role.AGENT
    actions: Actions = field(default_factory=Actions)


def check(macro: Macro) -> Macro:
    """The macro with blanks trimmed and empty texts left out. Raises InvalidMacroError, naming the place."""
    title = " ".join(macro.title.split())
    if not 1 <= len(title) <= TITLE:
        raise InvalidMacroError(f"Give the macro a title of 1 to {TITLE} characters.")
    texts = {tongue: text.strip() for tongue, text in macro.texts.items() if text.strip()}
    for tongue, text in texts.items():
        if tongue not in LANGUAGES:
            raise InvalidMacroError(f"There is no text in {tongue!r}; write one of: {', '.join(LANGUAGES)}.")
        if len(text) > TEXT:
            raise InvalidMacroError(f"Text {tongue}: at most {TEXT} characters.")
        check_variables(text, tongue)
    actions = macro.actions
    if not texts and not actions.any:
        raise InvalidMacroError("Write a text, or choose something that the macro does.")
    if len(actions.tags) > TAGS or any(not 1 <= len(tag) <= TAG for tag in actions.tags):
        raise InvalidMacroError(f"At most {TAGS} tags of 1 to {TAG} characters.")
    if actions.status not in ("", Status.OPEN, Status.WAITING):
        raise InvalidMacroError("A macro sets the status to open or waiting; closing needs an outcome.")
    if not 0 <= actions.snooze_hours <= SNOOZE_HOURS:
        raise InvalidMacroError(f"A macro snoozes for 1 to {SNOOZE_HOURS} hours.")
    return msgspec.structs.replace(macro, title=title, texts=texts)


def check_variables(text: str, place: str) -> None:
    """Raises InvalidMacroError for the first variable that there is not, with its line and column."""
    for found in _VARIABLE.finditer(text):
        name = found.group(1)
        if name in USABLE:
            continue
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        names = ", ".join(f"{{{one}}}" for one in VARIABLES if one in USABLE)
        raise InvalidMacroError(
            f"Text {place}, line {line}, column {column}: {{{name}}} is not a variable here; there are {names}."
        )


def text_for(texts: Mapping[str, str], language: str) -> str:
    """The text of a language, else English, else the first that there is; empty for none."""
    return texts.get(language[:2].lower()) or texts.get("en") or next(iter(texts.values()), "")


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables; one without a value is a gap that has to be filled before sending."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in USABLE:
            return found.group()
        return values.get(name, "").strip() or f"[[{name.replace('_', ' ')}]]"

    return _VARIABLE.sub(value, text)


def matching(titles: Iterable[tuple[str, str, int]], query: str) -> list[str]:
    """Ids of (id, words, uses) that have every word of the query, those that begin with it first, then by use."""
    asked = query.casefold().split()
    found = [
        (not words.casefold().startswith(query.casefold()), -uses, words.casefold(), macro_id)
        for macro_id, words, uses in titles
        if all(word in words.casefold() for word in asked)
    ]
    return [macro_id for *_, macro_id in sorted(found)]


def dump(macros: Iterable[Macro]) -> str:
    """Macros as TOML, in the shape that `loads` takes."""
    lines: list[str] = []
    for macro in macros:
        lines += [
            "[[macro]]",
            f"title = {_quoted(macro.title)}",
            f"visibility = {_quoted(macro.visibility.value)}",
        ]
        if macro.visibility is Visibility.ROLE:
            lines.append(f"role = {_quoted(macro.role.value)}")
        if macro.texts:
            lines.append("[macro.texts]")
            lines += [f"{tongue} = {_quoted(text)}" for tongue, text in macro.texts.items()]
        if macro.actions.any:
            lines.append("[macro.actions]")
            for name, value in msgspec.to_builtins(macro.actions).items():
                shown = _quoted(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                lines.append(f"{name} = {shown}")
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def loads(text: str) -> list[Macro]:
    """Macros from TOML, all or none. Raises InvalidMacroError, which names the macro or the line and column."""
    if len(text) > IMPORT:
        raise InvalidMacroError(f"The file is longer than {IMPORT:,} characters.")
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidMacroError(f"This is not TOML: {error}.") from error
    listed = data.get("macro")
    if not isinstance(listed, list) or not listed or len(data) > 1:
        raise InvalidMacroError("Expected one or more tables [[macro]] and nothing else.")
    if len(listed) > MOST:
        raise InvalidMacroError(f"At most {MOST} macros at once.")
    found = []
    for at, one in enumerate(listed, 1):
        try:
            found.append(check(msgspec.convert(one, Macro)))
        except (msgspec.ValidationError, InvalidMacroError) as error:
            raise InvalidMacroError(f"Macro {at}: {error}") from error
    return found
