"""Near duplicates: copypasta, retweets and floods of quotes find their group as they arrive.

One-permutation MinHash of the runs of three words, 64 values, in 16 bands of 4 (Li, Owen and Zhang, 2012; Broder,
1997). Two texts are near duplicates when at least `SAME` of their values agree, an estimate of the share of runs
that they have in common. The memory of one message is fixed, and only the newest `room` messages are remembered.
"""

import numpy as np
from numpy.typing import NDArray

from earful.triage.chars import chars
from earful.triage.compiled import compiled
from earful.triage.kernel import HANDLE_TOKEN, LINK_TOKEN, SIGN_TOKEN, STOP_TOKEN, mix, pack_texts, room, scan

VALUES, BANDS = 64, 16
_ROWS = VALUES // BANDS
SAME = 0.7
FEWEST_WORDS = 4
"""Shorter texts ("thanks!") are alike without being copies: they have no group."""
ROOM = 1 << 17
"""Messages remembered by default: about 60 MB."""
_FULL, _EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF), np.int64(-1)
_TURN = np.uint64(0x9E3779B97F4A7C15)


@compiled
def _sketch(count, words, values):
    """Fill `values` with the MinHash of one text's words; returns False for a text that is too short.

    Handles, links, stops and signs do not count, nor does the RT in front: a retweet is its original.
    """
    hashes, _, _, kinds = words
    values[:] = _FULL
    before, last, seen = np.uint64(0), np.uint64(0), 0
    for word in range(count):
        kind = kinds[word]
        if kind in (HANDLE_TOKEN, LINK_TOKEN, STOP_TOKEN, SIGN_TOKEN):
            continue
        run = mix(hashes[word] + last * np.uint64(3) + before * np.uint64(7))
        before, last = last, hashes[word]
        seen += 1
        if seen < 3:
            continue
        slot = np.int64(run >> np.uint64(58))
        values[slot] = min(values[slot], run & np.uint64(0x03FFFFFFFFFFFFFF))
    if seen < FEWEST_WORDS:
        return False
    _densify(values)
    return True


@compiled
def _densify(values):
    """Fill empty values from their neighbours (Shrivastava and Li, 2014), so that they can be compared."""
    source = -1
    for at in range(VALUES):
        if values[at] != _FULL:
            source = at
            break
    carried, far = values[source], np.uint64(0)
    for step in range(VALUES):
        at = (source + step) % VALUES
        if values[at] != _FULL:
            carried, far = values[at], np.uint64(0)
        else:
            far += np.uint64(1)
            values[at] = carried + far * _TURN


@compiled
def _place(codes, starts, table, sketches, heads, groups, state, out):
    """Find or found the group of each text. `state`: messages so far."""
    longest, capacity = 0, len(groups)
    for text in range(len(starts) - 1):
        longest = max(longest, starts[text + 1] - starts[text])
    words, letters, spans, _, _ = room(longest)
    values = np.empty(VALUES, np.uint64)
    mask = np.uint64(heads.shape[1] - 1)
    for text in range(len(starts) - 1):
        number = state[0]
        state[0] += 1
        out[text] = -1
        count, _, _ = scan(codes, starts[text], starts[text + 1], table, words, letters, spans)
        place = number % capacity
        groups[place] = -1
        if not _sketch(count, words, values):
            continue
        best, most = -1, np.int64(SAME * VALUES)
        for band in range(BANDS):
            key = np.uint64(band)
            for at in range(band * _ROWS, (band + 1) * _ROWS):
                key = mix(key * _TURN + values[at])
            slot = np.int64(key & mask)
            other = heads[band, slot]
            # Only the newest of a band's slot is looked at: constant time, and copies come close together.
            if other >= 0 and number - other < capacity and groups[other % capacity] >= 0:
                alike = 0
                for at in range(VALUES):
                    alike += sketches[other % capacity, at] == np.uint32(values[at] & np.uint64(0xFFFFFFFF))
                if alike >= most:
                    best, most = other, alike + 1
            heads[band, slot] = number
        group = groups[best % capacity] if best >= 0 else number
        groups[place] = group
        out[text] = group
        for at in range(VALUES):
            sketches[place, at] = np.uint32(values[at] & np.uint64(0xFFFFFFFF))


class Groups:
    """The newest messages' sketches. `place` gives each text the number of its group's first message, counted
    from 0 as they were placed; None for a text too short to be compared."""

    def __init__(self, room: int = ROOM) -> None:
        slots = 1 << max(10, (2 * room - 1).bit_length())
        self._sketches = np.zeros((room, VALUES), np.uint32)
        self._heads = np.full((BANDS, slots), _EMPTY, np.int64)
        self._groups = np.full(room, -1, np.int64)
        self._state = np.zeros(1, np.int64)

    def place(self, texts: list[str]) -> list[int | None]:
        """Groups of texts, in order; linear in the text."""
        return [None if group < 0 else group for group in self.place_all(texts).tolist()]

    def place_all(self, texts: list[str]) -> NDArray[np.int64]:
        """As `place`, with -1 for none."""
        codes, starts = pack_texts(texts)
        out = np.empty(len(texts), np.int64)
        _place(codes, starts, tuple(chars()), self._sketches, self._heads, self._groups, self._state, out)
        return out
