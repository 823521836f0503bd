"""Is a message about us: what of ours it names, what speaks against, and what the model makes of the rest."""

from collections.abc import Sequence
from functools import lru_cache

from earful.model.rating import Reason
from earful.triage.kernel import hash_words
from earful.triage.labels import RELEVANCES
from earful.triage.phrases import Found, Phrasebook
from earful.triage.rulebook import sections
from earful.triage.subject import Brand, Subject

WORTH = tuple(float(label) for label in RELEVANCES)
OURS = ("our handle", "our domain", "our product", "our campaign", "our name")
"""Labels of what is ours, the surest first."""
FOOLED, RIVAL = "another sense", "a competitor"
UNNAMED, RIVALS = 0.35, 0.15
"""What is left of the model's answer when nothing of ours is named, and when only a competitor is."""
_SAID_TO_US = Reason(field="relevance", because="said to us")
_NO_PROFILE = Reason(field="relevance", because="no brand profile: judged by its words alone")
_NOTHING_OF_OURS = Reason(field="relevance", because="names nothing of ours")
_MACHINE = Reason(field="relevance", because="an advertisement or a machine")
_NO_NAMES: dict[str, Found] = {}
SERVICE, SERVED = frozenset({"complaint", "question", "request", "praise", "suggestion"}), 0.7


@lru_cache(maxsize=4)
def phrasebook_of(brand: Brand) -> Phrasebook:
    """The shipped phrases and the brand's own words, in one book."""
    handles = tuple("@" + handle.lstrip("@") for handle in brand.handles if handle.lstrip("@"))
    return Phrasebook(
        *sections(),
        {
            "our handle": tuple(filter(None, (_phrase(handle) for handle in handles))),
            "our domain": _phrases(brand.domains),
            "our product": _phrases(brand.products),
            "our campaign": _phrases(brand.campaigns),
            "our name": _phrases(brand.names),
            RIVAL: _phrases(brand.competitors),
            FOOLED: _phrases(brand.words_that_fool),
        },
    )


def _phrases(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for name in names if (phrase := _phrase(name))))


def _phrase(name: str) -> str:
    """A name as a phrase, without what the phrases' language would take for a sign of its own."""
    words = [word for word in name.translate(_PLAIN).split() if len(hash_words([word])[0]) == 1]
    return " ".join(words)


_PLAIN = str.maketrans(dict.fromkeys("|?*^#<>.,;:!()/&+", " "))


def judge(
    subject: Subject, guess: float, found: Sequence[Found], known: bool, abuse: Sequence[str], kind: str = ""
) -> tuple[float, Reason]:
    """Relevance (0-1) and why. `guess` is the model's; `known` says whether a brand profile is there at all; whoever
    names or addresses us with a matter of service (`kind`) speaks of us."""
    if "spam" in abuse or "bot" in abuse:
        return round(min(guess, 0.2), 3), _MACHINE
    names = {hit.label: hit for hit in reversed(found)} if found else _NO_NAMES
    ours = next((names[label] for label in OURS if label in names), None) if names else None
    if ours is not None:
        words, span = subject.text[ours.start : ours.end], (ours.start, ours.end)
        if ours.label == "our name" and FOOLED in names and not subject.addressed:
            other = names[FOOLED]
            return 0.0, Reason(
                field="relevance", because=f"names {words}, but in another sense",
                words=subject.text[other.start : other.end], span=(other.start, other.end),
            )  # fmt: skip
        about = max(guess, SERVED) if kind in SERVICE else guess
        return about, Reason(field="relevance", because=f"names {ours.label}", words=words, span=span)
    if subject.addressed or subject.in_reply_to_us:
        return max(guess, SERVED) if kind in SERVICE else guess, _SAID_TO_US
    if not known:
        return guess, _NO_PROFILE
    if RIVAL in names:
        hit = names[RIVAL]
        return round(guess * RIVALS, 3), Reason(
            field="relevance", because="names a competitor and nothing of ours",
            words=subject.text[hit.start : hit.end], span=(hit.start, hit.end),
        )  # fmt: skip
    return round(guess * UNNAMED, 3), _NOTHING_OF_OURS
