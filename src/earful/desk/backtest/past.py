"""What is known of a case's past, and the facts of it at any instant. Pure.

What a case says of itself at an instant is derived from its messages until then by the same rules as always. What
has no history (who the person is, in which queue it waits) is taken as it is now.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct

from earful.desk.automation.rules import On
from earful.desk.cases import rules as cases
from earful.desk.cases.rules import Said
from earful.desk.conditions.facts import NO_SET, Facts
from earful.desk.sla import clocks
from earful.desk.sla.clocks import Act, Course, Heard
from earful.model.desk import Outcome, Status

AS_NOW = (
    "case.queue", "case.title", "case.snoozed_until", "person.name", "person.cases", "person.authors", "person.flags",
    "author.handle", "author.name", "author.followers",
)  # fmt: skip
"""Fields whose past is not kept."""
NOW_ONLY = frozenset(AS_NOW)


class Spoken(Struct, frozen=True, kw_only=True):
    """Something that the customer said and did not delete; no automatic message."""

    id: str
    at: int
    live: bool
    """It came within two days; a person could have acted on it."""
    imported: bool
    row: Mapping[str, Any]


class Change(Struct, frozen=True, kw_only=True):
    """What a person changed of a case, or its outcome. `what`: `tagged`, `untagged`, `assigned`, `outcome`."""

    at: int
    what: str
    value: str


class Real(Struct, frozen=True, kw_only=True):
    """The playbook that really was on a case by its condition."""

    run_id: str
    playbook_id: str


class Eyes(Struct, frozen=True, kw_only=True):
    """How rows of messages are read: most are never looked at so closely."""

    values: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """Facts of a message, its rating and its author."""
    said: Callable[[Mapping[str, Any]], Said]
    heard: Callable[[Mapping[str, Any]], Heard]


class Past:
    """The history of one case. Sequences are in order of time."""

    def __init__(
        self,
        *,
        row: Mapping[str, Any],
        rows: Sequence[Mapping[str, Any]],
        events: Sequence[Mapping[str, Any]],
        spoken: Sequence[Spoken],
        messages: Sequence[Mapping[str, Any]],
        eyes: Eyes,
        acts: Sequence[Act],
        changes: Sequence[Change],
        happenings: Sequence[tuple[int, str, On]],
        around: Mapping[str, Any],
        real: Real | None,
        known_steps: frozenset[str] = frozenset(),
    ) -> None:
        self.row = row
        self.rows, self.events = rows, events
        """Messages and events as playbooks read them."""
        self.spoken, self.acts = spoken, acts
        self.messages = messages
        """All that were not deleted, automatic ones too."""
        self._eyes = eyes
        self.changes = changes
        self.happenings = happenings
        """(when, cause, what) that rules look at, beside messages."""
        self.around = around
        """Facts of the case and its person as they are now."""
        self.real, self.known_steps = real, known_steps
        self._facts: dict[int, Facts] = {}
        self._said: dict[str, Said] = {}

    @cached_property
    def course(self) -> Course:
        """What it went through, as its clocks see it."""
        heard = [self._eyes.heard(one) for one in self.rows]
        return clocks.course(heard, self.acts, Status(self.row["status"]), self.row["closed_at"])

    def status_at(self, at: int) -> tuple[Status, int]:
        """Where it stood at an instant, and since when."""
        found, closed_at = (Status.OPEN, self.row["opened_at"]), self.row["closed_at"]
        if (not self.acts or at < self.acts[0].at) and (closed_at is None or at < closed_at):
            return found
        for since, status in self.course.stands:
            if since > at:
                break
            found = (status, since)
        return found

    def newest_at(self, at: int) -> Spoken | None:
        """What its customer had said last at an instant."""
        found = None
        for one in self.spoken:
            if one.at > at:
                break
            found = one
        return found

    def facts_at(self, at: int) -> Facts:
        """Its facts at an instant."""
        known = self._facts.get(at)
        if known is None:
            known = self._facts[at] = self._made(at)
        return known

    def _made(self, at: int) -> Facts:
        newest = self.newest_at(at)
        values: dict[str, Any] = {
            **self.around,
            **(self._eyes.values(newest.row) if newest is not None else {}),
        }
        until = [self._said_of(one) for one in self.messages if one["occurred_at"] <= at]
        if until:
            values |= self._of_case(cases.summarise(until), at)
        return Facts(**values)

    def _said_of(self, row: Mapping[str, Any]) -> Said:
        found = self._said.get(row["id"])
        if found is None:
            found = self._said[row["id"]] = self._eyes.said(row)
        return found

    def _of_case(self, found: cases.Facts, at: int) -> dict[str, Any]:
        status, since = self.status_at(at)
        tags, assignee, outcome = set[str](), None, None
        for one in self.changes:
            if one.at > at:
                break
            if one.what == "tagged":
                tags.add(one.value)
            elif one.what == "untagged":
                tags.discard(one.value)
            elif one.what == "outcome":
                outcome = one.value
            else:
                assignee = one.value or None
        known: dict[str, Any] = {
            "case_status": status.value,
            "case_outcome": outcome or (Outcome.ANSWERED if found.answered else Outcome.UNANSWERED).value,
            "case_assignee": assignee,
            "case_tags": frozenset(tags) if tags else NO_SET,
            "case_network": found.network,
            # The history is read with the names of channels in the place of their ids.
            "case_channel": found.channel_id,
            "case_kind": found.kind,
            "case_topic": found.topic,
            "case_sentiment": found.sentiment,
            "case_severity": found.severity,
            "case_priority": found.priority,
            "case_reach_tier": found.reach_tier,
            "case_tried_before": frozenset(found.tried_before.split()),
            "case_message_count": found.message_count,
            "case_opened_at": found.opened_at,
            "case_last_message_at": found.last_message_at,
            "case_last_direction": found.last_direction,
            "case_awaiting_since": found.awaiting_since,
            "case_unanswered": found.awaiting_since is not None,
            "case_closed_at": since if status is Status.CLOSED else None,
        }
        return known
