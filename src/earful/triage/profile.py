"""A brand's profile as a file: TOML in and out, for people, pages and commands alike."""

import json
import re
import tomllib
from typing import Any

from earful.triage.subject import Brand

LISTS = ("names", "handles", "products", "campaigns", "competitors", "words_that_fool", "domains")
"""The lists of a profile, in the order in which they are written."""
ENTRIES_MOST = 500
ENTRY_MOST = 100
_DOMAIN = re.compile(r"(?:[^\s./:@]+\.)+[^\s./:@]{2,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class InvalidProfileError(ValueError):
    """The profile cannot be read; the message names the key, and the line where it is known."""


def read_brand(toml_text: str) -> Brand:
    """A profile from TOML such as `names = ["Acme"]`. Raises InvalidProfileError; nothing is half read."""
    try:
        given = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProfileError(f"This is not TOML: {error}.") from error
    except RecursionError as error:
        raise InvalidProfileError("This is not a profile: it is nested too deeply.") from error
    for key in given:
        if key not in LISTS:
            raise InvalidProfileError(
                f"{_place(toml_text, key)}: there is no such list. A profile has {', '.join(LISTS)}."
            )
    return brand_of(given, toml_text)


def brand_of(given: dict[str, Any], toml_text: str = "") -> Brand:
    """A profile from its lists, each entry once, without blank ones. Raises InvalidProfileError."""
    return Brand(**{key: _entries(key, given.get(key, []), toml_text) for key in LISTS})


def _entries(key: str, value: Any, toml_text: str) -> tuple[str, ...]:
    place = _place(toml_text, key)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidProfileError(f'{place}: write a list of words in quotes, such as ["Acme", "Acme Shop"].')
    found: dict[str, str] = {}
    for one in value:
        entry = " ".join(one.split())
        if not entry:
            continue
        if _CONTROL.search(entry):
            raise InvalidProfileError(f"{place}: an entry has a character in it that cannot be kept.")
        if len(entry) > ENTRY_MOST:
            raise InvalidProfileError(f"{place}: “{entry[:20]}…” is longer than {ENTRY_MOST} letters.")
        if key == "domains" and not _DOMAIN.fullmatch(entry):
            raise InvalidProfileError(f"{place}: “{entry}” is not a domain; write it as acme.com.")
        found.setdefault(entry.casefold(), entry)
    if len(found) > ENTRIES_MOST:
        raise InvalidProfileError(f"{place}: {len(found)} entries are too many; {ENTRIES_MOST} are read.")
    return tuple(found.values())


def _place(toml_text: str, key: str) -> str:
    """`key`, with its line where the text has one that begins with it."""
    pattern = re.compile(rf"""^\s*(?:\[+\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
    for number, line in enumerate(toml_text.splitlines(), 1):
        if pattern.match(line):
            return f"`{key}` in line {number}"
    return f"`{key}`"


def write_brand(brand: Brand) -> str:
    """The TOML that `read_brand` reads; every list is there, also an empty one."""
    lines = []
    for key in LISTS:
        entries = getattr(brand, key)
        if not entries:
            lines.append(f"{key} = []")
        else:
            lines += [f"{key} = [", *(f"  {_quoted(entry)}," for entry in entries), "]"]
    return "\n".join(lines) + "\n"


def _quoted(entry: str) -> str:
    return json.dumps(entry, ensure_ascii=False)
