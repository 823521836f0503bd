"""Texts of steps and the variables in them. Pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

LONGEST = 500
"""Characters of a text, so that every network takes it."""

VARIABLES: Mapping[str, tuple[str, str]] = {
    "first_name": ("the customer's first name, or `there`", "there"),
    "name": ("the customer's whole name", "there"),
    "handle": ("the account that wrote, as its network writes it", ""),
    "order_number": ("the order number that the customer wrote last", "[order number]"),
    "topic": ("what the case is about, such as delivery", "this"),
    "network": ("where the customer wrote", ""),
    "case_number": ("the number of the case", ""),
    "agent": ("whoever puts the text into a reply", ""),
    "agent_first_name": ("their first name", ""),
    "brand": ("our name", ""),
}
"""Variable -> what it stands for, and what is written where it is not known."""
_MARK = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def problem(text: str) -> str | None:
    """Why a text cannot be used, with the place in it; None when it can."""
    if len(text) > LONGEST:
        return f"has {len(text)} characters; {LONGEST} is the most that every network takes"
    for found in _MARK.finditer(text):
        name = found.group(1)
        if name not in VARIABLES:
            near = get_close_matches(name[:40], VARIABLES, 1)
            hint = f"; did you mean {{{{{near[0]}}}}}?" if near else f"; there are {', '.join(VARIABLES)}"
            return f"character {found.start() + 1}: there is no variable {{{{{name[:40]}}}}}{hint}"
    rest = _MARK.sub(lambda found: " " * len(found.group()), text)
    for mark in ("{{", "}}"):
        if mark in rest:
            return (
                f"character {rest.index(mark) + 1}: {mark} belongs to no variable; write {{{{first_name}}}}"
            )
    return None


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables; one that has no value is written as the table of variables says."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        return values.get(name) or VARIABLES.get(name, ("", ""))[1]

    return _MARK.sub(value, text)
