"""Read a reply: does the customer say that it is fixed, or that it is not; does ours only point elsewhere?

Pure and offline: phrases in English, Spanish, French, German, Portuguese, Italian and Dutch. Thanks alone confirm
nothing, nor do wishes, conditions and questions; when both readings stand, what is said last counts, because
people tell what happened in its order.
"""

import re
from enum import StrEnum
from functools import cache
from pathlib import Path

from msgspec import Struct

from earful.triage.finding import find
from earful.triage.phrases import Found, Phrasebook
from earful.triage.rulebook import table

LONGEST = 4_000
"""Characters that are read; what a mail says comes first, and what it quotes last."""
_END = re.compile(r"[.!?…。！？\n]")
_FROWN = 0.9
"""A reply that is surely this displeased confirms nothing, whatever words are in it."""


class Reading(StrEnum):
    """What a customer's reply says of the matter."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    UNCLEAR = "unclear"


class Read(Struct, frozen=True, kw_only=True):
    """A reading with the words that it rests on: half-open offsets in code points, (0, 0) without words."""

    reading: Reading
    words: str = ""
    span: tuple[int, int] = (0, 0)


class Pointing(Struct, frozen=True, kw_only=True):
    """Words of ours that send the customer elsewhere, and where: `phone`, `email`, `dm`, `form` or `link`."""

    to: str
    words: str
    span: tuple[int, int]


_UNCLEAR = Read(reading=Reading.UNCLEAR)


@cache
def _book(name: str) -> Phrasebook:
    return Phrasebook(table((Path(__file__).parent / name).read_text("utf-8")))


def read(text: str, displeased: float = 0.0) -> Read:
    """What a customer's reply says. `displeased`: the rating's probability of a negative sentiment, 0-1."""
    said = text[:LONGEST]
    finds = find(_book("replies.txt"), said)
    denials = [one for one in finds if one.label == "broken"]
    # Where both stand on the same words, the negation was the longer phrase.
    fixed = [
        one for one in finds
        if one.label == "fixed" and not _asks(said, one) and not any(_cross(one, no) for no in denials)
    ]  # fmt: skip
    if not fixed and not denials:
        return _UNCLEAR
    last = max((*fixed, *denials), key=lambda one: (one.end, -one.start))
    if last.label == "broken":
        return _as(Reading.DENIED, said, last)
    if displeased >= _FROWN and denials:
        return _UNCLEAR
    return _as(Reading.CONFIRMED, said, last)


def _as(reading: Reading, text: str, found: Found) -> Read:
    return Read(reading=reading, words=text[found.start : found.end], span=(found.start, found.end))


def _cross(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def _asks(text: str, found: Found) -> bool:
    """Whether the sentence of a find ends with a question mark."""
    end = _END.search(text, found.end)
    return end is not None and end.group() in "?？"


_LINK = re.compile(r"https?://\S+")
_LETTERS = re.compile(r"\w+")
_COURTESY = 25
"""A reply with more words of its own, apart from those that point, gives an answer too."""


def pointing(text: str, courtesy: int = _COURTESY) -> Pointing | None:
    """Where a reply of ours points, when pointing is all that it does; None when it also answers.

    A bare link counts. A reply with more than `courtesy` words beside those in sentences that point has something
    to say itself.
    """
    said = text[:LONGEST]
    finds = [one for one in find(_book("pointing.txt"), said) if one.label.startswith("to:")]
    links = list(_LINK.finditer(said))
    if any(one.label == "answer" for one in find(_book("pointing.txt"), said)):
        return None
    if finds:
        first = finds[0]
        rest = sum(
            len(_LETTERS.findall(sentence))
            for start, sentence in _sentences(said)
            if not any(start <= one.start < start + len(sentence) for one in finds)
            and not _LINK.search(sentence)
        )
        if rest > courtesy:
            return None
        words = said[first.start : first.end]
        return Pointing(to=first.label.removeprefix("to:"), words=words, span=(first.start, first.end))
    bare = len(_LETTERS.findall(_LINK.sub(" ", said)))
    if links and bare <= 3:
        return Pointing(to="link", words=links[0].group(), span=links[0].span())
    return None


def _sentences(text: str) -> list[tuple[int, str]]:
    found, start = [], 0
    for end in re.finditer(r"[.!?…]+(?=\s|$)|\n+", text):
        found.append((start, text[start : end.end()]))
        start = end.end()
    return [*found, (start, text[start:])]
