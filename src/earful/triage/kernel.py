"""The compiled kernel: text to words, words to hashed features, features to scores, all heads in one pass.

A feature is a word, a pair of neighbours, a word after a negation, or a run of 3 to 5 characters in a word, or a phrase that the rules know; its
hash chooses a row of the table. Words and runs are summed apart, each sum divided by the root of how many there
were. Everything is linear in the text. Numba compiles each function once for a machine and keeps the result.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from earful.triage.chars import (
    APOSTROPHE,
    AT,
    DIGIT,
    EMOJI,
    EMOJI_END,
    HASH,
    HYPHEN,
    IDEOGRAPH,
    LETTER,
    LINE,
    MARK,
    MONEY,
    PLANE,
    SIGN,
    SKIP,
    SPACE,
    STOP,
    STYLED,
    STYLED_END,
    chars,
)  # fmt: skip
from earful.triage.compiled import compiled

U = np.uint64
PRIME, SEED = U(0x100000001B3), U(0xCBF29CE484222325)
"""FNV-1a, 64 bits (Fowler, Noll and Vo); `_mix` is the finish of MurmurHash3."""
HANDLE, LINK, NUMBER, MANY_DIGITS, CODE, AMOUNT, BREAK, OURS, START = (U(value) for value in range(11, 20))
"""What stands for a class of words. NUMBER has up to two digits, MANY_DIGITS three or four, CODE more."""
WORD_TOKEN, HANDLE_TOKEN, LINK_TOKEN, NUMBER_TOKEN, STOP_TOKEN, SIGN_TOKEN = range(6)
_STOPS = U(32)
_SHORTEST, _LONGEST = 3, 5
"""Characters of a run, edges of the word included."""
_NEGATED_WORDS = 4
_SIGN_COPIES, _GROUP_COPIES = 4, 2
_NEGATOR = np.uint32(1 << 31)
_PER_CHAR, _PER_TEXT = 24, 24 + 256 * _SIGN_COPIES
"""Features that a character and a text can give at most."""
_ORDINAL = 2
"""Letters after a number that belong to it: 3rd, 2x, 5h."""

Codes = NDArray[np.uint32]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Texts(NamedTuple):
    """A batch of texts as code points: text i is `codes[starts[i]:starts[i + 1]]`."""

    codes: Codes
    starts: Ints


class Words(NamedTuple):
    """Room for the words of one text: hash, place, class, and for a handle the hash of its name."""

    hashes: Hashes
    starts: Ints
    ends: Ints
    kinds: NDArray[np.uint8]


def pack_texts(texts: list[str]) -> Texts:
    """Any strings, lone surrogates included."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    return Texts(codes, starts)


@numba.njit(inline="always")
def mix(value):
    """Spread a hash over all bits."""
    value ^= value >> U(33)
    value *= U(0xFF51AFD7ED558CCD)
    value ^= value >> U(29)
    return value


@numba.njit(inline="always")
def _kind_of(code, kinds):
    if code < PLANE:
        return np.int64(kinds[code])
    if STYLED <= code < STYLED_END:
        return np.int64(LETTER)
    return np.int64(SIGN) if EMOJI <= code < EMOJI_END else np.int64(IDEOGRAPH)


@numba.njit(inline="always")
def _skip_link(codes, at, end, kinds):
    """The end of the link that starts at `at`, or `at`."""
    if end - at < 8 or codes[at] | 32 != 104 or codes[at + 1] | 32 != 116 or codes[at + 2] | 32 != 116:
        return at
    colon = at + 4 if codes[at + 4] == 58 else at + 5
    if codes[at + 3] | 32 != 112 or codes[colon] != 58 or codes[colon + 1] != 47:
        return at
    while at < end and _kind_of(codes[at], kinds) not in (SPACE, LINE):
        at += 1
    return at


@numba.njit(inline="always")
def _in_handle(codes, at, end, kinds):
    """Letters, digits and underscores; dots and hyphens between them, as handles with a domain have."""
    if _kind_of(codes[at], kinds) in (LETTER, DIGIT) or codes[at] == 95:
        return True
    return codes[at] in (45, 46) and at + 1 < end and _kind_of(codes[at + 1], kinds) in (LETTER, DIGIT)


@compiled
def scan(codes, at, end, table, words, letters, spans):
    """Read the words of `codes[at:end]` into `words`; their letters into `letters[spans[w]:spans[w + 1]]`.

    Returns the number of words, and how many of them shout and how many stretch a letter.
    """
    kinds, folds, styled = table
    hashes, starts, ends, classes = words
    begin, count, used, shouts, stretched = at, 0, 0, 0, 0
    while at < end:
        code = codes[at]
        kind = _kind_of(code, kinds)
        if kind in (SPACE, SKIP, MARK, APOSTROPHE, HYPHEN):
            at += 1
            continue
        start, value, name = at, SEED, np.uint8(WORD_TOKEN)
        spans[count] = used
        if kind == HASH:
            # A tag is read as its word.
            at += 1
            continue
        if kind == AT:
            value = (value ^ U(64)) * PRIME
            at += 1
            while at < end and _in_handle(codes, at, end, kinds):
                value = (value ^ U(folds[codes[at]] if codes[at] < PLANE else codes[at])) * PRIME
                at += 1
            if at == start + 1:
                continue
            name = np.uint8(HANDLE_TOKEN)
            if start > begin and _kind_of(codes[start - 1], kinds) in (LETTER, DIGIT):
                value, name = LINK, np.uint8(LINK_TOKEN)
        elif kind == LETTER:
            at = _skip_link(codes, at, end, kinds)
            if at > start:
                value, name = LINK, np.uint8(LINK_TOKEN)
            upper, same, last = 0, 0, np.uint32(0)
            while name == WORD_TOKEN and at < end:
                code = codes[at]
                if code < PLANE:
                    kind = np.int64(kinds[code])
                    if kind in (APOSTROPHE, HYPHEN, SKIP):
                        if kind != SKIP and not (at + 1 < end and _kind_of(codes[at + 1], kinds) == LETTER):
                            break
                        at += 1
                        continue
                    if kind not in (LETTER, DIGIT):
                        break
                    read = folds[code]
                    upper += read != code and code < 0x250
                elif STYLED <= code < STYLED_END:
                    read = styled[code - STYLED]
                else:
                    break
                same = same + 1 if read == last else 0
                last = read
                if same < 2:
                    letters[used] = read
                    used += 1
                    value = (value ^ U(read)) * PRIME
                else:
                    stretched += 1
                at += 1
            shouts += upper >= 3 and upper == at - start
        elif kind == IDEOGRAPH:
            letters[used] = code
            used += 1
            value = (value ^ U(code)) * PRIME
            at += 1
        elif kind == DIGIT or kind == MONEY:
            value, name = NUMBER if kind == DIGIT else AMOUNT, np.uint8(NUMBER_TOKEN)
            digits = 0
            at += kind == MONEY
            while at < end:
                code = codes[at]
                if _kind_of(code, kinds) == DIGIT:
                    digits += 1
                elif not (code in (44, 46, 58) and at + 1 < end and _kind_of(codes[at + 1], kinds) == DIGIT):
                    break
                at += 1
            tail = at
            while tail < end and tail - at <= _ORDINAL and _kind_of(codes[tail], kinds) == LETTER:
                tail += 1
            if tail - at <= _ORDINAL:
                at = tail
            if value == NUMBER and digits > 2:
                value = MANY_DIGITS if digits <= 4 else CODE
        elif kind == STOP:
            name, run, asks, calls = np.uint8(STOP_TOKEN), 0, 0, 0
            while at < end and _kind_of(codes[at], kinds) == STOP:
                read = folds[codes[at]]
                asks |= read == 63
                calls |= read == 33
                run += 1
                at += 1
            value = _STOPS + U(asks + 2 * calls + (4 if run > 1 else 0))
        elif kind == LINE:
            name, value = np.uint8(STOP_TOKEN), BREAK
            while at < end and _kind_of(codes[at], kinds) in (LINE, SPACE):
                at += 1
        else:
            name, value = np.uint8(SIGN_TOKEN), (value ^ U(code)) * PRIME
            while at < end and codes[at] == code:
                at += 1
        if used == spans[count] and name == WORD_TOKEN:
            at += at == start
            continue
        hashes[count], starts[count], ends[count] = mix(value), start - begin, at - begin
        classes[count] = name
        count += 1
    spans[count] = used
    return count, shouts, stretched


@numba.njit(inline="always")
def find_slot(keys, key):
    """The slot of a key in an open-addressed table with room, or the free slot where it would be."""
    mask = U(len(keys) - 1)
    at = mix(key) & mask
    while keys[at] != U(0) and keys[at] != key:
        at = (at + U(1)) & mask
    return at


@numba.njit(inline="always")
def _holds(values, value):
    for one in values:  # noqa: SIM110  (compiled)
        if one == value:
            return True
    return False


@compiled
def emit(count, shouts, stretched, words, letters, spans, ours, lexicon, signs, finds, mask, rows, owners):
    """Write the features of one scanned text: rows of words from the front, rows of runs from the back.

    `lexicon` gives the groups of words that mean alike. `signs[label]` stands for a label of the phrasebook, each label counting once; `finds` are the text's. `owners`
    names the word of each feature, -1 for the text as a whole. Returns how many of each kind.
    """
    hashes, _, _, classes = words
    keys, groups = lexicon
    front, back = 0, len(rows)
    handle, our = mix(HANDLE), mix(OURS)
    before, negated = mix(START), 0
    asked = False
    for at in range(count):
        value, kind = hashes[at], classes[at]
        if _holds(ours, value):
            value, kind = our, np.uint8(HANDLE_TOKEN)
        elif kind == HANDLE_TOKEN:
            value = handle
        rows[front], owners[front] = np.int32(value & mask), at
        front += 1
        if value != handle or before != handle:
            rows[front], owners[front] = np.int32(mix(before * PRIME + value) & mask), at
            front += 1
        if kind in (WORD_TOKEN, SIGN_TOKEN):
            found = groups[find_slot(keys, hashes[at] | U(1))]
            meant, group = found & ~_NEGATOR, 0
            while meant:
                if meant & np.uint32(1):
                    for copy in range(_GROUP_COPIES):
                        sign = mix(U(1000 + 10 * group + copy) + (U(7_777) if negated > 0 else U(0)))
                        rows[front], owners[front] = np.int32(sign & mask), at
                        front += 1
                meant >>= np.uint32(1)
                group += 1
        if kind == STOP_TOKEN:
            negated = 0
            asked |= value in (mix(_STOPS + U(1)), mix(_STOPS + U(3)), mix(_STOPS + U(5)), mix(_STOPS + U(7)))
        elif kind == WORD_TOKEN:
            if negated > 0:
                rows[front], owners[front] = np.int32(mix(value + U(99_991)) & mask), at
                front += 1
                negated -= 1
            if found & _NEGATOR:
                negated = _NEGATED_WORDS
            first, last = spans[at], spans[at + 1]
            if last - first > 1:
                for edge in range(first - 1, last):
                    run = SEED
                    for place in range(edge, min(edge + _LONGEST, last + 1)):
                        run = (run ^ U(2 if place < first or place == last else letters[place])) * PRIME
                        if place - edge + 1 >= _SHORTEST:
                            back -= 1
                            rows[back], owners[back] = np.int32(mix(run) & mask), at
        before = value
    for at in range(len(finds)):
        new = True
        for earlier in range(at):
            new &= finds[earlier, 1] != finds[at, 1]
        for copy in range(_SIGN_COPIES if new else 0):
            # Several features, so that a phrase weighs more than one word among many.
            sign = mix(signs[finds[at, 1]] + U(copy))
            rows[front], owners[front] = np.int32(sign & mask), finds[at, 4]
            front += 1
    shape = 0 if count <= 3 else 1 if count <= 9 else 2 if count <= 20 else 3
    for sign in (U(50 + shape), mix(before + U(555)), U(60 + min(shouts, 3)), U(70 + (stretched > 0)),
                 U(80 + asked)):  # fmt: skip
        rows[front], owners[front] = np.int32(mix(sign) & mask), -1
        front += 1
    return front, len(rows) - back


@compiled
def room(longest):
    """Words, letters, spans, rows and owners for a text of so many characters."""
    words = (np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.int64),
             np.empty(longest + 1, np.int64), np.empty(longest + 1, np.uint8))  # fmt: skip
    size = longest * _PER_CHAR + _PER_TEXT
    return (words, np.empty(longest + 1, np.uint32), np.empty(longest + 2, np.int64),
            np.empty(size, np.int32), np.empty(size, np.int64))  # fmt: skip


@compiled
def _hash_words(codes, starts, table):
    words, letters, spans, _, _ = room(len(codes))
    hashes, places = np.empty(len(codes), np.uint64), np.zeros_like(starts)
    for text in range(len(starts) - 1):
        count, _, _ = scan(codes, starts[text], starts[text + 1], table, words, letters, spans)
        hashes[places[text] : places[text] + count] = words[0][:count]
        places[text + 1] = places[text] + count
    return hashes, places


def hash_words(texts: list[str]) -> list[Hashes]:
    """The hashes of the words of each text, in order."""
    hashes, places = _hash_words(*pack_texts(texts), tuple(chars()))
    return [hashes[places[at] : places[at + 1]] for at in range(len(texts))]
