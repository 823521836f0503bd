"""Find phrases in single texts, without a model: for what is read now and then, not for the stream."""

import numpy as np

from earful.triage.chars import chars
from earful.triage.kernel import pack_texts, room, scan
from earful.triage.match import match
from earful.triage.phrases import Found, Phrasebook

MOST = 128
"""Finds in one text; a text with more is a list of phrases."""


def find(book: Phrasebook, text: str) -> list[Found]:
    """The phrases of a text in order, near misses applied. No text makes it raise; linear in the text."""
    codes, starts = pack_texts([text])
    words, letters, spans, _, _ = room(len(codes))
    table = tuple(chars())
    count, _, _ = scan(codes, starts[0], starts[1], table, words, letters, spans)
    finds = np.empty((MOST, 6), np.int32)
    found = match(0, count, words, tuple(book.book), finds, 0, MOST)
    return book.resolve([row[1:] for row in finds[:found].tolist()])
