"""What the messages of a case say of the case. Pure: the same messages give the same facts in any order."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from msgspec import Struct

from earful.desk.outcomes.reading import Reading
from earful.model.desk import Outcome, Status
from earful.model.message import Direction, MessageKind

PREVIEW = 160
TITLE = 80
REOPEN_WITHIN = 14 * 24 * 3_600_000
"""A customer who writes to a case closed for longer opens a new one."""

SNOOZE_AT_MOST = 5 * 365 * 24 * 3_600_000
"""Further ahead nobody means it, and at the end of the calendar no zone can show it."""

TOPIC_TITLES = {
    "delivery": "Delivery",
    "billing": "Billing",
    "defect": "Defect",
    "staff": "Staff",
    "app_or_site": "App or site",
    "outage": "Outage",
    "returns": "Returns",
    "account_access": "Account access",
    "price": "Price",
    "safety": "Safety",
}


class Said(Struct, frozen=True, kw_only=True):
    """One message of a case, as far as the case cares. Rating fields are empty for what was not rated."""

    message_id: str
    direction: Direction
    kind: MessageKind
    at: int
    text: str
    subject: str
    deleted: bool
    network: str
    channel_id: str
    rated_kind: str = ""
    sentiment: str = ""
    topic: str = ""
    severity: int = 0
    priority: int = 0
    tried_before: tuple[str, ...] = ()
    reach_tier: str = ""
    window: int = 0
    """Milliseconds in which the network lets us answer this freely; 0 for no limit."""


class Facts(Struct, frozen=True, kw_only=True):
    """What a case's row says, derived from its messages alone."""

    title: str
    priority: int
    severity: int
    kind: str
    topic: str
    sentiment: str
    network: str
    channel_id: str
    preview: str
    tried_before: str
    reach_tier: str
    last_direction: str
    last_deleted: bool
    message_count: int
    opened_at: int
    last_message_at: int
    awaiting_since: int | None
    window_until: int | None
    """Until when the network lets us answer freely in private; None where it has no limit."""
    answered: bool
    """We said something at or after the customer's first message."""


def summarise(messages: Iterable[Said]) -> Facts:
    """Derive the facts of a case.

    The customer waits since their first message after our last; what waits (or, when nothing does, what they
    said last) sets priority, severity, kind, topic and sentiment. System messages, such as automatic replies,
    are shown but make nobody wait. Raises ValueError without messages.
    """
    said = sorted(messages, key=lambda one: (one.at, one.message_id))
    if not said:
        raise ValueError("a case has at least one message")
    theirs, waiting, answered_at = _sides(said)
    speaking = waiting or theirs[-1:] or said[-1:]
    lead = max(speaking, key=lambda one: (one.priority, one.at, one.message_id))
    last, first = said[-1], (theirs or said)[0]
    tried = dict.fromkeys(channel for one in theirs for channel in one.tried_before)
    return Facts(
        title=title_of(first, lead),
        priority=max(one.priority for one in speaking),
        severity=max(one.severity for one in speaking),
        kind=lead.rated_kind or "other",
        topic=lead.topic or "other",
        sentiment=lead.sentiment or "neutral",
        network=last.network,
        channel_id=last.channel_id,
        preview=one_line(last.text or last.subject, PREVIEW),
        tried_before=" ".join(tried),
        reach_tier=lead.reach_tier,
        last_direction=last.direction.value,
        last_deleted=last.deleted,
        message_count=len(said),
        opened_at=said[0].at,
        last_message_at=last.at,
        awaiting_since=waiting[0].at if waiting else None,
        window_until=max((one.at + one.window for one in theirs if one.window), default=None),
        answered=answered_at is not None and answered_at >= first.at,
    )


class Speech(Protocol):
    """As much of a message as decides whether it speaks for its case."""

    @property
    def message_id(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def kind(self) -> MessageKind: ...
    @property
    def at(self) -> int: ...
    @property
    def deleted(self) -> bool: ...


S = TypeVar("S", bound=Speech)


def _sides(said: list[S]) -> tuple[list[S], list[S], int | None]:
    """What the customer said, what of it waits, and when we said something last. `said` is in order."""
    theirs = [
        one for one in said if one.direction is Direction.INBOUND and one.kind is not MessageKind.SYSTEM
    ]
    ours = [one for one in said if one.direction is Direction.OUTBOUND]
    answered_at = ours[-1].at if ours else None
    waiting = [one for one in theirs if (answered_at is None or one.at > answered_at) and not one.deleted]
    return theirs, waiting, answered_at


def speaking(messages: Iterable[S]) -> list[S]:
    """The messages that set a case's priority: those that wait, else what the customer said last."""
    said = sorted(messages, key=lambda one: (one.at, one.message_id))
    theirs, waiting, _ = _sides(said)
    return waiting or theirs[-1:] or said[-1:]


def title_of(first: Said, lead: Said) -> str:
    """A mail's subject, else the topic and the first words."""
    if first.subject:
        return one_line(first.subject, TITLE)
    words = one_line(first.text, TITLE - 16)
    topic = TOPIC_TITLES.get(lead.topic)
    if not words:
        return topic or "Message without text"
    return f"{topic}: {words}" if topic else words


def one_line(text: str, length: int) -> str:
    """Text on one line, cut at a word with an ellipsis."""
    line = " ".join(text[: 4 * length].split())
    if len(line) <= length:
        return line
    cut = line[:length].rsplit(" ", 1)[0] if " " in line[:length] else line[:length]
    return cut.rstrip(" ,.;:") + "…"


class Standing(Struct, frozen=True, kw_only=True):
    """Where a case stands."""

    status: Status
    outcome: Outcome
    snoozed_until: int | None = None
    closed_at: int | None = None


def after_message(
    standing: Standing, newest: Said, facts: Facts, reading: Reading = Reading.UNCLEAR
) -> Standing:
    """Where a case stands after its messages changed; `newest` is what its customer said last, `reading` what it
    says of whether it is fixed.

    A customer who writes brings a waiting or snoozed case back. A closed case reopens, unless they say that it is
    fixed or only praise. Answering turns `unanswered` into `answered`; every other outcome is derived by the rules
    of outcomes.
    """
    outcome = standing.outcome
    if facts.answered and outcome is Outcome.UNANSWERED:
        outcome = Outcome.ANSWERED
    speaks = newest.direction is Direction.INBOUND and newest.kind is not MessageKind.SYSTEM
    if not speaks or newest.deleted or facts.awaiting_since is None or newest.at < facts.awaiting_since:
        return Standing(
            status=standing.status,
            outcome=outcome,
            snoozed_until=standing.snoozed_until,
            closed_at=standing.closed_at,
        )
    if standing.status is not Status.CLOSED:
        return Standing(status=Status.OPEN, outcome=outcome)
    written_before = standing.closed_at is not None and newest.at <= standing.closed_at
    content = reading is Reading.CONFIRMED or (reading is Reading.UNCLEAR and newest.rated_kind == "praise")
    if written_before or content:
        return Standing(status=Status.CLOSED, outcome=outcome, closed_at=standing.closed_at)
    return Standing(status=Status.OPEN, outcome=outcome)


def wants_new_case(status: Status, closed_at: int | None, at: int) -> bool:
    """Whether what a customer writes at `at` is another matter, because theirs was closed long before."""
    return status is Status.CLOSED and closed_at is not None and at - closed_at > REOPEN_WITHIN


CLOSING = (
    Outcome.CLAIMED,
    Outcome.ANSWERED,
    Outcome.UNANSWERED,
    Outcome.BRUSHED_OFF,
)
"""What a person may close a case with. The others come from what happens, or from a check."""


def closed_as(stands: Outcome, said: Outcome) -> Outcome:
    """The outcome of a case right after it was closed: a claim or a brush-off counts, unless more is known."""
    known = stands in (Outcome.CONFIRMED, Outcome.VERIFIED)
    return said if said in (Outcome.CLAIMED, Outcome.BRUSHED_OFF) and not known else stands
