"""Features of many texts at once, for training."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earful.triage.chars import chars
from earful.triage.compiled import compiled
from earful.triage.kernel import Hashes, Ints, emit, pack_texts, room, scan
from earful.triage.lexicon import lexicon
from earful.triage.match import match
from earful.triage.phrases import Found, Phrasebook
from earful.triage.score import FINDS_MOST

NO_PHRASES = Phrasebook({})


class Features(NamedTuple):
    """The features of a batch, row after row: text i has `rows[starts[i]:starts[i + 1]]` with their values."""

    rows: NDArray[np.int32]
    values: NDArray[np.float32]
    starts: Ints


@compiled
def _extract(codes, starts, table, ours, our_starts, groups, signs, book, mask, runs):
    longest, total = 0, 0
    for text in range(len(starts) - 1):
        longest = max(longest, starts[text + 1] - starts[text])
    words, letters, spans, rows, owners = room(longest)
    finds = np.empty((FINDS_MOST, 6), np.int32)
    size = 0
    for text in range(len(starts) - 1):
        # As much as `room` gives to one text, but for phrases a fair share.
        size += (starts[text + 1] - starts[text]) * 24 + 64
    out, values, places, used = np.empty(size, np.int32), np.empty(size, np.float32), np.zeros_like(starts), 0
    for text in range(len(starts) - 1):
        counts = scan(codes, starts[text], starts[text + 1], table, words, letters, spans)
        found = match(0, counts[0], words, book, finds, 0, FINDS_MOST)
        own = ours[our_starts[text] : our_starts[text + 1]]
        front, back = emit(
            *counts, words, letters, spans, own, groups, signs, finds[:found], mask, rows, owners
        )
        for at in range(front):
            out[used], values[used] = rows[at], 1.0 / np.sqrt(front)
            used += 1
        for at in range(len(rows) - back, len(rows)):
            out[used], values[used] = rows[at], runs / np.sqrt(back)
            used += 1
        places[text + 1] = used
    return out[:used].copy(), values[:used].copy(), places


def extract(
    texts: list[str],
    bits: int,
    runs: float,
    *,
    book: Phrasebook = NO_PHRASES,
    ours: list[Hashes] | None = None,
) -> Features:
    """Features in a table of 2**`bits` rows. `ours[i]` are the hashes of our own names in text i, which carry no
    mood; `runs` is what runs of characters weigh against words."""
    nothing = np.empty(0, np.uint64)
    own = ours if ours is not None else [nothing] * len(texts)
    places = np.zeros(len(own) + 1, np.int64)
    np.cumsum([len(one) for one in own], out=places[1:])
    flat = np.concatenate([*own, nothing])
    return Features(
        *_extract(
            *pack_texts(texts), tuple(chars()), flat, places, tuple(lexicon()), book.signs, tuple(book.book),
            np.uint64((1 << bits) - 1), np.float32(runs),
        )
    )  # fmt: skip


@compiled
def _find(codes, starts, table, book, finds):
    words, letters, spans, _, _ = room(len(codes))
    count, _, _ = scan(codes, starts[0], starts[1], table, words, letters, spans)
    return match(0, count, words, book, finds, 0, FINDS_MOST)


def find(book: Phrasebook, text: str) -> list[Found]:
    """The phrases of one text, near misses applied."""
    finds = np.empty((FINDS_MOST, 6), np.int32)
    found = _find(*pack_texts([text]), tuple(chars()), tuple(book.book), finds)
    return book.resolve([row[1:] for row in finds[:found].tolist()])


def pick(features: Features, places: NDArray[np.int64]) -> Features:
    """The features of some texts."""
    lengths = np.diff(features.starts)[places]
    starts = np.zeros(len(places) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    index = np.repeat(features.starts[:-1][places] - starts[:-1], lengths) + np.arange(starts[-1])
    return Features(features.rows[index], features.values[index], starts)


def join(first: Features, second: Features) -> Features:
    """The features of two batches, one after the other."""
    return Features(
        np.concatenate([first.rows, second.rows]),
        np.concatenate([first.values, second.values]),
        np.concatenate([first.starts, second.starts[1:] + first.starts[-1]]),
    )
