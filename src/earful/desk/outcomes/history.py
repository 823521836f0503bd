"""What happened in a case, put together from its messages, the log and what people said of readings. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.outcomes import reading
from earful.desk.outcomes.reading import Pointing, Read, Reading
from earful.desk.outcomes.rules import Happened, Step
from earful.model.desk import Outcome
from earful.model.message import PRIVATE, Direction, MessageKind, Visibility

CASE_CHANGED, ACTED, ARRIVED = "case.changed", "outcome.acted", "handoff.arrived"
TYPES = (CASE_CHANGED, ACTED, ARRIVED)
"""Events that a history is made of."""
POINTS, ANSWERS = "points", "answers"
"""What a colleague can say of a reply of ours that was read wrongly."""

Row = Mapping[str, Any]


class Change(Struct, frozen=True):
    """As much of `case.changed` as counts here."""

    what: str = ""
    detail: str = ""


class Act(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody said of an outcome: data of `outcome.acted`, whose subject is the act's own id."""

    what: str = ""
    """`claimed`, `verified`, `read`, `asked` or `withdrawn`."""
    reason: str = ""
    message: str = ""
    """Of `read`: the message that was read wrongly. Of `asked`: the reply that asks."""
    reading: str = ""
    """Of `read`: what it really says."""
    act: str = ""
    """Of `withdrawn`: what is taken back."""


class _Rated(Struct):
    sentiment_p: dict[str, float] = {}


_change = msgspec.json.Decoder(Change)
_act = msgspec.json.Decoder(Act)
_rated = msgspec.json.Decoder(_Rated)
_UNDOABLE = frozenset({"status", "snoozed", "closed", "reopened"})


class Log(Struct, frozen=True, kw_only=True):
    """What the log says of a case, with what was taken back left out."""

    steps: list[Happened]
    readings: dict[str, str]
    """message -> what a colleague says that it says."""
    asked: list[tuple[int, str]]
    """(when, reply) of each question whether it is fixed."""


def from_log(events: Iterable[Row], names: Mapping[str, str]) -> Log:
    """Read a case's events, oldest first. `names`: who the actors are."""
    rows = list(events)
    withdrawn = {
        act.act for act in (_act.decode(row["data"]) for row in rows if row["type"] == ACTED)
        if act.what == "withdrawn"
    }  # fmt: skip
    steps: list[Happened] = []
    readings: dict[str, str] = {}
    asked: list[tuple[int, str]] = []
    stack: list[Happened | None] = []
    for row in rows:
        by = names.get(row["actor"], "")
        if row["type"] == ARRIVED:
            steps.append(Happened(step=Step.ARRIVED, at=row["at"], id=row["subject"]))
        elif row["type"] == CASE_CHANGED:
            change = _change.decode(row["data"])
            if change.what == "restored" and stack:
                stack.pop()
            elif change.what in _UNDOABLE:
                stack.append(_settling(row, change, by))
        elif row["subject"] not in withdrawn:
            act = _act.decode(row["data"])
            if act.what == "read":
                readings[act.message] = act.reading
            elif act.what == "asked":
                asked.append((row["at"], act.message))
            elif act.what in (Step.CLAIMED, Step.VERIFIED):
                steps.append(
                    Happened(step=Step(act.what), at=row["at"], id=row["subject"], by=by, words=act.reason)
                )
    return Log(steps=steps + [one for one in stack if one is not None], readings=readings, asked=asked)


def _settling(row: Row, change: Change, by: str) -> Happened | None:
    if change.what == "reopened":
        return Happened(step=Step.REOPENED, at=row["at"], id=str(row["seq"]))
    if change.what != "closed":
        return None
    step = {Outcome.CLAIMED: Step.CLAIMED, Outcome.BRUSHED_OFF: Step.SENT_AWAY}
    chosen = step.get(Outcome(change.detail), Step.CLOSED)
    return Happened(step=chosen, at=row["at"], id=str(row["seq"]), by=by)


def from_messages(
    messages: Sequence[Row],
    texts: Mapping[str, Row],
    readings: Mapping[str, str],
    returned: Mapping[str, str],
) -> list[Happened]:
    """Read a case's messages. `texts`: with rating, of those that still say something; `returned`: message -> why it
    belongs to an earlier matter, of those that came another way."""
    found = []
    for row in messages:
        if row["kind"] == MessageKind.SYSTEM or row["deleted_at"] is not None:
            continue
        inbound = row["direction"] == Direction.INBOUND
        text = texts.get(row["id"])
        corrected = readings.get(row["id"], "")
        found.append(
            Happened(
                step=Step.HEARD if inbound else Step.SAID,
                at=row["occurred_at"],
                id=row["id"],
                network=row["network"],
                private=Visibility(row["visibility"]) in PRIVATE,
                complaint=inbound and row["rated"] == "complaint",
                same_matter=row["id"] in returned,
                words=returned.get(row["id"], ""),
                read=_read(text, corrected) if inbound and text is not None else None,
                pointing=_pointing(text, corrected) if not inbound and text is not None else None,
            )
        )
    return found


def _read(row: Row, corrected: str) -> Read:
    displeased = _rated.decode(row["rating"]).sentiment_p.get("negative", 0.0) if row["rating"] else 0.0
    found = reading.read(row["text"], displeased)
    if corrected not in set(Reading) or corrected == found.reading:
        return found
    # The words were read for something else: what is shown is all that was said.
    words = " ".join(row["text"].split())[:200]
    return Read(reading=Reading(corrected), words=words, span=(0, len(row["text"])))


def _pointing(row: Row, corrected: str) -> Pointing | None:
    if corrected == ANSWERS:
        return None
    found = reading.pointing(row["text"])
    if found is None and corrected == POINTS:
        return Pointing(to="", words=" ".join(row["text"].split())[:200], span=(0, len(row["text"])))
    return found
