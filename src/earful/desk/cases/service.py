"""What people do to cases: one verb, one transaction, one event, one line in the audit log."""

from collections.abc import Mapping

import msgspec

from earful.desk.cases import rules, store
from earful.desk.notices import mentions
from earful.log.contract import Log, NewEvent
from earful.model.desk import Deadline, Outcome, Status
from earful.model.message import Visibility
from earful.model.time import Instant
from earful.store.audit import EARFUL, Who, record
from earful.store.errors import ConflictError
from earful.store.tx import Row, Tx

CHANGED = "case.changed"
NOTED = "case.noted"
SNOOZED_AT_ONCE = 200
TAG_LENGTH = 40

_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such case."""


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


def _case(tx: Tx, case_id: str, version: int | None = None) -> Row:
    row = store.find(tx, case_id)
    if row is None:
        raise NotFoundError("This case does not exist; it may have been merged into another.")
    if version is not None and row["version"] != version:
        raise ConflictError("Somebody changed this case meanwhile; look again before you go on.")
    return row


def _tell(tx: Tx, log: Log, who: Who, case_id: str, what: str, detail: str, now: Instant) -> None:
    told = {"what": what, "detail": detail} | ({"within": who.within} if who.within else {})
    data = _encode(told | caused_by(who)).decode()
    event = NewEvent(type=CHANGED, subject=case_id, case_id=case_id, actor=who.id, at=now, data=data)
    log.append(tx, [event])
    record(tx, who, f"case.{what}", case_id, now, detail)


def tell(tx: Tx, log: Log, who: Who, case_id: str, what: str, detail: str, now: Instant) -> None:
    """Write a line into the history of a case, for a feature that changed what the case shows."""
    store.update_case(tx, _case(tx, case_id), {})
    _tell(tx, log, who, case_id, what, detail, now)


def give_person(
    tx: Tx, log: Log, who: Who, case_id: str, person_id: str, name: str, what: str, detail: str, now: Instant
) -> None:
    """Say whose case it is. For the feature that knows who is one person; `what` empty leaves no line."""
    store.update_case(tx, _case(tx, case_id), {"person_id": person_id, "person_name": name})
    _tell(tx, log, who, case_id, what, detail, now)


def caused_by(who: Who) -> dict[str, object]:
    """What an event says of the automation rule that led to it; nothing when none did."""
    if who.because is None:
        return {}
    return {"rule": who.because.rule, "depth": who.because.depth, "because": who.because.words}


def assign(
    tx: Tx, log: Log, who: Who, case_id: str, user_id: str | None, user_name: str, now: Instant
) -> str | None:
    """Give a case to a colleague, or to nobody. Returns who had it."""
    row = _case(tx, case_id)
    before: str | None = row["assignee_id"]
    if before == user_id:
        return before
    # Who gives a case back means that a person should take it: no route gives it away again by itself.
    store.update_case(tx, row, {"assignee_id": user_id} | ({} if user_id else {"route_id": ""}))
    _tell(tx, log, who, case_id, "assigned" if user_id else "unassigned", user_name, now)
    return before


def take(
    tx: Tx, log: Log, who: Who, case_id: str, user_id: str, what: str, detail: str, now: Instant
) -> bool:
    """Give a case to somebody if nobody has it; False when somebody has, or when it is not open any more.

    Of two who try at once one succeeds: the row is locked before it is looked at. `what` and `detail` go into the
    history.
    """
    row = store.find(tx, case_id)
    if row is None or row["assignee_id"] is not None or row["status"] != Status.OPEN:
        return False
    store.update_case(tx, row, {"assignee_id": user_id})
    _tell(tx, log, who, case_id, what, detail, now)
    return True


def put_in_queue(tx: Tx, case_id: str, queue: str, route_id: str) -> None:
    """Let a case wait in a queue; whoever asks tells of it with `tell_queued`."""
    store.update_case(tx, _case(tx, case_id), {"queue": queue, "route_id": route_id})


def tell_queued(
    tx: Tx, log: Log, who: Who, case_id: str, queue: str, now: Instant, *, moved: bool = False
) -> None:
    """Write into the history of a case where it waits. `queue`: the name that people know."""
    _tell(tx, log, who, case_id, "queue_moved" if moved else "queued", queue, now)


def tell_unqueued(tx: Tx, log: Log, who: Who, case_id: str, now: Instant) -> None:
    """Write into the history of a case that its queue is there no more, and anybody may take it."""
    _tell(tx, log, who, case_id, "unqueued", "", now)


def tell_unspoken(tx: Tx, log: Log, who: Who, case_id: str, language: str, now: Instant) -> None:
    """Write into the history of a case that nobody who could take it speaks its language."""
    _tell(tx, log, who, case_id, "unspoken", language, now)


def hand_to_queue(tx: Tx, log: Log, who: Who, case_id: str, queue: str, name: str, now: Instant) -> None:
    """Take a case from whoever has it and let it wait in a queue, where a person takes it."""
    row = _case(tx, case_id)
    if row["queue"] == queue and row["assignee_id"] is None:
        return
    store.update_case(tx, row, {"assignee_id": None, "queue": queue, "route_id": ""})
    _tell(tx, log, who, case_id, "queued", name, now)


def place_of(tx: Tx, case_id: str) -> tuple[str | None, str, str]:
    """Who has a case, in which queue it is, and by which route: for an undo."""
    row = _case(tx, case_id)
    return row["assignee_id"], row["queue"], row["route_id"]


def set_status(tx: Tx, log: Log, who: Who, case_id: str, status: Status, now: Instant) -> Status:
    """Open a case, or say that it waits for the customer. Returns where it stood.

    Raises RefusedError for closed and snoozed, which need an outcome or a time.
    """
    if status not in (Status.OPEN, Status.WAITING):
        raise RefusedError("Close a case with an outcome, and snooze it until a time.")
    row = _case(tx, case_id)
    before = Status(row["status"])
    if before is status:
        return before
    store.update_case(tx, row, {"status": status.value, "snoozed_until": None, "closed_at": None})
    _tell(tx, log, who, case_id, "reopened" if before is Status.CLOSED else "status", status.value, now)
    return before


def snooze(tx: Tx, log: Log, who: Who, case_id: str, until: int, now: Instant) -> None:
    """Put a case away until a time; a message of the customer brings it back sooner."""
    if not now < until <= now + rules.SNOOZE_AT_MOST:
        raise RefusedError("Choose a time in the future, at most five years ahead.")
    row = _case(tx, case_id)
    store.update_case(tx, row, {"status": Status.SNOOZED.value, "snoozed_until": until, "closed_at": None})
    _tell(tx, log, who, case_id, "snoozed", str(until), now)


def close(tx: Tx, log: Log, who: Who, case_id: str, outcome: Outcome, now: Instant) -> None:
    """Close a case with what a colleague says became of it; the rules of outcomes have the last word.

    Raises RefusedError for an outcome that nobody can vouch for.
    """
    if outcome not in rules.CLOSING:
        raise RefusedError(
            f"Nobody can close a case as {outcome.value}: that follows from what the customer says or from a "
            "check. Nothing was changed."
        )
    row = _case(tx, case_id)
    if outcome is Outcome.ANSWERED and row["outcome"] == Outcome.UNANSWERED:
        raise RefusedError("Nobody has answered this customer yet; answer first, or close it as unanswered.")
    store.update_case(
        tx,
        row,
        {
            "status": Status.CLOSED.value,
            "outcome": rules.closed_as(Outcome(row["outcome"]), outcome).value,
            "closed_at": now,
            "snoozed_until": None,
        },
    )
    _tell(tx, log, who, case_id, "closed", outcome.value, now)


def restore(tx: Tx, log: Log, who: Who, case_id: str, standing: rules.Standing, now: Instant) -> None:
    """Undo a change of status: put a case back to where it stood. Raises RefusedError where none can stand."""
    until = standing.snoozed_until
    if (standing.status is Status.SNOOZED) != (until is not None) or (
        until or 0
    ) > now + rules.SNOOZE_AT_MOST:
        raise RefusedError("Exactly a snoozed case has a time to come back; snooze it instead.")
    row = _case(tx, case_id)
    store.update_case(
        tx,
        row,
        {
            "status": standing.status.value,
            "outcome": standing.outcome.value,
            "snoozed_until": standing.snoozed_until,
            "closed_at": standing.closed_at,
        },
    )
    _tell(tx, log, who, case_id, "restored", standing.status.value, now)


def set_outcomes(tx: Tx, outcomes: Mapping[str, Outcome]) -> None:
    """Write what became of cases into their rows. For the feature that derives it: nobody sets an outcome by hand."""
    for case_id, outcome in outcomes.items():
        store.update_case(tx, _case(tx, case_id), {"outcome": outcome.value})


def standing_of(tx: Tx, case_id: str) -> rules.Standing:
    """Where a case stands, for an undo."""
    row = _case(tx, case_id)
    return rules.Standing(
        status=Status(row["status"]),
        outcome=Outcome(row["outcome"]),
        snoozed_until=row["snoozed_until"],
        closed_at=row["closed_at"],
    )


def tag(tx: Tx, log: Log, who: Who, case_id: str, name: str, now: Instant) -> str:
    """Tag a case; returns the tag as kept: lower case, words joined by hyphens."""
    kept = "-".join(name.lower().split())[:TAG_LENGTH]
    if not kept:
        raise RefusedError("Write a tag of at least one letter.")
    row = _case(tx, case_id)
    if store.add_tag(tx, case_id, kept):
        store.update_case(tx, row, {})
        _tell(tx, log, who, case_id, "tagged", kept, now)
    return kept


def untag(tx: Tx, log: Log, who: Who, case_id: str, name: str, now: Instant) -> None:
    """Take a tag off."""
    row = _case(tx, case_id)
    if store.remove_tag(tx, case_id, name):
        store.update_case(tx, row, {})
        _tell(tx, log, who, case_id, "untagged", name, now)


def raise_priority(tx: Tx, log: Log, who: Who, case_id: str, least: int, now: Instant) -> bool:
    """Let a case be at least so urgent (0-100), whatever its messages say; False when it is already. Never lowers."""
    row = _case(tx, case_id)
    if row["priority_least"] >= least:
        return False
    store.update_case(tx, row, {"priority_least": least, "priority": max(row["priority"], least)})
    _tell(tx, log, who, case_id, "priority_raised", str(least), now)
    return True


def rename(tx: Tx, log: Log, who: Who, case_id: str, title: str, now: Instant) -> None:
    """Give a case a title that its messages no longer overwrite."""
    kept = rules.one_line(title, rules.TITLE)
    if not kept:
        raise RefusedError("Write a title.")
    store.update_case(tx, _case(tx, case_id), {"title": kept, "titled": True})
    _tell(tx, log, who, case_id, "titled", kept, now)


def note(tx: Tx, log: Log, who: Who, case_id: str, note_id: str, text: str, now: Instant) -> None:
    """Leave a note for colleagues. The same `note_id` twice is one note."""
    if not text.strip():
        raise RefusedError("An empty note says nothing.")
    row = _case(tx, case_id)
    kept = {
        "id": note_id, "case_id": case_id, "user_id": who.id or None, "text": text, "written_at": now,
    }  # fmt: skip
    if not store.insert_note(tx, kept):
        return
    mentions.keep(tx, note_id, text)
    store.update_case(tx, row, {})
    data = _encode(caused_by(who)).decode()
    event = NewEvent(type=NOTED, subject=note_id, case_id=case_id, actor=who.id, at=now, data=data)
    log.append(tx, [event])
    record(tx, who, "case.note", case_id, now)


def speak(tx: Tx, case_id: str, seen_version: int | None) -> None:
    """A colleague says something: note it for other writers.

    Raises ConflictError when something was said that this writer has not seen. `seen_version` is the version on
    their screen, None when there was no screen.
    """
    row = _case(tx, case_id)
    if seen_version is not None and row["spoken_version"] > seen_version:
        raise ConflictError("Something new came while you were writing. Read it, then send again.")
    store.update_case(tx, row, {"spoken_version": row["version"] + 1})


def set_deadlines(tx: Tx, deadlines: Mapping[str, Deadline | None]) -> None:
    """Keep the nearest deadline of cases with their rows, for lists and their order; None: there is none."""
    store.set_deadlines(
        tx,
        [
            {
                "id": case_id,
                "due_kind": due.kind if due else None,
                "due_warn_at": due.warn_at if due else None,
                "due_at": due.due_at if due else None,
            }
            for case_id, due in sorted(deadlines.items())
        ],
    )


def version_of(tx: Tx, case_id: str) -> int:
    """A number that grows with every change of a case."""
    return int(_case(tx, case_id)["version"])


def number_of(tx: Tx, case_id: str) -> int:
    """The number that people know a case by."""
    return int(_case(tx, case_id)["number"])


def saw(tx: Tx, user_id: str, case_id: str, at: int) -> None:
    """A user has looked at a case."""
    store.saw(tx, user_id, case_id, at)


def save_draft(
    tx: Tx, user_id: str, case_id: str, text: str, audience: Visibility | None, in_reply_to: str, now: Instant
) -> None:
    """Keep what a user is writing; empty text forgets it."""
    if not text.strip():
        store.drop_draft(tx, user_id, case_id)
        return
    _case(tx, case_id)
    store.save_draft(
        tx,
        {
            "user_id": user_id,
            "case_id": case_id,
            "text": text,
            "audience": audience.value if audience else "",
            "in_reply_to": in_reply_to,
            "saved_at": now,
        },
    )


def has_draft(tx: Tx, user_id: str, case_id: str) -> bool:
    """Whether a user is writing a reply there."""
    return store.has_draft(tx, user_id, case_id)


def wake_snoozed(tx: Tx, log: Log, now: Instant) -> int:
    """Bring back the snoozed cases whose time has come. Returns how many."""
    due = store.snoozed_due(tx, now, SNOOZED_AT_ONCE)
    for row in due:
        store.update_case(tx, row, {"status": Status.OPEN.value, "snoozed_until": None})
        _tell(tx, log, EARFUL, row["id"], "woke", "", now)
    return len(due)
