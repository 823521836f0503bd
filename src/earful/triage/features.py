"""What the model reads in a message: words, pairs, meanings, phrases and shape.

Deterministic, and linear in the text. A feature remembers its first place, so that a reason can show it.
"""

import re
from collections.abc import Sequence

from earful.triage.lexicon import NEGATORS, POLAR, WORDS
from earful.triage.phrases import Found
from earful.triage.tokens import END, HANDLE, Tokens

WHOLE = -1
"""The place of a feature that the whole text has."""

_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


def extract(
    tokens: Tokens, found: Sequence[Found] = (), ours: frozenset[str] = frozenset()
) -> dict[str, int]:
    """Feature name to the index of its (first) word, or `WHOLE`.

    `found` are the phrases of the rules in this text. Words in `ours` (the brand's own names) are left out:
    a name must not carry a mood.
    """
    features: dict[str, int] = {}
    add = features.setdefault
    before, fresh, negated = "^", True, 0
    for at, one in enumerate(tokens.words):
        word = HANDLE if one in ours else one
        if word == END:
            before, fresh, negated = END, True, 0
            continue
        add(word, at)
        if word == HANDLE and before in ("^", HANDLE):
            before = "^"
            continue
        add(before + " " + word, at)
        if fresh:
            add("^" + word, at)
        groups = WORDS.get(word)
        if groups is not None:
            for group in groups:
                add(group + "/not" if negated and group in POLAR else group, at)
                if fresh:
                    add("^" + group, at)
        negated = 3 if word in NEGATORS else max(negated - 1, 0)
        before, fresh = word, False
    for hit in found:
        add("!" + hit.label.partition(":")[0], WHOLE)
    _shape(tokens, features)
    return features


def _shape(tokens: Tokens, features: dict[str, int]) -> None:
    text = tokens.text
    features["*bias"] = WHOLE
    if "?" in text:
        features["*asks"] = WHOLE
        if text.rstrip().endswith("?"):
            features["*ends asking"] = WHOLE
        if "!?" in text or "??" in text or "?!" in text:
            features["*asks loudly"] = WHOLE
    if "!" in text:
        features["*exclaims"] = WHOLE
        if "!!" in text:
            features["*shouts"] = WHOLE
    if _SHOUTED.search(text) is not None:
        features["*capitals"] = WHOLE
    count = len(tokens)
    features[
        "*tiny" if count <= 3 else "*short" if count <= 9 else "*middling" if count <= 20 else "*long"
    ] = WHOLE
    if "=fault" not in features and "=wait" not in features and not any(name[0] == "!" for name in features):
        features["*no fault"] = WHOLE
    if "=good" not in features and "=bad" not in features and "=thanks" not in features:
        features["*no mood"] = WHOLE
