"""What phrases and the model's chances amount to together. Pure: finds in, values and reasons out.

The meanings are those of `docs/reference/labels.md`; the phrases are in `phrasebooks/`. The model has read the
phrases too; here they give spans, and they set floors for what must not be missed.
"""

from collections.abc import Sequence

from earful.model.rating import ABUSES, TRIED_CHANNELS, Reason, Span, TriedBefore
from earful.triage.phrases import Found

GRAVE = {
    "legal": "lawyers, courts or authorities are invoked",
    "security": "an account, data or money seems breached",
    "safety": "somebody's safety is at stake",
}
CHURN_LEAVES, CHURN_HINTS = 0.75, 0.4
"""`churn_risk` is at least this after words of leaving, and after hints."""

_UNHURT = frozenset({"praise", "suggestion", "other"})
_SOON = {
    "soon:deadline": "there is a deadline",
    "soon:asap": "asked for at once",
    "soon:plea": "a plea for help",
}
Finds = dict[str, list[Found]]


def by_label(found: Sequence[Found]) -> Finds:
    """The finds of each label, in order."""
    finds: Finds = {}
    for hit in found:
        finds.setdefault(hit.label, []).append(hit)
    return finds


def tried_before(
    finds: Finds, likely: Sequence[str], kind: str, text: str
) -> tuple[list[TriedBefore], list[Reason]]:
    """The channels that failed, each with the longest words that say so. Where only the model says it, the span is
    the first word for the channel, or else the whole text. `likely` are the channels that the model finds likely.
    `other` only where no channel is named."""
    if kind == "praise" or not (finds or likely):
        return [], []
    tried: list[TriedBefore] = []
    for channel in TRIED_CHANNELS:
        hits = finds.get("tried:" + channel)
        if hits:
            tried.append(TriedBefore(channel, max(((hit.start, hit.end) for hit in hits), key=_length)))
        elif channel in likely and text:
            words = finds.get("channel:" + channel)
            tried.append(TriedBefore(channel, (words[0].start, words[0].end) if words else (0, len(text))))
    named = [entry for entry in tried if entry.channel != "other"] or tried
    return named, [_tried_reason(entry, text) for entry in named]


def severity(guess: int, kind: str, finds: Finds, tried: int, text: str) -> tuple[int, list[Reason]]:
    """0-4: the model's guess raised to the floor that the phrases set, a complaint is at least 1, praise 0.

    Words of law, breach or danger say 4 unless the message is praise, a suggestion or chatter; a vulnerable
    person, or a matter long unresolved over several contacts, says at least 3 of a complaint.
    """
    if kind == "praise":
        return 0, []
    level = max(guess, 1) if kind == "complaint" else guess
    if not finds:
        return level, []
    reasons: list[Reason] = []
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
        if tried >= 2 and ("long" in finds or "repeat" in finds):
            level = max(level, 3)
            reasons.append(
                Reason(field="severity", because="it failed repeatedly: several contacts and a long wait")
            )
    return level, reasons


def urgency(guess: str, level: int, kind: str, finds: Finds, text: str) -> tuple[str, list[Reason]]:
    """The model's answer, raised by words of a deadline, of haste or of a plea when blocked. `level` is the
    severity: who is not hurt is in no hurry."""
    if kind in ("praise", "suggestion") or (level < 1 and guess != "now"):
        return "none", []
    if "now" in finds and (guess == "now" or (level >= 2 and kind != "other")):
        return "now", [_reason("urgency", "harm is going on at this moment", finds["now"][0], text)]
    if guess == "none" and level >= 2 and kind != "other":
        for label, because in _SOON.items():
            if label in finds and (label == "soon:deadline" or "blocked" in finds or level >= 3):
                return "soon", [_reason("urgency", because, finds[label][0], text)]
    return guess, []


def churn(chance: float, kind: str, finds: Finds, text: str) -> tuple[float, list[Reason]]:
    """The risk that the author leaves (0-1), from the model and from what they say about leaving."""
    if kind == "praise":
        return round(min(chance, 0.1), 3), []
    if "churn:2" in finds:
        return round(max(chance, CHURN_LEAVES), 3), [
            _reason("churn_risk", "says they leave", finds["churn:2"][0], text)
        ]
    if "churn:1" in finds and kind != "question":
        return round(max(chance, CHURN_HINTS), 3), [
            _reason("churn_risk", "hints at leaving", finds["churn:1"][0], text)
        ]
    return round(chance, 3), []


def abuse(finds: Finds, likely: Sequence[str], text: str) -> tuple[list[str], list[Reason]]:
    """Threats, hate, spam, bots and copypasta that a text alone can show."""
    if not (finds or likely):
        return [], []
    names = [name for name in ABUSES if name in finds or name in likely]
    return names, [
        _reason("abuse", f"reads like {name}", finds[name][0], text)
        if name in finds
        else Reason(field="abuse", because=f"reads like {name}")
        for name in names
    ]


def _tried_reason(tried: TriedBefore, text: str) -> Reason:
    start, end = tried.span
    return Reason(
        field="tried_before",
        because=f"says that {tried.channel} failed",
        span=tried.span,
        words=text[start:end],
    )


def _length(span: Span) -> int:
    return span[1] - span[0]


def _reason(field: str, because: str, hit: Found, text: str) -> Reason:
    return Reason(field=field, because=because, words=text[hit.start : hit.end], span=(hit.start, hit.end))
