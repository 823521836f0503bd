"""Words that mean alike, read from `phrasebooks/lexicon.txt` once: a word gives the features of its groups."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earful.triage.kernel import Hashes, hash_words
from earful.triage.match import place_keys
from earful.triage.rulebook import table

NEGATOR = "negator"
"""The group of words that turn what follows."""
_GROUPS_MOST = 31


class Lexicon(NamedTuple):
    """As the kernel reads it: `groups[slot]` has a bit for each group of the word in `keys[slot]`; the highest is
    set for negators."""

    keys: Hashes
    groups: NDArray[np.uint32]


@cache
def lexicon() -> Lexicon:
    """The shipped words. Raises ValueError for more groups than there are bits."""
    sections = table((Path(__file__).parent / "phrasebooks" / "lexicon.txt").read_text("utf-8"))
    names = [name for name in sections if name != NEGATOR]
    if len(names) > _GROUPS_MOST:
        raise ValueError(f"the lexicon has {len(names)} groups; {_GROUPS_MOST} fit")
    bits: dict[int, int] = {}
    for name, lines in sections.items():
        bit = 1 << (_GROUPS_MOST if name == NEGATOR else names.index(name))
        for found in hash_words(" ".join(lines).split()):
            for value in found.tolist()[:1]:
                bits[value | 1] = bits.get(value | 1, 0) | bit
    keys = np.zeros(1 << (2 * len(bits)).bit_length(), np.uint64)
    slots = place_keys(keys, np.array(list(bits), np.uint64))
    groups = np.zeros(len(keys), np.uint32)
    groups[slots] = np.array(list(bits.values()), np.uint32)
    return Lexicon(keys, groups)
