"""Telling what a customer wrote now from what their mail program quoted below it.

A careful rule set: when in doubt the words stay. Nothing is lost either way, what is cut is handed back.
"""

import re
from collections.abc import Sequence

from msgspec import Struct


class Split(Struct, frozen=True):
    """`text` is new, `quoted` is old, `rule` names what told them apart (empty when nothing was cut)."""

    text: str
    quoted: str = ""
    rule: str = ""


# "On Tuesday, Ana wrote:" in the languages of the desk; a verb of saying and a colon at the end of a line.
_SAID = (
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|het volgende geschreven|"
    r"va escriure|skrev|napisał\(a\)|написал\(а\)|writes|schreibt|scrisse)"
)
_OPENERS = r"(?:On|Am|Le|El|Il|Op|Em|A|Den|Dnia|Il giorno|No dia|Em qua\w*|Vào|W dniu)\b"
_ATTRIBUTION = re.compile(
    rf"^\s*(?:{_OPENERS}.{{0,400}}\b{_SAID}\b.{{0,80}}:|.{{3,300}}\d.{{0,300}}\b{_SAID}\s?:)\s*$",
    re.IGNORECASE | re.DOTALL,
)
# Dutch and German put the verb before the name: "Op di 3 mrt schreef Ana <a@b.c>:".
_ORIGINAL = re.compile(
    r"^\s*[-_]{2,}\s*(?:original message|originalnachricht|ursprüngliche nachricht|message d'origine|"
    r"message original|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|"
    r"forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato|"
    r"doorgestuurd bericht|mensagem encaminhada)\s*[-_]{2,}\s*$",
    re.IGNORECASE,
)
_FROM = r"(?:From|Von|De|Da|Van)"
_OTHER_FIELDS = re.compile(
    r"^\s*\*?(?:Sent|Date|To|Subject|Cc|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado(?: el)?|Fecha|Para|"
    r"Asunto|Inviato|Data|A|Oggetto|Verzonden|Aan|Onderwerp|Assunto)\s*:\*?\s?\S",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(rf"^\s*\*?{_FROM}\s?:\*?\s?\S", re.IGNORECASE)
_RULER = re.compile(r"^\s*_{10,}\s*$")
_QUOTED = re.compile(r"^\s{0,3}>")


def split(text: str) -> Split:
    """Cut the quoted part off `text`.

    Cut are: everything from an Outlook separator or header block on; an attribution line with the quotation
    that follows it; a quotation at the very end. Answers written between quoted lines are left whole. When
    nothing new would remain (a bare forward), nothing is cut.
    """
    lines = text.split("\n")
    for rule in (_outlook, _attribution, _trailing):
        found = rule(lines)
        if found is None:
            continue
        first, end = found
        kept = "\n".join([*lines[:first], *lines[end:]]).strip()
        if kept:
            return Split(kept, "\n".join(lines[first:end]).strip("\n"), rule.__name__.strip("_"))
    return Split(text.strip())


def _outlook(lines: Sequence[str]) -> tuple[int, int] | None:
    """`-----Original Message-----`, or a block of From/Sent/To/Subject lines: all below is old."""
    for number, line in enumerate(lines):
        if _ORIGINAL.match(line):
            return number, len(lines)
        if _FROM_LINE.match(line) and _header_block(lines, number):
            start = number
            while start and (not lines[start - 1].strip() or _RULER.match(lines[start - 1])):
                start -= 1
            return start, len(lines)
    return None


def _header_block(lines: Sequence[str], number: int) -> bool:
    following = lines[number + 1 : number + 7]
    return sum(1 for line in following if _OTHER_FIELDS.match(line)) >= 2


def _attribution(lines: Sequence[str]) -> tuple[int, int] | None:
    """`On ... wrote:` (folded over up to three lines) and the quotation below it."""
    for number in range(len(lines)):
        height = _attribution_height(lines, number)
        if not height:
            continue
        body = _skip_blank(lines, number + height)
        if body == len(lines) or not _QUOTED.match(lines[body]):
            # Without ">" marks only a top posting can be told apart: something must stand above.
            return (number, len(lines)) if any(line.strip() for line in lines[:number]) else None
        end = _end_of_quote(lines, body)
        rest = [line for line in lines[end:] if line.strip()]
        above = any(line.strip() for line in lines[:number])
        if not rest:
            return number, len(lines)
        if any(_QUOTED.match(line) for line in rest) or above:
            return None
        return number, end
    return None


def _attribution_height(lines: Sequence[str], number: int) -> int:
    if not lines[number].strip() or _QUOTED.match(lines[number]):
        return 0
    for height in (1, 2, 3):
        block = lines[number : number + height]
        if len(block) == height and all(line.strip() for line in block):
            joined = " ".join(line.strip() for line in block)
            if len(joined) < 600 and joined.endswith(":") and _ATTRIBUTION.match(joined):
                return height
    return 0


def _trailing(lines: Sequence[str]) -> tuple[int, int] | None:
    """A quotation at the very end, after a blank line, with nothing quoted before it."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and (_QUOTED.match(lines[start - 1]) or not lines[start - 1].strip()):
        start -= 1
    # Without a blank line above, ">" may be a word of the writer: "a > b".
    if start == end or lines[start].strip() or any(_QUOTED.match(line) for line in lines[:start]):
        return None
    return start, len(lines)


def _skip_blank(lines: Sequence[str], number: int) -> int:
    while number < len(lines) and not lines[number].strip():
        number += 1
    return number


def _end_of_quote(lines: Sequence[str], number: int) -> int:
    end = number
    while number < len(lines) and (_QUOTED.match(lines[number]) or not lines[number].strip()):
        if lines[number].strip():
            end = number + 1
        number += 1
    return end
