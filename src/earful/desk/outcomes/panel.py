"""What a case's page shows of its outcome: how it stands and why, how it came to that, and what may be said of it."""

from msgspec import Struct

from earful.desk.outcomes import service, words
from earful.desk.outcomes.reading import Reading
from earful.model.desk import CaseDetail, Outcome, TimelineMessage
from earful.model.message import Direction, MessageKind
from earful.model.time import Instant
from earful.outbox import service as outbox
from earful.store.tx import Tx

SAYABLE = 8
"""The customer's newest messages that can be pointed to."""
_FIXABLE = frozenset({Outcome.ANSWERED, Outcome.RETURNED, Outcome.SILENT, Outcome.BRUSHED_OFF})


class Line(Struct, frozen=True, kw_only=True):
    """One outcome of the history."""

    outcome: Outcome
    since: int
    why: list[str]
    message_id: str
    """The message that it rests on; empty for none."""


class Pointable(Struct, frozen=True, kw_only=True):
    """A message of the customer that may say whether it is fixed."""

    id: str
    text: str


class Panel(Struct, frozen=True, kw_only=True):
    """The outcome of a case. `lines`: newest first."""

    lines: list[Line]
    why: str
    may_claim: bool
    may_ask: bool
    may_verify: bool
    messages: list[Pointable]
    readings: list[str]


def panel(tx: Tx, detail: CaseDetail, now: Instant) -> Panel:
    """What the page shows of a case."""
    row = detail.row
    said = {item.id for item in detail.timeline if isinstance(item, TimelineMessage)}
    lines = [
        Line(
            outcome=change.outcome,
            since=change.since,
            why=[words.why(one) for one in change.because],
            message_id=next((one.id for one in reversed(change.because) if one.id in said), ""),
        )
        for change in reversed(service.of(tx, row.id))
    ]
    answered = row.outcome not in (Outcome.UNANSWERED, Outcome.BRUSHED_OFF)
    theirs = [
        Pointable(id=item.id, text=" ".join(item.text.split())[:80])
        for item in detail.timeline
        if isinstance(item, TimelineMessage)
        and item.direction is Direction.INBOUND
        and item.kind is not MessageKind.SYSTEM
        and item.deleted_at is None
    ]
    return Panel(
        lines=lines,
        why=lines[0].why[-1] if lines and lines[0].why and lines[0].outcome is row.outcome else "",
        may_claim=row.outcome in _FIXABLE,
        may_ask=row.outcome is Outcome.CLAIMED
        and bool(detail.reply_to)
        and service.may_ask(tx, row.id, now, outbox.cancelled_of(tx, row.id)),
        may_verify=answered and row.outcome is not Outcome.VERIFIED,
        messages=theirs[::-1][:SAYABLE] if answered else [],
        readings=[one.value for one in Reading],
    )
