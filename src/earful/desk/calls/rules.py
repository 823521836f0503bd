"""What a colleague writes down of a call or a visit, and the messages that it becomes. Pure."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct

from earful.channels.kit.html import scrub
from earful.channels.phone.calls import NAMESPACE, Call, Outcome, Spoken, customer_of, messages_of, number_of
from earful.model.message import Change, Direction, IncomingMessage, MessageKind, Network
from earful.model.time import DAY, MINUTE, Instant, moment

OLDEST_DAYS = 365
MOST_MINUTES = 24 * 60
OUTCOMES = (Outcome.ANSWERED, Outcome.MISSED, Outcome.VOICEMAIL)
"""That a form offers; telephone systems tell more."""


class Kind(StrEnum):
    """What is written down."""

    CALL = "call"
    VISIT = "visit"


NETWORK = {Kind.CALL: Network.PHONE, Kind.VISIT: Network.IN_PERSON}
CHANNEL = {Kind.CALL: "phone-log", Kind.VISIT: "visits"}
"""Names of the channels that are made when there is none of that network."""


class Entry(Struct, frozen=True, kw_only=True):
    """One call or visit as it is written down. `id` is chosen by the form: handing it in twice is one entry."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: Kind = Kind.CALL
    direction: Direction = Direction.INBOUND
    """`outbound`: we called, or we went there."""
    number: Annotated[str, Meta(max_length=60)] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    started_at: int = 0
    """An instant; 0 for now."""
    minutes: Annotated[int, Meta(ge=0, le=MOST_MINUTES)] = 0
    place: Annotated[str, Meta(max_length=200)] = ""
    """Of a visit: the shop, their home, a fair."""
    said: Annotated[str, Meta(max_length=20_000)] = ""
    """What the customer said."""
    answer: Annotated[str, Meta(max_length=20_000)] = ""
    """What we said or promised."""
    outcome: Outcome = Outcome.ANSWERED
    """Of a call."""
    channel_id: Annotated[str, Meta(max_length=36)] = ""
    """Which of several numbers; empty for the first."""


def problem_of(entry: Entry, now: Instant) -> tuple[str, str] | None:
    """(field, words) of what is missing or wrong; None when it can be kept."""
    if entry.number and not number_of(entry.number):
        return (
            "number",
            "Write the number as it is dialled: +1 415 555 0123. Leave it empty if it is not known.",
        )
    if not entry.number and not entry.name.strip():
        return "name", "Say who it was: a number or a name. One of them is enough."
    met = entry.kind is Kind.VISIT or entry.outcome is Outcome.ANSWERED
    if met and not entry.said.strip() and not entry.answer.strip():
        return "said", "Write down what was said, in a few words."
    if entry.started_at and not now - OLDEST_DAYS * DAY <= entry.started_at <= now + MINUTE:
        return "started_at", f"Choose a time that has passed, not more than {OLDEST_DAYS} days ago."
    return None


def messages(entry: Entry, agent: str, our: str, now: Instant) -> list[IncomingMessage]:
    """The messages of an entry. `agent` is who writes it down, `our` the number or place that was reached."""
    began = moment(entry.started_at or now - entry.minutes * MINUTE)
    ended = began + timedelta(minutes=entry.minutes) if entry.minutes else None
    if entry.kind is Kind.CALL:
        inbound = entry.direction is Direction.INBOUND
        call = Call(
            id=entry.id, from_=entry.number if inbound else our, to=our if inbound else entry.number, started_at=began,
            ended_at=ended, direction=entry.direction, outcome=entry.outcome, name=entry.name.strip(), agent=agent,
            note=entry.said if inbound else "", transcript="" if inbound else entry.said, answer=entry.answer,
        )  # fmt: skip
        return messages_of(call)
    return _visit(entry, agent, our, began, ended)


def _visit(
    entry: Entry, agent: str, our: str, began: datetime, ended: datetime | None
) -> list[IncomingMessage]:
    customer = customer_of(entry.number, entry.name.strip(), entry.id)
    place = f" ({entry.place.strip()})" if entry.place.strip() else ""
    spoken = Spoken(
        id=entry.id, kind=MessageKind.VISIT, customer=customer, agent=agent, our=our, started_at=began, ended_at=ended
    )  # fmt: skip
    said, answer = scrub(entry.said).strip(), scrub(entry.answer).strip()
    came = "Came to us" if entry.direction is Direction.INBOUND else "We went to see them"
    found = [spoken.theirs(said or f"{came}{place}.")]
    if said and place:
        found = [spoken.theirs(f"{said}\n\n{came}{place}.")]
    found.append(spoken.ours(answer or f"Spoke with {agent}.", f"{entry.id}:answer", entry.id))
    return found


def taken_back(entry_id: str, now: Instant) -> list[IncomingMessage]:
    """The tombstones of an entry."""
    return [
        IncomingMessage(native_id=name, namespace=NAMESPACE, occurred_at=moment(now), change=Change.DELETE)
        for name in (entry_id, f"{entry_id}:answer")
    ]


def instant_of(local: str, zone: str) -> int:
    """The instant of a local time of a form; 0 for none. Raises ValueError for what is no time."""
    if not local.strip():
        return 0
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        here = ZoneInfo("UTC")
    try:
        return round(datetime.fromisoformat(local).replace(tzinfo=here).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise ValueError("Choose a day and a time, or leave it empty for just now.") from error
