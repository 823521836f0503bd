"""What the phrases found in a text amount to. Pure: finds in, values and reasons out.

The meanings are those of `docs/reference/labels.md`; the phrases are in `phrasebooks/`.
"""

from collections.abc import Sequence

from earful.model.rating import ABUSES, Reason, Span, TriedBefore
from earful.triage.phrases import Found

GRAVE = {
    "legal": "lawyers, courts or authorities are invoked",
    "security": "an account, data or money seems breached",
    "safety": "somebody's safety is at stake",
}
CHURN_LEAVES, CHURN_HINTS, CHURN_SILENT = 0.9, 0.45, 0.04
"""`churn_risk` after words of leaving, after hints, and without either; they are set by hand, to be
fitted once outcomes are known."""

_UNHURT = frozenset({"praise", "suggestion", "other"})
Finds = dict[str, list[Found]]


def by_label(found: Sequence[Found]) -> Finds:
    """The finds of each label, in order."""
    finds: Finds = {}
    for hit in found:
        finds.setdefault(hit.label, []).append(hit)
    return finds


def tried_before(finds: Finds) -> list[TriedBefore]:
    """One entry a channel, at the longest words that say so. `other` only where no channel is named."""
    tried = [
        TriedBefore(label[6:], max(((hit.start, hit.end) for hit in hits), key=_length))
        for label, hits in finds.items()
        if label.startswith("tried:")
    ]
    named = [entry for entry in tried if entry.channel != "other"]
    return named or tried


def severity(guess: int, kind: str, finds: Finds, tried: int, text: str) -> tuple[int, list[Reason]]:
    """0-4: the model's guess raised to the floor that the phrases set, a complaint is at least 1, praise 0.

    Words of law, breach or danger say 4 unless the message is praise, a suggestion or chatter; a vulnerable
    person, or a matter long unresolved over several contacts, says at least 3 of a complaint.
    """
    reasons: list[Reason] = []
    level = 0 if kind == "praise" else max(guess, 1) if kind == "complaint" else guess
    if kind not in _UNHURT:
        for label, because in GRAVE.items():
            if label in finds:
                level = 4
                reasons.append(_reason("severity", because, finds[label][0], text))
    if kind in ("complaint", "unsure") or (kind == "request" and level >= 2):
        if "vulnerable" in finds:
            level = max(level, 3)
            reasons.append(
                _reason("severity", "a vulnerable person is affected", finds["vulnerable"][0], text)
            )
        if tried >= 2 or (tried and ("long" in finds or "repeat" in finds)):
            level = max(level, 3)
            reasons.append(
                Reason(field="severity", because="it failed repeatedly: several contacts or a long wait")
            )
    return level, reasons


def urgency(level: int, kind: str, finds: Finds, text: str) -> tuple[str, list[Reason]]:
    """`now` for harm going on at this moment, `soon` for a deadline, or for haste or a plea when blocked.

    `level` is the severity: who is not hurt is in no hurry.
    """
    if kind in ("praise", "suggestion", "other") or level < 1:
        return "none", []
    if level >= 2 and "now" in finds:
        return "now", [_reason("urgency", "harm is going on at this moment", finds["now"][0], text)]
    if level >= 2 and "soon:deadline" in finds:
        return "soon", [_reason("urgency", "there is a deadline", finds["soon:deadline"][0], text)]
    for label, because in (("soon:asap", "asked for at once"), ("soon:plea", "a plea for help")):
        if label in finds and ("blocked" in finds or level >= 3):
            return "soon", [_reason("urgency", because, finds[label][0], text)]
    return "none", []


def churn(kind: str, finds: Finds, text: str) -> tuple[float, list[Reason]]:
    """The risk that the author leaves (0-1), from what they say about leaving."""
    if kind == "praise":
        return 0.0, []
    if "churn:2" in finds:
        return CHURN_LEAVES, [_reason("churn_risk", "says they leave", finds["churn:2"][0], text)]
    if "churn:1" in finds and kind != "question":
        return CHURN_HINTS, [_reason("churn_risk", "hints at leaving", finds["churn:1"][0], text)]
    return CHURN_SILENT if kind == "complaint" else 0.0, []


def abuse(finds: Finds, text: str) -> tuple[list[str], list[Reason]]:
    """Threats, hate, spam, bots and copypasta that a text alone can show."""
    names = [name for name in ABUSES if name in finds]
    return names, [_reason("abuse", f"reads like {name}", finds[name][0], text) for name in names]


def tried_reasons(tried: Sequence[TriedBefore], text: str) -> list[Reason]:
    """The words that say which channel failed."""
    return [
        Reason(
            field="tried_before", because=f"says that {entry.channel} failed", span=entry.span,
            words=text[entry.span[0] : entry.span[1]],
        )
        for entry in tried
    ]  # fmt: skip


def _length(span: Span) -> int:
    return span[1] - span[0]


def _reason(field: str, because: str, hit: Found, text: str) -> Reason:
    return Reason(field=field, because=because, words=text[hit.start : hit.end], span=(hit.start, hit.end))
