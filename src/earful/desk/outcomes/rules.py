"""What became of a case: a pure function of what happened in it. docs/explanation/outcomes.md says the same in words.

Silence is never success: nothing but a customer's own words confirms, and nothing but a check verifies.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from earful.desk.outcomes.reading import Pointing, Read, Reading
from earful.model.desk import Outcome
from earful.model.time import DAY, HOUR, MINUTE, Instant

RULES = 1
"""The version of these rules and of the phrases. Whoever changes what they say of any history raises it: every case
is then derived anew in the background, and what older rules said stays in the history."""


class Step(StrEnum):
    """What can happen in a case, as far as its outcome cares."""

    HEARD = "heard"
    """The customer said something."""
    SAID = "said"
    """We said something."""
    CLAIMED = "claimed"
    """A colleague says that it is fixed."""
    CLOSED = "closed"
    """A colleague closed it without a claim."""
    SENT_AWAY = "sent_away"
    """A colleague closed it as sent elsewhere."""
    REOPENED = "reopened"
    VERIFIED = "verified"
    """Somebody or something checked it."""
    ARRIVED = "arrived"
    """The customer came to the place that a handoff named."""
    CAME_BACK = "came_back"
    """The same matter came back in another case."""


class Happened(Struct, frozen=True, kw_only=True):
    """One thing that happened. `id`: of the message, event or handoff."""

    step: Step
    at: int
    id: str
    by: str = ""
    """Who, for what a colleague did."""
    words: str = ""
    """A colleague's reason, or why it is the same matter."""
    network: str = ""
    private: bool = False
    complaint: bool = False
    """Of what a customer said: it complains."""
    same_matter: bool = False
    """Of what a customer said elsewhere: it belongs to a matter that was settled here."""
    read: Read | None = None
    """Of what a customer said."""
    pointing: Pointing | None = None
    """Of what we said: it does nothing but point elsewhere."""


class Settings(Struct, frozen=True, kw_only=True):
    """How long silence and returning take, in days."""

    silent_days: int = 7
    return_days: int = 30


class Evidence(Struct, frozen=True, kw_only=True):
    """Why an outcome holds. `what` names the reason: see `WHY` in `earful.desk.outcomes.words`."""

    what: str
    id: str
    """Of the message, event or handoff; empty for silence."""
    at: int
    words: str = ""
    span: tuple[int, int] = (0, 0)
    """Where the words stand in the message, half-open, in code points; (0, 0) for nowhere."""
    by: str = ""
    after: int | None = None
    """Milliseconds since it was thought settled, for what came back."""


class Derived(Struct, frozen=True, kw_only=True):
    """An outcome, since when, and why."""

    outcome: Outcome
    since: int
    because: tuple[Evidence, ...] = ()


class Ledger(Struct, frozen=True, kw_only=True):
    """Every outcome that a case has had, in order, and when it falls silent if nobody speaks."""

    changes: tuple[Derived, ...]
    silent_at: int | None

    @property
    def now(self) -> Derived:
        """What stands."""
        return self.changes[-1]


_SETTLED = frozenset({Outcome.CLAIMED, Outcome.CONFIRMED, Outcome.VERIFIED, Outcome.SILENT})
_MAY_FALL_SILENT = frozenset({Outcome.ANSWERED, Outcome.CLAIMED})
_ARRIVES_ON = {"phone": {"phone"}, "email": {"email"}, "form": {"chat"}, "chat": {"chat"}}


def outcome(history: Iterable[Happened], settings: Settings, now: Instant) -> Derived:
    """What stands of a case. Raises ValueError for a history without anything in it."""
    return ledger(history, settings, now).now


def ledger(history: Iterable[Happened], settings: Settings, now: Instant) -> Ledger:
    """Every outcome of a case in order. The same for any order of `history`; equal ones count once.

    Raises ValueError for a history without anything in it.
    """
    ordered = sorted(set_of(history), key=lambda one: (one.at, list(Step).index(one.step), one.id))
    if not ordered:
        raise ValueError("a case has a history")
    fold = _Fold(ordered[0].at, settings)
    for one in ordered:
        fold.fall_silent(one.at)
        fold.take(one)
    fold.fall_silent(now)
    return Ledger(changes=tuple(fold.changes), silent_at=fold.silent_at())


def set_of(history: Iterable[Happened]) -> Sequence[Happened]:
    """What happened, each once."""
    return list({(one.step, one.id): one for one in history}.values())


class _Fold:
    """Where the rules stand in the middle of a history."""

    def __init__(self, since: int, settings: Settings) -> None:
        self.settings = settings
        self.changes = [Derived(outcome=Outcome.UNANSWERED, since=since)]
        self.heard_at: int | None = None
        self.said_at: int | None = None
        self.closed = False
        self.settled_at: int | None = None
        self.pointed_to = ""
        self.before_silence: Derived | None = None

    @property
    def state(self) -> Outcome:
        return self.changes[-1].outcome

    def become(self, outcome: Outcome, at: int, *because: Evidence) -> None:
        """Change, unless it is so already."""
        if self.state is not outcome:
            self.changes.append(Derived(outcome=outcome, since=at, because=because))

    def silent_at(self) -> int | None:
        """When it falls silent; None while it is our turn, or when nothing is expected any more."""
        if self.state not in _MAY_FALL_SILENT or self.said_at is None:
            return None
        theirs = self.heard_at or 0
        ours_to_do = self.state is Outcome.ANSWERED and theirs > self.said_at and not self.closed
        last = max(self.said_at, theirs)
        return None if ours_to_do else last + self.settings.silent_days * DAY

    def fall_silent(self, now: int) -> None:
        due = self.silent_at()
        if due is None or due > now:
            return
        self.before_silence = self.changes[-1]
        self.settled_at = due
        self.become(Outcome.SILENT, due, Evidence(what="silence", id="", at=due))

    def break_silence(self, at: int, why: Evidence) -> None:
        before = self.before_silence
        if self.state is Outcome.SILENT and before is not None:
            self.become(before.outcome, at, *before.because, why)

    def take(self, one: Happened) -> None:
        """One more thing happened."""
        if one.step is Step.HEARD:
            self.hear(one)
        elif one.step is Step.SAID:
            self.say(one)
        elif one.step is Step.REOPENED:
            self.closed = False
        elif one.step is Step.CAME_BACK:
            self.come_back(one)
        elif one.step is Step.ARRIVED:
            self.heard_at = one.at
            if self.state is Outcome.BRUSHED_OFF:
                self.become(Outcome.ANSWERED, one.at, Evidence(what="arrived", id=one.id, at=one.at))
        else:
            self.settle(one)

    def settle(self, one: Happened) -> None:
        """A colleague says how it stands."""
        why = Evidence(what=one.step.value, id=one.id, at=one.at, by=one.by, words=one.words)
        self.settled_at = one.at
        if one.step is Step.VERIFIED:
            self.become(Outcome.VERIFIED, one.at, why)
            return
        self.closed = True
        if one.step is Step.CLAIMED and self.state not in (Outcome.CONFIRMED, Outcome.VERIFIED):
            self.said_at = max(one.at, self.said_at or 0)
            self.become(Outcome.CLAIMED, one.at, why)
        if one.step is Step.SENT_AWAY:
            self.become(Outcome.BRUSHED_OFF, one.at, why)

    def say(self, one: Happened) -> None:
        self.said_at = one.at
        if self.heard_at is None:
            return
        self.break_silence(one.at, Evidence(what="wrote_again", id=one.id, at=one.at))
        if self.state not in (Outcome.UNANSWERED, Outcome.BRUSHED_OFF):
            return
        if one.pointing is None:
            self.pointed_to = ""
            self.become(Outcome.ANSWERED, one.at, Evidence(what="answered", id=one.id, at=one.at))
            return
        self.pointed_to = one.pointing.to
        found = Evidence(
            what="only_pointed", id=one.id, at=one.at, words=one.pointing.words, span=one.pointing.span
        )
        self.become(Outcome.BRUSHED_OFF, one.at, found)

    def hear(self, one: Happened) -> None:
        answered = self.said_at is not None or self.state is Outcome.CLAIMED
        read = one.read or Read(reading=Reading.UNCLEAR)
        self.heard_at = one.at
        told = Evidence(
            what=f"customer_{read.reading.value}", id=one.id, at=one.at, words=read.words, span=read.span
        )
        if read.reading is Reading.CONFIRMED and answered:
            self.settled_at = one.at
            if self.state is not Outcome.VERIFIED:
                self.become(Outcome.CONFIRMED, one.at, told)
            return
        again = read.reading is Reading.DENIED or one.complaint or one.same_matter
        if again and self.settled_lately(one.at):
            self.closed = False
            why = replace(told, after=one.at - (self.settled_at or one.at), words=told.words or one.words)
            self.become(Outcome.RETURNED, one.at, why)
        elif self.state is Outcome.SILENT:
            self.break_silence(one.at, Evidence(what="heard_again", id=one.id, at=one.at))
        elif self.state is Outcome.BRUSHED_OFF and self.arrives(one):
            self.become(Outcome.ANSWERED, one.at, Evidence(what="arrived", id=one.id, at=one.at))

    def settled_lately(self, at: int) -> bool:
        """Whether it was thought settled, and not too long ago."""
        settled = self.closed or self.state in _SETTLED
        return (
            settled
            and self.settled_at is not None
            and at - self.settled_at <= self.settings.return_days * DAY
        )

    def arrives(self, one: Happened) -> bool:
        if self.pointed_to == "dm":
            return one.private
        return one.network in _ARRIVES_ON.get(self.pointed_to, set())

    def come_back(self, one: Happened) -> None:
        if self.settled_lately(one.at):
            after = one.at - (self.settled_at or one.at)
            why = Evidence(what="came_back", id=one.id, at=one.at, words=one.words, after=after)
            self.become(Outcome.RETURNED, one.at, why)


def span_of(milliseconds: int) -> str:
    """A length of time in its largest unit: "6 days"."""
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        count = milliseconds // unit
        if count:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


class Matter(Struct, frozen=True, kw_only=True):
    """What tells one matter of a person from another."""

    topic: str = ""
    kinds: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """Groups of near duplicates."""
    orders: frozenset[str] = frozenset()
    """Order numbers, as written."""


_ASKS = frozenset({"complaint", "question", "request"})


def same_matter(new: Matter, old: Matter) -> tuple[str, str] | None:
    """Why what a person says belongs to an earlier matter of theirs, and the words; None when it does not.

    The surest reason first: `order`, then `copy`, then `topic` (never "other", and only for what wants something).
    """
    orders = sorted(new.orders & old.orders)
    if orders:
        return "order", orders[0]
    if new.groups & old.groups:
        return "copy", ""
    if new.topic == old.topic and new.topic not in ("", "other") and new.kinds & _ASKS:
        return "topic", new.topic
    return None
