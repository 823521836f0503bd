"""Keys that a colleague chose for commands: what can be chosen, and what would clash. Pure."""

import re
from collections.abc import Mapping

from msgspec import Struct

from earful.web.shortcuts import SHORTCUTS

STANDARD: Mapping[str, str] = {one.id: one.keys for one in SHORTCUTS}
LABELS: Mapping[str, str] = {one.id: one.label for one in SHORTCUTS}
ALONE = frozenset({"Enter", "Escape"})
"""They press and leave what has the focus, in every page of every program."""
FIXED = frozenset(command for command, keys in STANDARD.items() if keys.startswith("mod+") or keys in ALONE)
"""Commands whose keys stay as they are: they work in text fields too, or press what has the focus."""
RESERVED = frozenset(
    {
        "Tab", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "Insert", "ContextMenu",
        "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", *ALONE, *(f"F{n}" for n in range(1, 13)),
    }
)  # fmt: skip
"""Browsers and screen readers need them."""
SPACE, SPACE_FOR = "Space", "next-case"
"""Space scrolls and presses buttons; only "what next" may have it, and only where it does neither."""


class OwnKeys(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one colleague changed. `keys`: command -> keys, empty for none. `letters`: whether single letters do
    anything at all (WCAG 2.1.4)."""

    keys: dict[str, str] = {}
    letters: bool = True

    def of(self, command: str) -> str:
        """The keys of a command; empty for none."""
        keys = self.keys.get(command, STANDARD.get(command, ""))
        return keys if self.letters or command in FIXED else ""

    def chosen(self, command: str) -> str:
        """The keys that a command has while letters are on."""
        return self.keys.get(command, STANDARD.get(command, ""))


def read(typed: str) -> str:
    """Keys as they are kept: one, or two after each other with a blank between."""
    return SPACE if typed == " " else " ".join(typed.split())


def problem(own: OwnKeys, command: str, keys: str) -> str | None:
    """Why a command cannot have these keys; None when it can. Empty keys are fine: the command has none then."""
    if command not in STANDARD:
        return "There is no such command."
    if command in FIXED:
        return f"{STANDARD[command].replace('mod+', 'Ctrl ')} stays as it is: it works in text fields too."
    return (_cannot_be_pressed(command, keys) or _clash(own, command, keys)) if keys else None


def _cannot_be_pressed(command: str, keys: str) -> str | None:
    pressed = keys.split(" ")
    if len(pressed) > 2:
        return "At most two keys, one after the other."
    if SPACE in pressed and (keys != SPACE or command != SPACE_FOR):
        return "Space scrolls and presses buttons; only “What next” can have it."
    for key in pressed:
        if key in RESERVED or "+" in key[:-1]:
            return f"{key} belongs to the browser, or moves the focus; choose another key."
        if key != SPACE and not re.fullmatch(r"[^\s\x00-\x1f]", key):
            return f"{key} is not a key that can be pressed here; write a letter, a digit or a sign."
    return None


def _clash(own: OwnKeys, command: str, keys: str) -> str | None:
    for other in STANDARD:
        taken = own.chosen(other)
        if other == command or not taken:
            continue
        if taken == keys:
            return f"{keys} is taken: {LABELS[other]}."
        if taken.startswith(f"{keys} ") or keys.startswith(f"{taken} "):
            return f"{keys} and {taken} ({LABELS[other]}) begin alike: one of them would never be reached."
    return None


def changed(own: OwnKeys, command: str, keys: str) -> OwnKeys:
    """The keys with one command's changed; one that is as it came is not kept."""
    rest = {name: kept for name, kept in own.keys.items() if name != command}
    return OwnKeys(keys=rest if keys == STANDARD[command] else rest | {command: keys}, letters=own.letters)
