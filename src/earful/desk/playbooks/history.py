"""What happened in a case, as far as it can end steps: from its messages and its events. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.playbooks.rules import End
from earful.desk.playbooks.running import REOPENED, SKIPPED, Happened
from earful.model.desk import Outcome, Status
from earful.model.message import PRIVATE, Direction, Visibility

ACTED = "playbook.acted"
OFFERED, ARRIVED = "handoff.offered", "handoff.arrived"
TYPES = ("case.changed", "outcome.changed", OFFERED, ARRIVED, ACTED)
"""Events that a history is made of."""
_HANDOFFS = {OFFERED: End.HANDOFF_OFFERED, ARRIVED: End.HANDOFF_ARRIVED}

Row = Mapping[str, Any]


class Act(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person did to a run: data of `playbook.acted`, whose subject is the act's own id."""

    what: str = ""
    """`tick`, `skipped`, `left` or `withdrawn`."""
    run: str = ""
    step: str = ""
    reason: str = ""
    to: str = ""
    """Of `left`: the run that was begun instead."""
    act: str = ""
    """Of `withdrawn`: what is taken back."""


class _Changed(Struct):
    what: str = ""
    detail: str = ""
    outcome: str = ""
    since: int = 0


_changed = msgspec.json.Decoder(_Changed)
_act = msgspec.json.Decoder(Act)


class Left(Struct, frozen=True, kw_only=True):
    """Somebody left a run."""

    at: int
    who: str
    reason: str


def from_messages(rows: Iterable[Row]) -> list[Happened]:
    """What was said: ours by audience, theirs as an answer."""
    found = []
    for row in rows:
        private = Visibility(row["visibility"]) in PRIVATE
        if row["direction"] == Direction.OUTBOUND:
            what = End.PRIVATE_REPLY if private else End.PUBLIC_REPLY
        else:
            what = End.CUSTOMER_ANSWER
        praise = row["rated"] == "praise"
        found.append(Happened(id=row["id"], at=row["occurred_at"], what=what, praise=praise))
    return found


def acts_of(rows: Iterable[Row], run_id: str) -> list[tuple[Row, Act]]:
    """What people did to a run and did not take back, oldest first."""
    acts = [(row, _act.decode(row["data"])) for row in rows if row["type"] == ACTED]
    withdrawn = {act.act for _, act in acts if act.what == "withdrawn"}
    return [(row, act) for row, act in acts if act.run == run_id and row["subject"] not in withdrawn]


def left(rows: Iterable[Row], run_id: str) -> Left | None:
    """Who left a run, if anybody did."""
    found = [(row, act) for row, act in acts_of(rows, run_id) if act.what == "left"]
    return (
        Left(at=found[-1][0]["at"], who=found[-1][0]["actor"], reason=found[-1][1].reason) if found else None
    )


def from_events(rows: Iterable[Row], run_id: str) -> list[Happened]:
    """What was done in a case and to its run, with what was taken back left out. `rows`: oldest first."""
    events = list(rows)
    found = [
        Happened(
            id=row["subject"], at=row["at"], what=act.what, key=act.step, who=row["actor"], reason=act.reason
        )
        for row, act in acts_of(events, run_id)
        if act.what in (End.TICK, SKIPPED)
    ]
    found += [
        Happened(
            id=f"{row['type']}/{row['subject']}", at=row["at"], what=_HANDOFFS[row["type"]], who=row["actor"]
        )
        for row in events
        if row["type"] in _HANDOFFS
    ]
    return found + _confirmed(events) + _closed(events)


def _confirmed(events: list[Row]) -> list[Happened]:
    """When the customer said that it is fixed, as far as that still stands."""
    found: list[Happened] = []
    for row in events:
        if row["type"] != "outcome.changed":
            continue
        change = _changed.decode(row["data"])
        if found and change.since <= found[-1].at:
            # Somebody corrected how a message was read.
            found.pop()
        if change.outcome == Outcome.CONFIRMED:
            found.append(Happened(id=f"outcome/{row['seq']}", at=change.since, what=End.CUSTOMER_CONFIRMED))
    return found


def _closed(events: list[Row]) -> list[Happened]:
    """When the case was closed and opened; what was undone is left out."""
    stack: list[Happened | None] = []
    for row in events:
        if row["type"] != "case.changed":
            continue
        change = _changed.decode(row["data"])
        if change.what == "restored" and stack:
            stack.pop()
        elif change.what in ("closed", "reopened", "status", "snoozed"):
            what = {"closed": End.CLOSED.value, "reopened": REOPENED}.get(change.what)
            one = (
                Happened(id=f"case/{row['seq']}", at=row["at"], what=what, who=row["actor"]) if what else None
            )
            stack.append(one)
        elif change.what == "restored":
            what = End.CLOSED.value if change.detail == Status.CLOSED else REOPENED
            stack.append(Happened(id=f"case/{row['seq']}", at=row["at"], what=what, who=row["actor"]))
    return [one for one in stack if one is not None]
