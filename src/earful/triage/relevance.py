"""Is a message about us: our handle, our name, our products, and what kind of thing it says."""

from typing import NamedTuple

from earful.model.rating import Reason
from earful.triage.phrases import Phrasebook
from earful.triage.subject import Brand, Subject
from earful.triage.tokens import Tokens, fold

_SERVICE = frozenset({"complaint", "question", "request", "praise", "suggestion"})
_NEWS = """
    announces announced shares ceo profits quarter union regulator acquires raises breaking investors
    layoffs hiring council recalls record
"""
NEWS = frozenset(_NEWS.split())


class Evidence(NamedTuple):
    """What of ours a text names, and whether another sense shows."""

    names: str = ""
    start: int = -1
    end: int = -1
    fooled: str = ""


class BrandWords:
    """The brand's words, compiled. `own` holds the single words, which the model must not read."""

    def __init__(self, brand: Brand) -> None:
        self.own = frozenset(fold(word) for name in brand.names for word in name.split())
        self._handles = frozenset("@" + fold(handle).lstrip("@") for handle in brand.handles)
        names = tuple(dict.fromkeys(_words(name) for name in brand.names + brand.products if _words(name)))
        self._fool = frozenset(fold(word) for word in brand.words_that_fool)
        self._firsts = frozenset(name.split()[0] for name in names)
        self._book = Phrasebook({"name": names})

    def find(self, tokens: Tokens) -> Evidence:
        """The first handle, else the first name or product."""
        fooled = next((word for word in tokens.words if word in self._fool), "") if self._fool else ""
        if self._handles and "@" in tokens.folded:
            for at, raw in enumerate(tokens.raw):
                if raw in self._handles:
                    return Evidence(raw, tokens.starts[at], tokens.ends[at])
        if self._firsts.isdisjoint(tokens.words):
            return Evidence(fooled=fooled)
        found = self._book.find(tokens)
        if not found:
            return Evidence(fooled=fooled)
        hit = found[0]
        return Evidence(tokens.folded[hit.start : hit.end], hit.start, hit.end, fooled)


def judge(
    subject: Subject, tokens: Tokens, evidence: Evidence, kind: str, *, spam: bool = False
) -> tuple[float, Reason]:
    """Relevance (0-1) and why. `kind` is the label of the kind head, `unsure` included."""
    direct = subject.in_reply_to_us or subject.private
    named = bool(evidence.names)
    if evidence.fooled and not (direct or evidence.names.startswith("@")):
        return 0.0, _why("our name stands in another sense", evidence.fooled)
    serves = kind in _SERVICE
    news = not NEWS.isdisjoint(tokens.words)
    if spam:
        return 0.15, _why("it is spam", "")
    if news and named and not serves:
        return 0.5, _why("news that names us", evidence.names, evidence)
    if direct or subject.addressed or evidence.names.startswith("@"):
        because = "said to us" if direct or subject.addressed else "names our handle"
        return (0.95 if serves else 0.6 if direct else 0.35), _why(because, evidence.names, evidence)
    if named:
        return (0.85 if serves else 0.45), _why("names us", evidence.names, evidence)
    return 0.1, _why("neither addressed to us nor naming us", "")


def _words(name: str) -> str:
    tokens = Tokens(name)
    return " ".join(word for word in tokens.words if word[0] not in "<.")


def _why(because: str, words: str, evidence: Evidence | None = None) -> Reason:
    span = (evidence.start, evidence.end) if evidence is not None and evidence.start >= 0 else None
    return Reason(field="relevance", because=because, words=words, span=span)
