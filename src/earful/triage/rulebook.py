"""The phrases of the rules, read from `phrasebooks/` once."""

from functools import cache
from pathlib import Path

from earful.triage.phrases import Phrasebook

_FILES = ("en.txt", "eu.txt", "cues.txt")


@cache
def sections() -> tuple[dict[str, tuple[str, ...]], ...]:
    """The shipped phrases by label, a table a file. Raises ValueError for a file that is malformed."""
    folder = Path(__file__).parent / "phrasebooks"
    return tuple(table((folder / name).read_text("utf-8")) for name in _FILES)


@cache
def phrasebook() -> Phrasebook:
    """All shipped phrases, compiled; immutable. Raises ValueError for a phrase that is malformed."""
    return Phrasebook(*sections())


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Phrases by label: `[label]` opens a section, then one phrase a line; empty lines, and lines
    with `# ` before the first section, are comments.

    Raises ValueError for a phrase before the first section.
    """
    found: dict[str, list[str]] = {}
    label = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            label = stripped.strip("[]")
        elif stripped and not (stripped == "#" or (stripped.startswith("# ") and not label)):
            if not label:
                raise ValueError(f"line {number}: {stripped!r} stands before any [label]")
            found.setdefault(label, []).append(stripped)
    return {name: tuple(phrases) for name, phrases in found.items()}
