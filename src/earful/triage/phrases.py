"""Find phrases of several words in one pass: an index of first words, with bounded gaps.

The language of a phrase: words apart by spaces; `a|b` either; a trailing `?` may be absent; `#` a number, in
digits or letters; `*` up to three words of any kind; `^` the start of a sentence. No phrase crosses the end
of a sentence. A phrase under `-label` is a near miss: where it overlaps a find of `label`
(or of any `label:...`), that find is dropped.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from earful.triage.tokens import END, HANDLE, MONEY, NUMBER, NUMBER_WORDS, Tokens, fold

_GAP = 3


class Found(NamedTuple):
    """A phrase in a text: what it is a sign of, and the half-open offsets of its words."""

    label: str
    start: int
    end: int


_Part = frozenset[str] | None
"""The words that may stand at a place; None for a gap."""
_Tail = tuple[str, tuple[_Part, ...]]
_Index = dict[str, dict[str, list[_Tail]]]


class Phrasebook:
    """An immutable set of labelled phrases, indexed by their first two words.

    Raises ValueError for a phrase that starts or ends with a gap, or has an empty choice.
    """

    def __init__(self, *tables: Mapping[str, tuple[str, ...]]) -> None:
        self._anywhere: _Index = {}
        self._at_start: _Index = {}
        for table in tables:
            for label, phrases in table.items():
                for phrase in phrases:
                    self._add(label, phrase)

    def _add(self, label: str, phrase: str) -> None:
        for parts in _variants(phrase):
            first = parts[0]
            if first is None or parts[-1] is None:
                raise ValueError(f"a phrase of {label!r} starts or ends with a gap: {phrase!r}")
            if "^" in first:
                _put(self._at_start, label, parts[1:])
            if first != {"^"}:
                _put(self._anywhere, label, (first - {"^"}, *parts[1:]))

    def find(self, tokens: Tokens) -> list[Found]:
        """All finds in order of their start, near misses applied. Linear in the words."""
        padded = [*tokens.words, END]
        hits: dict[tuple[str, int], int] = {}
        anywhere, at_start, fresh = self._anywhere, self._at_start, True
        for at, word in enumerate(tokens.words):
            if word in anywhere:
                _try(anywhere[word], padded, at, hits)
            if fresh:
                if word in at_start:
                    _try(at_start[word], padded, at, hits)
                fresh = word in (HANDLE, END)
            elif word == END:
                fresh = True
        if not hits:
            return []
        kept = _without_near_misses(hits)
        return [Found(label, tokens.starts[at], tokens.ends[last]) for (label, at), last in kept]


_NUMERIC = (NUMBER, MONEY, *sorted(NUMBER_WORDS))


def _put(index: _Index, label: str, parts: tuple[_Part, ...]) -> None:
    second: _Part = frozenset({""}) if len(parts) == 1 else parts[1]
    tail = (label, parts[1:] if second is None else parts[2:])
    for one in parts[0] or ():
        seconds = index.setdefault(one, {})
        for two in ("*",) if second is None else second:
            seconds.setdefault(two, []).append(tail)


def _try(
    seconds: dict[str, list[_Tail]], words: list[str], at: int, hits: dict[tuple[str, int], int]
) -> None:
    second = words[at + 1]
    if second in seconds:
        _keep(seconds[second], words, at, at + 2, hits)
    if "" in seconds:
        _keep(seconds[""], words, at, at + 1, hits)
    if "*" in seconds:
        _keep(seconds["*"], words, at, at + 1, hits)


def _keep(
    tails: list[_Tail], words: list[str], first: int, at: int, hits: dict[tuple[str, int], int]
) -> None:
    for label, parts in tails:
        end = _match(parts, 0, words, at) if parts else at
        if end > 0:
            hits[label, first] = max(end - 1, hits.get((label, first), 0))


def _match(parts: tuple[_Part, ...], done: int, words: list[str], at: int) -> int:
    """The index after the last word matched, or -1."""
    for place in range(done, len(parts)):
        part = parts[place]
        if part is None:
            return _match_gap(parts, place + 1, words, at)
        if at >= len(words):
            return -1
        word = words[at]
        if word not in part:
            return -1
        at += 1
    return at


def _match_gap(parts: tuple[_Part, ...], done: int, words: list[str], at: int) -> int:
    for ahead in range(at, min(at + _GAP + 1, len(words))):
        end = _match(parts, done, words, ahead)
        if end > 0:
            return end
        if words[ahead] == END:
            break
    return -1


def _variants(phrase: str) -> Iterator[tuple[_Part, ...]]:
    """The phrase with and without each optional part."""
    rows: list[tuple[_Part, ...]] = [()]
    for word in phrase.split():
        part = None if word == "*" else _choices(word.rstrip("?"))
        if part is not None and "" in part:
            raise ValueError(f"an empty choice in {phrase!r}")
        rows = [(*row, part) for row in rows] + (rows if word.endswith("?") else [])
    yield from (row for row in rows if row)


def _choices(word: str) -> frozenset[str]:
    # Numbers are spelt out here, once, so that finding asks only whether a word is in a set.
    options = {fold(one) for one in word.split("|")}
    return frozenset(options.union(_NUMERIC) - {"#"} if "#" in options else options)


def _without_near_misses(hits: dict[tuple[str, int], int]) -> list[tuple[tuple[str, int], int]]:
    """Drop what a near miss overlaps. By word, not by pair: linear in the finds."""
    vetoed = {
        (label[1:], word)
        for (label, first), last in hits.items()
        if label[0] == "-"
        for word in range(first, last + 1)
    }
    rows = sorted((row for row in hits.items() if row[0][0][0] != "-"), key=_place)
    if not vetoed:
        return rows
    return [
        (place, last)
        for place, last in rows
        if not any(
            (name, word) in vetoed
            for name in (place[0], place[0].partition(":")[0])
            for word in range(place[1], last + 1)
        )
    ]


def _place(row: tuple[tuple[str, int], int]) -> tuple[int, str]:
    return row[0][1], row[0][0]
