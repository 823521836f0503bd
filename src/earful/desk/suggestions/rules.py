"""From a solved case to an answer that may be shown again, and from a question to the words that find it. Pure."""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from earful.channels.kit.text import URL
from earful.model.desk import Outcome
from earful.triage import pii

SOLVED: Mapping[Outcome, float] = {Outcome.VERIFIED: 1.0, Outcome.CONFIRMED: 1.0, Outcome.CLAIMED: 0.8}
"""Outcomes whose answers are suggested, and how much each counts: what only we say is fixed counts less."""
SAME_TOPIC = 4.0
"""How much more an answer counts that is about the same topic: with few solved cases the words alone say little."""
SHOWN = 5
WEIGHT = 1_000
STEM = 6
"""Letters of a word that count: enough to tell words apart, few enough that endings do not."""
FEWEST_LETTERS = 20
"""A shorter answer ("thanks!") helps nobody."""
QUESTION, ANSWER = 2_000, 2_000
"""Characters that are looked at."""
TERMS = 32
POSTINGS = 4_000
"""Places in the index that one question may look at."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_HANDLE = re.compile(r"(?<!\w)@[\w.-]+(?:@[\w.-]+)?")
_INITIALS = re.compile(r"[\s\n]+[\^~/-]\s?[A-Za-z]{1,4}\s*$")
_BLANK = re.compile(r"[ \t]+")


def terms(text: str) -> dict[int, float]:
    """What a text is about: stems by their hashes, with weights whose squares sum to 1."""
    plain = _HANDLE.sub(" ", URL.sub(" ", text[:QUESTION])).casefold()
    counts = Counter(word[:STEM] for word in _WORD.findall(plain))
    weights = {zlib.crc32(term.encode()): 1 + math.log(n) for term, n in counts.items()}
    norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1
    return {term: weight / norm for term, weight in weights.items()}


def chosen(weights: Mapping[int, float], found_in: Mapping[int, int], docs: int) -> dict[int, int]:
    """The words of a question that are worth looking up, rarest first, with what each counts.

    `found_in`: answers that have the word, of `docs` in all; words that no answer has are left out.
    """
    picked: dict[int, int] = {}
    looked = 0
    for term in sorted(found_in, key=lambda one: (found_in[one], one)):
        looked += found_in[term]
        if len(picked) == TERMS or (looked > POSTINGS and picked):
            break
        picked[term] = max(round(WEIGHT * weights[term] * math.log(1 + docs / found_in[term])), 1)
    return picked


class Candidate(Struct, frozen=True, kw_only=True):
    """An answer that shares words with the question."""

    doc: int
    score: float
    language: str
    topic: str
    outcome: str
    answer: str


def best(found: Iterable[Candidate], topic: str, language: str) -> list[Candidate]:
    """At most `SHOWN`, best first: the same language where both are known, no answer twice."""
    asked = language[:2]
    ranked = sorted(found, key=lambda one: (-_score(one, topic), -one.doc))
    kept: dict[str, Candidate] = {}
    for one in ranked:
        if asked not in ("", "un") and one.language[:2] not in ("", "un", asked):
            continue
        kept.setdefault(_BLANK.sub(" ", one.answer.casefold()), one)
        if len(kept) == SHOWN:
            break
    return list(kept.values())


def _score(one: Candidate, topic: str) -> float:
    same = topic and topic == one.topic and topic not in ("unsure", "other")
    return one.score * SOLVED.get(Outcome(one.outcome), 0.0) * (SAME_TOPIC if same else 1.0)


def without_private(text: str, names: Iterable[str], signatures: Iterable[str], language: str) -> str:
    """An answer that may be shown to colleagues on other cases: private data are gaps, the customer is `{name}`."""
    text = _HANDLE.sub("", text[:ANSWER]).strip()
    for found in sorted(pii.find(text, language), key=lambda one: one.span, reverse=True):
        start, end = found.span
        text = f"{text[:start]}[[{found.type.replace('_', ' ')}]]{text[end:]}"
    text = _unsigned(text, signatures)
    for name in sorted(_words_of(names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "{name}", text)
    return re.sub(r"\{name\}(?:\s+\{name\})+", "{name}", text).strip()


def _words_of(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        found |= {name.strip(), *(word for word in name.split() if len(word) > 2 and word[:1].isupper())}
    return found - {""}


def _unsigned(text: str, signatures: Iterable[str]) -> str:
    text = _INITIALS.sub("", text).rstrip()
    for signature in signatures:
        if signature and text.endswith(signature):
            text = text[: -len(signature)].rstrip(" \n,-–—")
    return text


def adapted(answer: str, name: str) -> str:
    """An answer for another customer: their first name, or a gap where we do not know it."""
    first = name.split(maxsplit=1)[0] if name.split() else ""
    return answer.replace("{name}", first or "[[name]]")
