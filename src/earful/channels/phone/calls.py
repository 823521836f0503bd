"""A call as messages: the contract for telephone systems, and what a colleague writes down.

What the caller said is a message of theirs. A call that was answered is an answer, so it has one of ours beside it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from earful.channels.kit.html import scrub
from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Visibility,
)

NAMESPACE = "call"
FEWEST_DIGITS = 3
ANONYMOUS = "anonymous"
Short = Annotated[str, Meta(max_length=200)]
When = Annotated[datetime, Meta(tz=True)]
Long = Annotated[str, Meta(max_length=100_000)]


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    MISSED = "missed"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    FAILED = "failed"


_THEY = {
    Outcome.ANSWERED: "Called.",
    Outcome.MISSED: "Called; nobody answered.",
    Outcome.VOICEMAIL: "Called and left a message.",
    Outcome.BUSY: "Called; the line was busy.",
    Outcome.FAILED: "Called; the call broke off.",
}
_WE = {
    Outcome.ANSWERED: "We called and spoke to them.",
    Outcome.MISSED: "We called; nobody answered.",
    Outcome.VOICEMAIL: "We called and left a message.",
    Outcome.BUSY: "We called; the line was busy.",
    Outcome.FAILED: "We called; the call broke off.",
}


class Call(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call, as a telephone system hands it in."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    """The telephone system's own: the same one twice is one call."""
    from_: Short = field(name="from")
    """Who called: a number as +14155550123, or anything else for a caller without one."""
    to: Short
    """Who was called."""
    started_at: When
    """With a zone: 2026-11-22T09:30:00Z."""
    ended_at: When | None = None
    direction: Direction = Direction.INBOUND
    """`outbound` when we called."""
    outcome: Outcome = Outcome.ANSWERED
    name: Short = ""
    """Of the customer, where the system knows it."""
    agent: Short = ""
    """Who of us spoke."""
    transcript: Long = ""
    """What was said, as text."""
    recording_url: Annotated[str, Meta(max_length=4_000, pattern=r"^(https?://\S+)?$")] = ""
    note: Long = ""
    """What our side wrote down."""
    answer: Long = ""
    """What we said or promised, where it is written down apart."""
    updated_at: When | None = None
    """Given when a call that was handed in before is told better: a transcript that came later."""


def number_of(text: str) -> str:
    """A number as it is dialled, without what makes it readable; empty for what is none."""
    text = text.strip().removeprefix("tel:")
    digits = "".join(char for char in text if char.isascii() and char.isdigit())
    if len(digits) < FEWEST_DIGITS or any(char.isalpha() for char in text):
        return ""
    return f"+{digits}" if text.startswith("+") else f"+{digits[2:]}" if digits.startswith("00") else digits


def customer_of(number: str, name: str, call_id: str) -> Actor:
    """Whoever was on the other side. Callers without a number are not one person: each is a stranger."""
    known = number_of(number)
    if known:
        return Actor(native_id=known, handle=known, name=name or known, alt_ids={"phone": known})
    return Actor(native_id=f"{ANONYMOUS}:{call_id}", name=name or "Unknown caller")


def messages_of(call: Call) -> list[IncomingMessage]:
    """What a call says: a message of whoever called, and one of the other side where they spoke."""
    inbound = call.direction is Direction.INBOUND
    ours, theirs = (call.to, call.from_) if inbound else (call.from_, call.to)
    customer = customer_of(theirs, call.name, call.id)
    note, heard, answer = (scrub(one).strip() for one in (call.note, call.transcript, call.answer))
    spoken = Spoken(
        id=call.id,
        kind=MessageKind.VOICEMAIL if call.outcome is Outcome.VOICEMAIL else MessageKind.CALL,
        customer=customer,
        agent=call.agent,
        our=number_of(ours) or ours,
        started_at=call.started_at,
        ended_at=call.ended_at,
        updated_at=call.updated_at,
        files=[_recording(call.recording_url)] if call.recording_url else [],
    )
    met = call.outcome is Outcome.ANSWERED
    if not inbound:
        words = note or _WE[call.outcome]
        if met and heard:
            # They spoke as well: what they said has a case, and ours is the answer to it.
            return [
                spoken.theirs(heard),
                spoken.ours(_paragraphs(words, answer), f"{call.id}:answer", call.id),
            ]
        return [spoken.ours(_paragraphs(words, heard, answer), call.id)]
    found = [spoken.theirs(_paragraphs(note, heard) or _THEY[call.outcome])]
    if met:
        found.append(spoken.ours(answer or spoken.answered(), f"{call.id}:answer", call.id))
    return found


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


class Spoken(Struct, frozen=True, kw_only=True):
    """Something that was said by voice, on the phone or face to face."""

    id: str
    kind: MessageKind
    customer: Actor
    agent: str
    our: str
    started_at: datetime
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    files: list[Attachment] = []

    def theirs(self, text: str) -> IncomingMessage:
        """What the customer said."""
        return self._message(
            self.id, text, self.customer, Direction.INBOUND, self.started_at, files=self.files
        )

    def ours(self, text: str, native_id: str, parent: str = "") -> IncomingMessage:
        """What we said."""
        name = self.agent or self.our or "us"
        us = Actor(native_id=name, name=self.agent, handle=self.our)
        after = self.started_at + timedelta(seconds=1)
        at = max(self.ended_at or after, after) if parent else self.started_at
        files = [] if parent else self.files
        return self._message(native_id, text, us, Direction.OUTBOUND, at, parent=parent, files=files)

    def answered(self) -> str:
        """That it was answered, where nobody wrote down what was said."""
        by = f" by {self.agent}" if self.agent else ""
        if self.ended_at is None:
            return f"Answered on the phone{by}."
        minutes = max(round((self.ended_at - self.started_at).total_seconds() / 60), 1)
        return f"Answered on the phone{by}, {minutes} min."

    def _message(
        self, native_id: str, text: str, author: Actor, direction: Direction, at: datetime, *, parent: str = "",
        files: list[Attachment],
    ) -> IncomingMessage:  # fmt: skip
        return IncomingMessage(
            native_id=native_id,
            namespace=NAMESPACE,
            occurred_at=at,
            edited_at=self.updated_at,
            change=Change.EDIT if self.updated_at is not None else Change.CREATE,
            author=author,
            direction=direction,
            kind=self.kind,
            visibility=Visibility.DIRECT,
            text=text,
            thread=self.customer.native_id,
            parent_id=parent,
            recipients=[self.customer] if direction is Direction.OUTBOUND else [],
            attachments=files,
            context={"at": int(at.timestamp())},
        )


def _recording(url: str) -> Attachment:
    return Attachment(kind="audio", url=url, name="Recording")
