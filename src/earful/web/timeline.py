"""How a case's timeline is laid out: days, the "new since you looked" line, events folded into one line."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from enum import StrEnum

from msgspec import Struct

from earful.model.desk import TimelineEvent, TimelineItem, TimelineMessage, TimelineNote, TimelineReply
from earful.model.message import PRIVATE, Direction, Visibility
from earful.model.time import moment


class Piece(StrEnum):
    """What a block of the timeline is; also the name of the macro that draws it."""

    DAY = "day"
    NEW = "new"
    MESSAGE = "message"
    REPLY = "reply"
    NOTE = "note"
    EVENTS = "events"


class Block(Struct, frozen=True, kw_only=True):
    """One block, in order. `items` has several only for folded events."""

    piece: Piece
    at: int
    items: list[TimelineItem] = []


PIECES = {TimelineMessage: Piece.MESSAGE, TimelineReply: Piece.REPLY, TimelineNote: Piece.NOTE}


def blocks(items: Sequence[TimelineItem], seen_at: int | None, zone: tzinfo = UTC) -> list[Block]:
    """Lay out items that are already in order of time.

    The line "new since you looked" stands before the first customer's message after `seen_at`; there is
    none on a first visit, when all of it would be new.
    """
    laid: list[Block] = []
    day = None
    divided = seen_at is None
    for item in items:
        if (today := moment(item.at).astimezone(zone).date()) != day:
            day = today
            laid.append(Block(piece=Piece.DAY, at=item.at))
        if not divided and _is_news(item, seen_at or 0):
            divided = True
            laid.append(Block(piece=Piece.NEW, at=item.at))
        if not isinstance(item, TimelineEvent):
            laid.append(Block(piece=PIECES[type(item)], at=item.at, items=[item]))
        elif laid and laid[-1].piece is Piece.EVENTS:
            laid[-1] = Block(piece=Piece.EVENTS, at=laid[-1].at, items=[*laid[-1].items, item])
        else:
            laid.append(Block(piece=Piece.EVENTS, at=item.at, items=[item]))
    return laid


def _is_news(item: TimelineItem, seen_at: int) -> bool:
    return isinstance(item, TimelineMessage) and item.direction is Direction.INBOUND and item.at > seen_at


def newest_rated(items: Sequence[TimelineItem]) -> TimelineMessage | None:
    """The newest customer's message with a rating: the one that the context pane explains."""
    rated = (i for i in reversed(items) if isinstance(i, TimelineMessage) and i.rating is not None)
    return next(rated, None)


def is_private(audience: Visibility) -> bool:
    """Whether only the people addressed can see it."""
    return audience in PRIVATE
