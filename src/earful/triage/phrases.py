"""Phrases of several words, compiled for the kernel.

The language of a phrase: words apart by spaces; `a|b` either; a trailing `?` may be absent; `#` a number, in
digits or letters; `*` up to three words of any kind; `^` the start of a sentence; `@name` a handle and, after the
first word, `<handle>` any. No phrase crosses the end of a sentence. Apostrophes and hyphens inside a word do not
count: `can't` is `cant`. A phrase under `-label` is a near miss: where it overlaps a find of `label` (or of any
`label:...`), that find is dropped.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earful.triage.kernel import AMOUNT, CODE, HANDLE, MANY_DIGITS, NUMBER, Hashes, hash_words, mix
from earful.triage.match import EMPTY, GAP, PAIR_BITS, place_keys, place_members, place_pairs

_NUMBER_WORDS = """
    two three four five six seven eight nine ten eleven twelve several multiple many countless dozen dos
    tres cuatro cinco seis siete ocho nueve diez doce varias deux trois quatre cinq sept huit neuf dix
    plusieurs zwei drei vier funf sechs sieben acht neun zehn zwolf mehrere duas dois quatro sete oito
    nove dez due tre quattro cinque sei sette otto dieci twee drie vijf zes zeven negen tien
"""
NUMBER_WORDS = tuple(_NUMBER_WORDS.split())
_OPTIONAL_MOST = 6
"""Words of one phrase that may be absent; each doubles its variants."""

Part = tuple[str, ...] | None
"""The words that may stand at a place; None for a gap."""


class Found(NamedTuple):
    """A phrase in a text: what it is a sign of, and the half-open offsets of its words."""

    label: str
    start: int
    end: int


class Book(NamedTuple):
    """A phrasebook as the kernel reads it; see `earful.triage.match`."""

    slots: Hashes
    lists: NDArray[np.int64]
    variants: NDArray[np.int64]
    labels: NDArray[np.int64]
    at_start: NDArray[np.bool_]
    first_part: NDArray[np.int64]
    parts: NDArray[np.int64]
    members: Hashes
    pairs: NDArray[np.bool_]


class _Variant(NamedTuple):
    label: str
    at_start: bool
    first: tuple[str, ...]
    tail: tuple[Part, ...]


class Phrasebook:
    """An immutable set of labelled phrases. `labels[n]` is the name of label n.

    Raises ValueError for a phrase that starts or ends with a gap, has an empty choice or too many words that may
    be absent, or holds something that is not one word.
    """

    def __init__(self, *tables: Mapping[str, Iterable[str]]) -> None:
        variants = [
            variant
            for table in tables
            for label, phrases in table.items()
            for phrase in phrases
            for variant in _variants(label, phrase)
        ]
        self.labels = sorted({variant.label for variant in variants})
        self.book = _compile(variants, {label: at for at, label in enumerate(self.labels)})
        self.signs = np.array([_sign(label) for label in self.labels], np.uint64)

    def resolve(self, finds: list[list[int]]) -> list[Found]:
        """What the kernel found in one text, the longest of each label and place, near misses applied."""
        hits: dict[tuple[str, int], tuple[int, int, int]] = {}
        for label, start, end, first, last in finds:
            place = (self.labels[label], first)
            if last >= hits.get(place, (-1, 0, 0))[0]:
                hits[place] = (last, start, end)
        vetoed = {
            (label[1:], word)
            for (label, first), (last, _, _) in hits.items()
            if label[0] == "-"
            for word in range(first, last + 1)
        }
        kept = sorted((first, label, end) for (label, first), end in hits.items() if label[0] != "-")
        return [
            Found(label, start, end)
            for first, label, (last, start, end) in kept
            if not vetoed
            or not any(
                (name, word) in vetoed
                for name in (label, label.partition(":")[0])
                for word in range(first, last + 1)
            )
        ]


def _sign(label: str) -> int:
    """What stands for a label among a text's features, whatever else is in the book."""
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")


def _variants(label: str, phrase: str) -> Iterator[_Variant]:
    """The phrase with and without each word that may be absent."""
    if sum(word.endswith("?") for word in phrase.split()) > _OPTIONAL_MOST:
        raise ValueError(f"a phrase of {label!r} has too many words that may be absent: {phrase!r}")
    rows: list[tuple[Part, ...]] = [()]
    for word in phrase.split():
        part = None if word == "*" else tuple(word.rstrip("?").split("|"))
        if part is not None and "" in part:
            raise ValueError(f"an empty choice in {phrase!r}")
        rows = [(*row, part) for row in rows] + (rows if word.endswith("?") else [])
    for row in rows:
        if not row:
            continue
        if row[0] is None or row[-1] is None:
            raise ValueError(f"a phrase of {label!r} starts or ends with a gap: {phrase!r}")
        words = tuple(word for word in row[0] if word != "^")
        if words:
            yield _Variant(label, False, words, row[1:])
        if "^" in row[0]:
            if len(row) == 1 or row[1] is None:
                raise ValueError(f"nothing stands at the start of the sentence in {phrase!r}")
            yield _Variant(label, True, row[1], row[2:])


def _compile(variants: list[_Variant], labels: dict[str, int]) -> Book:
    sets: dict[tuple[str, ...], int] = {}
    for variant in variants:
        for part in variant.tail:
            if part is not None:
                sets.setdefault(part, len(sets))
    spelt = {word for part in sets for word in part} | {word for one in variants for word in one.first}
    hashes = _hashes(sorted(spelt))
    pairs = [(at, value) for part, at in sets.items() for word in part for value in hashes[word]]
    members = np.zeros(_room_for(len(pairs)), np.uint64)
    place_members(
        members,
        np.array([at for at, _ in pairs], np.int64),
        np.array([value for _, value in pairs], np.uint64),
    )
    starts: dict[int, list[int]] = {}
    parts: list[int] = []
    first_part = [0]
    for at, variant in enumerate(variants):
        for word in variant.first:
            for value in hashes[word]:
                starts.setdefault(value | 1, []).append(at)
        parts.extend(GAP if part is None else sets[part] for part in variant.tail)
        first_part.append(len(parts))
    # What stands after the first word: GAP for nothing and for a gap.
    second = [parts[first_part[at]] if variant.tail else GAP for at, variant in enumerate(variants)]
    slots = np.zeros(_room_for(len(starts)), np.uint64)
    places = place_keys(slots, np.array(list(starts), np.uint64))
    lists = np.zeros((len(slots), 3), np.int64)
    order: list[int] = []
    for place, chosen in zip(places.tolist(), starts.values(), strict=True):
        ranked = sorted(chosen, key=second.__getitem__)
        alone = sum(second[at] == GAP for at in ranked)
        lists[place] = len(order), len(order) + alone, len(order) + len(ranked)
        order.extend(ranked)
    return Book(
        slots, lists, np.array(order, np.int64), np.array([labels[one.label] for one in variants], np.int64),
        np.array([one.at_start for one in variants], np.bool_), np.array(first_part, np.int64),
        np.array(parts, np.int64), members, _pairs(variants, hashes),
    )  # fmt: skip


def _pairs(variants: list[_Variant], hashes: Mapping[str, tuple[int, ...]]) -> NDArray[np.bool_]:
    """The words with which phrases start, two by two."""
    known = {(one.first, one.tail[0]) for one in variants if one.tail and one.tail[0] is not None}
    rows = [
        (before, after)
        for first, part in known
        for word in first
        for before in hashes[word]
        for other in part or ()
        for after in hashes[other]
    ]
    pairs = np.zeros(1 << PAIR_BITS, np.bool_)
    both = np.array(rows, np.uint64).reshape(-1, 2)
    place_pairs(pairs, both[:, 0].copy(), both[:, 1].copy())
    return pairs


def _mixed(value: Any) -> int:
    with np.errstate(over="ignore"):
        return int(mix.py_func(value))  # type: ignore[no-untyped-call]


def _room_for(count: int) -> int:
    """Slots of a table that is at most half full."""
    return 1 << max(4, (2 * count).bit_length())


def _hashes(words: list[str]) -> dict[str, tuple[int, ...]]:
    """The hashes that each word of a phrase stands for."""
    plain = [word for word in words if word not in ("#", "<handle>")]
    # Called as plain Python: to compile it for seven numbers would take longer than all phrases together.
    found: dict[str, tuple[int, ...]] = {"<handle>": (_mixed(HANDLE),)}
    for word, values in zip(plain, hash_words(plain), strict=True):
        if len(values) != 1:
            raise ValueError(f"{word!r} is not one word")
        found[word] = (int(values[0]),)
    classes: list[Any] = [NUMBER, MANY_DIGITS, CODE, AMOUNT]
    found["#"] = tuple(
        [_mixed(one) for one in classes] + [int(one[0]) for one in hash_words(list(NUMBER_WORDS))]
    )
    return found


assert EMPTY == 0  # noqa: S101  (tables of zeros are empty)
