"""Customers' words as safe markup, with the words that triage acted on marked.

Spans are half-open offsets in Unicode code points of the text as it was rated. They come from models and
plugins, so they are trusted for nothing: each is cut to the text, and empty ones are dropped.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup, escape

from earful.model.rating import Rating

SURROGATES = re.compile(r"[\ud800-\udfff]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^\u2028\u2029]+")
LINK_TAIL = ".,;:!?)]»”’…"


class Mark(NamedTuple):
    """Words to mark: where, what kind (a CSS class suffix of ours), and why, in words for the tooltip."""

    start: int
    end: int
    kind: str
    why: str


def clean(text: str) -> str:
    """Text that any encoder and any HTML parser takes, with as many code points as before.

    Lone surrogates (JSON allows them, UTF-8 does not) and control characters become U+FFFD one for one, so
    that spans still fit.
    """
    return CONTROLS.sub("\ufffd", SURROGATES.sub("\ufffd", text))


def rating_marks(rating: Rating) -> list[Mark]:
    """Every span in a rating that a reader may want to see."""
    marks = [Mark(*found.span, "pii", found.type) for found in rating.pii]
    marks += [Mark(*found.span, "tried", found.channel) for found in rating.tried_before]
    marks += [Mark(*r.span, "reason", r.because) for r in rating.reasons if r.span is not None]
    return marks


def said(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """Text with links and marks. Line breaks stay for CSS (`white-space: pre-wrap`)."""
    text = clean(text)
    kept = [m._replace(start=max(m.start, 0), end=min(m.end, len(text))) for m in marks]
    kept = [m for m in kept if m.start < m.end]
    parts: list[Markup] = []
    position = 0
    for match in LINK.finditer(text):
        address = match.group().rstrip(LINK_TAIL)
        start, end = match.start(), match.start() + len(address)
        parts.append(_marked(text, position, start, kept))
        opening = Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow ugc">').format(
            address
        )
        parts.append(opening + _marked(text, start, end, kept) + Markup("</a>"))
        position = end
    parts.append(_marked(text, position, len(text), kept))
    return Markup("").join(parts)


def hits(text: str, query: str) -> Markup:
    """Text with the words of a search marked and no links, for places that are a link themselves."""
    text = clean(text)
    return _marked(text, 0, len(text), search_hits(text, query))


def search_hits(text: str, query: str) -> list[Mark]:
    """Where the words of a search occur. Words shorter than two letters would mark half the page."""
    words = sorted({re.escape(w) for w in query.split() if len(w) > 1}, key=len, reverse=True)
    if not words:
        return []
    return [Mark(m.start(), m.end(), "hit", "") for m in re.finditer("|".join(words), text, re.IGNORECASE)]


def _marked(text: str, start: int, end: int, marks: list[Mark]) -> Markup:
    """Cut at every edge of a mark, so that overlapping marks become flat neighbours and never cross."""
    near = [m for m in marks if m.start < end and m.end > start]
    edges = sorted({start, end, *(p for m in near for p in (m.start, m.end) if start < p < end)})
    parts: list[Markup] = []
    for left, right in pairwise(edges):
        piece = escape(text[left:right])
        over = [m for m in near if m.start <= left and m.end >= right]
        if over:
            kinds = " ".join(dict.fromkeys(f"mark-{m.kind}" for m in over))
            why = "; ".join(dict.fromkeys(m.why for m in over if m.why))
            title = Markup(' title="{}"').format(clean(why)) if why else Markup()
            piece = Markup('<mark class="{}"{}>{}</mark>').format(kinds, title, piece)
        parts.append(piece)
    return Markup("").join(parts)
