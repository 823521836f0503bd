"""What a code point is and what it is read as, as tables for the kernel.

Classes come from the Unicode character database that Python carries; reading folds case, accents, full width
and mathematical styles, one code point for one, so that offsets stay true.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPACE, LETTER, DIGIT, APOSTROPHE, STOP, AT, HASH, MONEY, SIGN, MARK, IDEOGRAPH, SKIP, LINE, HYPHEN = range(14)
"""MARK is punctuation that says little; SIGN is an emoji or another symbol; SKIP is invisible."""

PLANE = 0x10000
STYLED, STYLED_END = 0x1D400, 0x1D800
"""Mathematical letters, which people use to look bold."""
EMOJI, EMOJI_END = 0x1F000, 0x20000
_LATIN_END = 0x250
_LETTERS = {"ß": "s", "ø": "o", "æ": "a", "đ": "d", "ł": "l", "ı": "i", "œ": "o", "þ": "t", "ð": "d"}
_MIXED = ((0x0000, 0x33FF), (0xF900, 0xFFFF))
"""Looked at one by one; between them, whole blocks are alike."""
_BLOCKS = ((0x3400, 0x9FFF, IDEOGRAPH), (0xD800, 0xDFFF, SKIP), (0xE000, 0xF8FF, SPACE))
_IDEOGRAPHS = ((0x0E00, 0x0EFF), (0x3040, 0x30FF), (0x3400, 0x9FFF))
"""Writing without spaces: Thai, Lao, kana, Han. Each character counts as a word."""


class Chars(NamedTuple):
    """`kinds[c]` is the class and `folds[c]` the reading of a code point under `PLANE`; `styled[c - STYLED]` of
    the styled ones."""

    kinds: NDArray[np.uint8]
    folds: NDArray[np.uint32]
    styled: NDArray[np.uint32]


@cache
def chars() -> Chars:
    """The tables, made once."""
    kinds = np.full(PLANE, LETTER, np.uint8)
    folds = np.arange(PLANE, dtype=np.uint32)
    for first, last, kind in _BLOCKS:
        kinds[first : last + 1] = kind
    for first, last in _MIXED:
        kinds[first : last + 1] = [_kind(chr(code)) for code in range(first, last + 1)]
        folds[first : last + 1] = [fold(chr(code)) for code in range(first, last + 1)]
    styled = [fold(unicodedata.normalize("NFKC", chr(code))[0]) for code in range(STYLED, STYLED_END)]
    return Chars(kinds, folds, np.array(styled, np.uint32))


def _kind(char: str) -> int:  # noqa: C901, PLR0911  (a table in words)
    code, category = ord(char), unicodedata.category(char)
    if char in "\n\r\u2028\u2029":
        return LINE
    if char in "'’‘`´ʼ":
        return APOSTROPHE
    if char in "-‐‑":
        return HYPHEN
    if char in ".!?…。！？؟।":
        return STOP
    if char in "@＠":
        return AT
    if char in "#＃":
        return HASH
    if category == "Sc":
        return MONEY
    if category in ("Cf", "Cs") or 0xFE00 <= code <= 0xFE0F or 0x300 <= code < 0x370:
        return SKIP
    if category[0] in "ZC":
        return SPACE
    if category[0] == "N":
        return DIGIT
    if category == "So":
        return SIGN
    if category[0] in "PS":
        return MARK
    return IDEOGRAPH if any(first <= code <= last for first, last in _IDEOGRAPHS) else LETTER


def fold(char: str) -> int:
    """The code point that a character is read as."""
    low = char.lower()[0]
    code = ord(low)
    if code < 128 or not low.isprintable():
        return code
    if unicodedata.category(low)[0] == "N":
        return ord("0")
    if low in "。…":
        return ord(".")
    if low in "！？؟":
        return ord("!") if low == "！" else ord("?")
    if code < _LATIN_END or 0x1E00 <= code < 0x2000 or 0xFF00 <= code < 0xFF5F:
        return ord(_LETTERS.get(low) or unicodedata.normalize("NFKD", low)[0].lower())
    return code
