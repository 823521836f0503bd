"""Find phrases in the words of a text, compiled. What a phrase is, `earful.triage.phrases` says.

A book is arrays: `slots` maps the hash of a first word to a list of variants (open addressing); a variant is a
label and a row of parts; a part is a set of words, whose members are the pairs of part and word in `members`. In a
list stand first the variants of one word and those that go on with a gap; the others need a pair in `pairs`.
"""

import numba
import numpy as np

from earful.triage.compiled import compiled
from earful.triage.kernel import HANDLE, HANDLE_TOKEN, STOP_TOKEN, find_slot, mix

GAP, GAP_MOST = -1, 3
"""A part that stands for up to three words of any kind."""
EMPTY = np.uint64(0)
PAIR_BITS = 18
_TURN = np.uint64(0x9E3779B97F4A7C15)


@numba.njit(inline="always")
def key_of(part, word):
    """What stands in `members` for a word of a part."""
    return mix(word ^ (np.uint64(part + 1) * _TURN)) | np.uint64(1)


@numba.njit(inline="always")
def _is_in(members, part, word):
    return members[find_slot(members, key_of(part, word))] != EMPTY


@compiled
def place_keys(keys, new):
    """Put keys into an open-addressed table with room; returns the slot of each."""
    slots = np.empty(len(new), np.int64)
    for at in range(len(new)):
        slots[at] = find_slot(keys, new[at])
        keys[slots[at]] = new[at]
    return slots


@compiled
def place_members(members, parts, words):
    """Put every word of every part into the table of members."""
    for at in range(len(parts)):
        key = key_of(parts[at], words[at])
        members[find_slot(members, key)] = key


@numba.njit(inline="always")
def _pair_bit(first, second, bits):
    return mix(first * _TURN + second) >> np.uint64(64 - bits)


@compiled
def place_pairs(pairs, firsts, seconds):
    """Mark pairs of words with which some phrase starts."""
    for at in range(len(firsts)):
        pairs[_pair_bit(firsts[at], seconds[at], PAIR_BITS)] = True


@numba.njit(inline="always")
def _may_pair(pairs, hashes, kinds, word, count):
    """Whether a phrase may start with this word and the next; wrong for one pair of some ten at most."""
    if word + 1 >= count or kinds[word + 1] == STOP_TOKEN:
        return False
    return kinds[word + 1] == HANDLE_TOKEN or pairs[_pair_bit(hashes[word], hashes[word + 1], PAIR_BITS)]


@numba.njit(inline="always")
def _stands(part, word, count, hashes, kinds, members):
    """Whether a word of a text is one of a part."""
    if word >= count or kinds[word] == STOP_TOKEN:
        return False
    if _is_in(members, part, hashes[word]):
        return True
    return kinds[word] == HANDLE_TOKEN and _is_in(members, part, mix(HANDLE))


@numba.njit
def _follow(parts, at, last, word, count, hashes, kinds, members):
    """The index after the last word that `parts[at:last]` match from `word` on, or -1. Gaps are bounded and a
    phrase has few, so this ends soon."""
    if at == last:
        return word
    if parts[at] != GAP:
        if not _stands(parts[at], word, count, hashes, kinds, members):
            return -1
        return _follow(parts, at + 1, last, word + 1, count, hashes, kinds, members)
    for ahead in range(word, min(word + GAP_MOST + 1, count)):
        end = _follow(parts, at + 1, last, ahead, count, hashes, kinds, members)
        if end > 0:
            return end
        if kinds[ahead] == STOP_TOKEN:
            break
    return -1


@compiled
def match(text, count, words, book, finds, found, most):
    """Write each find as (text, label, first word's start, last word's end, first word, last word) into `finds`
    from `found` on, at most up to `most`. Returns the new number of finds."""
    hashes, starts, ends, kinds = words
    slots, lists, variants, labels, at_start, first_part, parts, members, pairs = book
    fresh = True
    for word in range(count):
        slot = find_slot(slots, hashes[word] | np.uint64(1))
        if slots[slot] != EMPTY:
            last = lists[slot, 2]
            if not _may_pair(pairs, hashes, kinds, word, count):
                last = lists[slot, 1]
            missed = GAP
            for place in range(lists[slot, 0], last):
                variant = variants[place]
                if at_start[variant] and not fresh:
                    continue
                first = first_part[variant]
                # Variants are in the order of their next part: what failed once is not tried again.
                if place >= lists[slot, 1]:
                    if parts[first] == missed:
                        continue
                    if not _stands(parts[first], word + 1, count, hashes, kinds, members):
                        missed = parts[first]
                        continue
                end = _follow(parts, first, first_part[variant + 1], word + 1, count, hashes, kinds, members)
                if end > 0 and found < most and found < len(finds):
                    finds[found, 0], finds[found, 1] = text, labels[variant]
                    finds[found, 2], finds[found, 3] = starts[word], ends[end - 1]
                    finds[found, 4], finds[found, 5] = word, end - 1
                    found += 1
        fresh = kinds[word] == STOP_TOKEN or kinds[word] == HANDLE_TOKEN
    return found
