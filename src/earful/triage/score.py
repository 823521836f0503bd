"""Score a batch with the kernel: probabilities of every head, the words that count most, and the phrases found.

A column is one label of one head. Heads that choose one label are normalised together (softmax), heads whose
labels stand alone each by itself (logistic). A workspace's learned differences are added row by row.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from earful.triage.compiled import compiled
from earful.triage.kernel import SIGN_TOKEN, WORD_TOKEN, emit, room, scan
from earful.triage.match import match
from earful.triage.model import KNOWN_BITS

FINDS_MOST = 256
"""Finds of phrases in one text; a text with more is a list of phrases."""

Floats = NDArray[np.float32]


@compiled
def score(
    codes, starts, chars, ours, lexicon, known, table, index, scales, bias, runs, deltas, where, heads, own_heat, shown, signs,
    book, out, best, tops, shares, finds, marks,
):  # fmt: skip
    """Fill `out[text, column]` with probabilities, `tops[text, shown head]` with the place of the word that
    speaks most for the label of each head in `shown` (start and end, -1 for none) and `shares` with its share of
    that label's score, `best[text, head]` with the place of the likeliest label, `finds` with (text, label, start,
    end, first word, last word), and `marks[text]` with how many digits, e-mail signs,
    known words and strange words there are. Returns the number
    of finds.

    `table[index[row], column]` is worth `scales[column]` a step; `where[row]` is the place of a row in `deltas`, or -1.
    `heads` has (first column, end, alone, heat in thousandths) for each head.
    """
    longest = 0
    for text in range(len(starts) - 1):
        longest = max(longest, starts[text + 1] - starts[text])
    words, letters, spans, rows, owners = room(longest)
    columns, base, found = out.shape[1], table.shape[1], 0
    mask, learned = np.uint64(len(index) - 1), len(deltas) > 0
    near, far = np.empty(base, np.int32), np.empty(base, np.int32)
    push = np.empty(longest + 1, np.float32)
    for text in range(len(starts) - 1):
        counts = scan(codes, starts[text], starts[text + 1], chars, words, letters, spans)
        before, found = found, match(text, counts[0], words, book, finds, found, found + FINDS_MOST)
        own = finds[before:found]
        front, back = emit(*counts, words, letters, spans, ours, lexicon, signs, own, mask, rows, owners)
        split = len(rows) - back
        by_word = np.float32(1.0 / np.sqrt(front))
        by_run = np.float32(runs / np.sqrt(max(back, 1)))
        # Most features of a text were never seen in training: drop them before they are looked up.
        front = _keep(rows, owners, 0, front, index, where, learned)
        last = _keep(rows, owners, split, len(rows), index, where, learned)
        marks[text, 2], marks[text, 3] = _known(counts[0], words, known)
        near[:] = 0
        far[:] = 0
        for at in range(front):
            if index[rows[at]] < 0:
                continue
            row = table[index[rows[at]]]
            for column in range(base):
                near[column] += row[column]
        for at in range(split, last):
            if index[rows[at]] < 0:
                continue
            row = table[index[rows[at]]]
            for column in range(base):
                far[column] += row[column]
        scores = out[text]
        for column in range(columns):
            scores[column] = bias[column]
            if column < base:
                scores[column] += scales[column] * (near[column] * by_word + far[column] * by_run)
        if learned:
            for at in range(front):
                if where[rows[at]] >= 0:
                    scores += deltas[where[rows[at]]] * by_word
            for at in range(split, last):
                if where[rows[at]] >= 0:
                    scores += deltas[where[rows[at]]] * by_run
        for head in range(len(heads)):
            _normalise(scores, heads[head])
            best[text, head] = np.argmax(scores[heads[head, 0] : heads[head, 1]])
        for column in range(base, columns):
            # The workspace's own topics stand each for itself, in the topics' temperature.
            scores[column] = 1.0 / (1.0 + np.exp(-scores[column] / own_heat))
        marks[text, 0], marks[text, 1] = _marks(codes, starts[text], starts[text + 1])
        for slot in range(len(shown)):
            column = heads[shown[slot], 0] + best[text, shown[slot]]
            top, share = _strongest(
                counts[0], column, rows, owners, front, by_word, table, index, deltas, where,
                scales[column] if column < base else np.float32(0), push,
            )  # fmt: skip
            tops[text, slot, 0] = words[1][top] if top >= 0 else -1
            tops[text, slot, 1] = words[2][top] if top >= 0 else -1
            shares[text, slot] = share
    return found


@numba.njit(inline="always")
def _keep(rows, owners, first, end, index, where, learned):
    """Move the features of rows in use to the front of a stretch; returns its new end."""
    kept = first
    for at in range(first, end):
        if index[rows[at]] >= 0 or (learned and where[rows[at]] >= 0):
            rows[kept], owners[kept] = rows[at], owners[at]
            kept += 1
    return kept


@compiled
def _strongest(count, column, rows, owners, front, by_word, table, index, deltas, where, scale, push):
    """The word that pushes a column most, by itself and in pairs, and its share of all pushes; -1 when none does."""
    push[:count] = 0
    learned = len(deltas) > 0
    step = np.int64(column) if scale > 0 else np.int64(0)
    for at in range(front):
        if owners[at] >= 0:
            if index[rows[at]] >= 0:
                push[owners[at]] += table[index[rows[at]], step] * scale * by_word
            if learned and where[rows[at]] >= 0:
                push[owners[at]] += deltas[where[rows[at]], column] * by_word
    top, total = -1, np.float32(0)
    for word in range(count):
        total += abs(push[word])
        if push[word] > 0 and (top < 0 or push[word] > push[top]):
            top = word
    return (top, push[top] / total) if top >= 0 else (-1, np.float32(0))


@numba.njit(inline="always")
def _known(count, words, known):
    """Words that training saw, and words that it did not."""
    seen, strange = 0, 0
    for word in range(count):
        if words[3][word] in (WORD_TOKEN, SIGN_TOKEN):
            if len(known) == 0 or known[words[0][word] >> np.uint64(64 - KNOWN_BITS)]:
                seen += 1
            else:
                strange += 1
    return seen, strange


@numba.njit(inline="always")
def _marks(codes, at, end):
    digits, mails = 0, 0
    for place in range(at, end):
        digits += 48 <= codes[place] <= 57
        mails += codes[place] == 64 and place > at and codes[place - 1] > 47
    return digits, mails


@numba.njit(inline="always")
def _normalise(scores, head):
    first, end, alone = head[0], head[1], head[2]
    heat = np.float32(head[3] / 1000.0)
    if alone:
        for column in range(first, end):
            scores[column] = 1.0 / (1.0 + np.exp(-scores[column] / heat))
        return
    most = scores[first:end].max()
    total = np.float32(0)
    for column in range(first, end):
        scores[column] = np.exp((scores[column] - most) / heat)
        total += scores[column]
    for column in range(first, end):
        scores[column] /= total
