"""What can be done to many cases at once, and what an undo may touch. Pure."""

from enum import StrEnum

from msgspec import Struct

from earful.desk.cases.rules import CLOSING, SNOOZE_AT_MOST, Standing
from earful.model.desk import Outcome, Status

MOST = 5_000
"""Cases in one act."""
WHY_MOST = 500
TAG_MOST = 40


class Act(StrEnum):
    """One thing to do to each case."""

    ASSIGN = "assign"
    QUEUE = "queue"
    """Hand over to a team: its queue gets the cases."""
    TAG = "tag"
    UNTAG = "untag"
    STATUS = "status"
    SNOOZE = "snooze"
    CLOSE = "close"
    UNDO = "undo"


class Result(StrEnum):
    """What came of it for one case."""

    CHANGED = "changed"
    SAME = "same"
    """It was so already."""
    REFUSED = "refused"


class Wanted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act with what it needs: `user_id` (empty: nobody), `queue`, `tag`, `status`, `until` or `outcome`."""

    act: Act
    user_id: str = ""
    queue: str = ""
    tag: str = ""
    status: str = ""
    until: int = 0
    outcome: str = ""


class Before(Struct, frozen=True, kw_only=True):
    """How a case stood before it was changed."""

    assignee_id: str | None
    queue: str
    route_id: str
    standing: Standing


class InvalidActError(ValueError):
    """This cannot be done to any case; the message says why."""


def check(wanted: Wanted, now: int) -> Wanted:
    """The act with its texts in order. Raises InvalidActError for one that makes no sense for any case."""
    if wanted.act in (Act.TAG, Act.UNTAG):
        tag = "-".join(wanted.tag.lower().split())[:TAG_MOST]
        if not tag:
            raise InvalidActError("Write a tag of at least one letter.")
        return Wanted(act=wanted.act, tag=tag)
    if wanted.act is Act.STATUS and wanted.status not in (Status.OPEN, Status.WAITING):
        raise InvalidActError("Choose open or waiting; close with an outcome, snooze until a time.")
    if wanted.act is Act.SNOOZE and not now < wanted.until <= now + SNOOZE_AT_MOST:
        raise InvalidActError("Choose a time in the future, at most five years ahead.")
    if wanted.act is Act.CLOSE and wanted.outcome not in {one.value for one in CLOSING}:
        raise InvalidActError(f"Close with one of: {', '.join(sorted(CLOSING))}.")
    if wanted.act is Act.UNDO:
        raise InvalidActError("An undo belongs to an act that was done; ask for it there.")
    return wanted


def touched(wanted: Wanted, now: Before) -> bool:
    """Whether somebody changed, after an act on it, what the undo would put back."""
    match wanted.act:
        case Act.ASSIGN:
            return (now.assignee_id or "") != wanted.user_id
        case Act.QUEUE:
            return now.assignee_id is not None or now.queue != wanted.queue
        case Act.STATUS:
            return now.standing.status != wanted.status
        case Act.SNOOZE:
            return now.standing.status is not Status.SNOOZED or now.standing.snoozed_until != wanted.until
        case Act.CLOSE:
            return now.standing.status is not Status.CLOSED
        case _:
            return False


def outcome_of(wanted: Wanted) -> Outcome:
    """The outcome to close with."""
    return Outcome(wanted.outcome)
