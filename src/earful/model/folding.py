"""Text without the difference of capitals, the same in Python and in both databases.

Each character becomes one character (Unicode's simple case folding), so nothing changes its length and "ß" is not
"ss". PostgreSQL and SQLite fold differently from Python and from each other, so neither is asked to: SQLite is given
`fold` itself, PostgreSQL only the characters that could matter (`variants`).
"""

from collections import defaultdict
from functools import cache, lru_cache

CASED = 0x20000
"""No character from here on has a case."""


def _folded(char: str) -> str:
    for candidate in (char.casefold(), char.lower()):
        if len(candidate) == 1:
            return candidate
    return char


@cache
def _tables() -> tuple[dict[int, str], dict[str, str]]:
    """What each character folds to, and the others that fold to each."""
    folds: dict[int, str] = {}
    others: dict[str, str] = defaultdict(str)
    for code in range(CASED):
        char = chr(code)
        folded = _folded(_folded(char))
        if folded != char:
            folds[code] = folded
            others[folded] += char
    return folds, dict(others)


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """The text with every character folded; as long as before."""
    return text.lower() if text.isascii() else text.translate(_tables()[0])


@lru_cache(maxsize=1024)
def variants(folded: str) -> tuple[str, str]:
    """Two strings of equal length: characters that fold to one of `folded`, and to which.

    A text in which the first are replaced by the second contains `folded` exactly when its folding does.
    """
    others = _tables()[1]
    pairs = [(other, char) for char in dict.fromkeys(folded) for other in others.get(char, "")]
    return "".join(other for other, _ in pairs), "".join(char for _, char in pairs)
