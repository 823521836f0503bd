"""What became of cases: derived by rules from what happened, kept change by change; and what people may say of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.cases import service as cases
from earful.desk.outcomes import history, rules, store
from earful.desk.outcomes.history import Act
from earful.desk.outcomes.reading import Reading
from earful.desk.outcomes.rules import RULES, Evidence, Happened, Ledger, Step
from earful.desk.outcomes.settings import KIND, Outcomes
from earful.log.contract import Log, NewEvent
from earful.model.desk import Outcome, ReadAs
from earful.model.ids import new_id
from earful.model.message import Direction
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

CHANGED = "outcome.changed"
ACTED = "outcome.acted"
SILENT_AT_ONCE = 200
REASON = 500
"""Characters of a reason."""
_TOLD = frozenset(
    {Outcome.CONFIRMED, Outcome.VERIFIED, Outcome.SILENT, Outcome.RETURNED, Outcome.BRUSHED_OFF}
)
"""Outcomes that get a line in the timeline: the others say what is seen there anyway."""

_encode = msgspec.json.Encoder().encode
_because = msgspec.json.Decoder(list[Evidence])


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class Change(Struct, frozen=True, kw_only=True):
    """One outcome of a case in its history. Times are instants."""

    outcome: Outcome
    since: int
    rules: int
    """The version of the rules that found it."""
    because: list[Evidence]
    found_at: int


class _Told(Struct, frozen=True, kw_only=True):
    """Data of `outcome.changed`. `what` and `detail` are for the timeline, `what` empty for no line."""

    what: str
    detail: str
    outcome: Outcome
    before: Outcome
    since: int
    rules: int


def derive(tx: Tx, case_ids: Sequence[str], now: Instant) -> list[NewEvent]:
    """Bring the outcomes of cases to what their histories say; returns an event for each that changed.

    The same histories give the same rows, however often this runs.
    """
    held = {row["id"]: row for row in store.case_rows(tx, case_ids)}
    ids = list(held)
    latest = store.latest(tx, ids)
    clocks = store.clocks(tx, ids)
    due: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    told, fresh = [], {}
    for case_id, ledger in ledgers(tx, ids, now).items():
        if ledger.silent_at is not None and ledger.silent_at > now:
            due[case_id] = ledger.silent_at
        before = latest.get(case_id)
        rows += [_row(case_id, change, now) for change in _new(ledger, before)]
        stood = Outcome(before["outcome"] if before else Outcome.UNANSWERED)
        if ledger.now.outcome is not stood:
            told.append(_tell(case_id, stood, ledger, now))
        if ledger.now.outcome != held[case_id]["outcome"]:
            fresh[case_id] = ledger.now.outcome
    store.insert_outcomes(tx, rows)
    changed = {case_id: at for case_id, at in due.items() if clocks.get(case_id) != at}
    store.set_clocks(tx, changed, sorted(set(clocks) - set(due)))
    cases.set_outcomes(tx, fresh)
    return told


def _row(case_id: str, change: rules.Derived, now: Instant) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "outcome": change.outcome.value,
        "since": change.since,
        "rules": RULES,
        "because": _encode(change.because).decode(),
        "found_at": now,
    }


def _new(ledger: Ledger, before: Mapping[str, object] | None) -> Sequence[rules.Derived]:
    """The changes that are not kept yet."""
    if before is None:
        return ledger.changes[1:]
    known = [
        at
        for at, change in enumerate(ledger.changes)
        if (change.outcome, change.since) == (before["outcome"], before["since"])
    ]
    if known:
        return ledger.changes[known[-1] + 1 :]
    # Something was undone, corrected or came late: what stands now follows what was thought.
    return [] if ledger.now.outcome == before["outcome"] else [ledger.now]


def _tell(case_id: str, before: Outcome, ledger: Ledger, now: Instant) -> NewEvent:
    stands = ledger.now
    last = stands.because[-1] if stands.because else None
    data = _Told(
        what=f"outcome_{stands.outcome}" if stands.outcome in _TOLD else "",
        detail=" ".join(_detail(last).split()) if last else "",
        outcome=stands.outcome,
        before=before,
        since=stands.since,
        rules=RULES,
    )
    return NewEvent(type=CHANGED, subject=case_id, case_id=case_id, at=now, data=_encode(data).decode())


def _detail(evidence: Evidence) -> str:
    after = f"after {rules.span_of(evidence.after)}" if evidence.after is not None else ""
    words = f"“{evidence.words}”" if evidence.words and evidence.what != "came_back" else ""
    return " ".join(one for one in (after, words) if one)


def ledgers(tx: Tx, case_ids: Sequence[str], now: Instant) -> dict[str, Ledger]:
    """What the rules say of cases, from the first message to `now`."""
    settings = kept.in_force(tx, KIND, Outcomes).times()
    return {
        case_id: rules.ledger(happened, settings, now)
        for case_id, happened in histories(tx, case_ids).items()
        if happened
    }


def histories(tx: Tx, case_ids: Sequence[str]) -> dict[str, list[Happened]]:
    """What happened in cases. Texts are only read where they can count: where we said or did something."""
    ids = list(case_ids)
    messages = store.messages_in(tx, ids)
    events = store.events_in(tx, ids, history.TYPES)
    names = store.names(tx, {row["actor"] for rows in events.values() for row in rows} - {""})
    logs = {case_id: history.from_log(events.get(case_id, []), names) for case_id in ids}
    spoken = [
        case_id
        for case_id in ids
        if logs[case_id].steps or any(row["direction"] == Direction.OUTBOUND for row in messages[case_id])
    ]
    texts = store.texts_in(tx, spoken)
    came = store.returns_of(tx, ids)
    left = store.returns_to(tx, ids)
    found = {}
    for case_id in ids:
        log = logs[case_id]
        here = came.get(case_id)
        own = {here["message_id"]: _why(here)} if here and here["earlier_id"] == case_id else {}
        elsewhere = [
            Happened(step=Step.CAME_BACK, at=row["at"], id=row["message_id"], words=_why(row))
            for row in left.get(case_id, [])
            if row["case_id"] != case_id
        ]
        heard = history.from_messages(messages[case_id], texts, log.readings, own)
        found[case_id] = [*heard, *log.steps, *elsewhere]
    return found


def _why(row: Mapping[str, object]) -> str:
    return str(row["words"] or row["because"])


def fall_silent(tx: Tx, log: Log, now: Instant) -> int:
    """Derive the cases whose time of silence has come. Returns how many."""
    due = store.due(tx, now, SILENT_AT_ONCE)
    if due:
        log.append(tx, derive(tx, due, now))
    return len(due)


def of(tx: Tx, case_id: str) -> list[Change]:
    """Every outcome of a case, oldest first; empty while nothing has happened but that somebody wrote."""
    return [
        Change(
            outcome=Outcome(row["outcome"]),
            since=row["since"],
            rules=row["rules"],
            because=_because.decode(row["because"]),
            found_at=row["found_at"],
        )
        for row in store.history(tx, case_id)
    ]


def read_as(tx: Tx, case_id: str) -> dict[str, ReadAs]:
    """message -> what it was read as, for those that an outcome of their case rests on."""
    return {
        one.id: ReadAs(what=one.what, span=one.span)
        for change in of(tx, case_id)
        for one in change.because
        if one.span != (0, 0)
    }


def returned_after(tx: Tx, case_ids: Sequence[str]) -> dict[str, int]:
    """case -> how long after it was thought settled its matter came back, in milliseconds, for those that did."""
    found = {
        row["case_id"]: after
        for row in store.latest_because(tx, case_ids, Outcome.RETURNED.value)
        for after in [_because.decode(row["because"])[-1].after]
        if after is not None
    }
    linked = {
        case_id: row["after"] for case_id, row in store.returns_of(tx, case_ids).items()
        if row["earlier_id"] != case_id
    }  # fmt: skip
    return linked | found


def claim(tx: Tx, log: Log, who: Who, case_id: str, now: Instant, reason: str = "") -> str:
    """Say that a case is fixed, without closing it. Returns the act, for an undo."""
    return _act(tx, log, who, case_id, Act(what="claimed", reason=_short(reason)), now)


def verify(tx: Tx, log: Log, who: Who, case_id: str, reason: str, now: Instant) -> str:
    """Say that somebody or something checked that a case is fixed. Returns the act, for an undo.

    Raises RefusedError without a reason, and for a case that nobody has answered.
    """
    if not reason.strip():
        raise RefusedError("Say how it was checked; a verified outcome rests on that. Nothing was changed.")
    if standing(tx, case_id, now).now.outcome in (Outcome.UNANSWERED, Outcome.BRUSHED_OFF):
        raise RefusedError("Nobody has answered this customer yet, so there is nothing to verify.")
    return _act(tx, log, who, case_id, Act(what="verified", reason=_short(reason)), now)


READINGS: Mapping[str, frozenset[str]] = {
    Direction.INBOUND: frozenset(one.value for one in Reading),
    Direction.OUTBOUND: frozenset({history.POINTS, history.ANSWERS}),
}
"""What a colleague can say that a message says."""


def dispute(tx: Tx, log: Log, who: Who, message_id: str, reading: str, now: Instant) -> tuple[str, str]:
    """Say what a message really says: `confirmed`, `denied` or `unclear` (theirs), `points` or `answers` (ours).

    This is also how a person confirms: by pointing to the message that says so. Returns the case and the act, for
    an undo. Raises RefusedError for what is not a message of a case, was deleted, or cannot say that.
    """
    row = store.message(tx, message_id)
    if row is None or row["case_id"] is None:
        raise RefusedError("There is no such message in a case; nothing was changed.")
    if row["deleted_at"] is not None:
        raise RefusedError("Its author deleted this message; it says nothing any more. Nothing was changed.")
    allowed = READINGS[row["direction"]]
    if reading not in allowed:
        raise RefusedError(f"This message can be read as: {', '.join(sorted(allowed))}. Nothing was changed.")
    made = Act(what="read", message=message_id, reading=reading)
    return row["case_id"], _act(tx, log, who, row["case_id"], made, now)


def withdraw(tx: Tx, log: Log, who: Who, case_id: str, act_id: str, now: Instant) -> None:
    """Take back what somebody said of a case's outcome. Raises RefusedError when there is no such act."""
    if store.event_of(tx, case_id, act_id, ACTED) is None:
        raise RefusedError("There is nothing to take back; nothing was changed.")
    _act(tx, log, who, case_id, Act(what="withdrawn", act=act_id), now)


def may_ask(tx: Tx, case_id: str, now: Instant, cancelled: frozenset[str] = frozenset()) -> bool:
    """Whether the customer may be asked if it is fixed: after a claim, once for each. `cancelled`: replies that were
    taken back before they went out."""
    stands = standing(tx, case_id, now).now
    if stands.outcome is not Outcome.CLAIMED:
        return False
    return all(at < stands.since or reply in cancelled for at, reply in asked(tx, case_id))


def asked(tx: Tx, case_id: str) -> list[tuple[int, str]]:
    """(when, reply) of every time that the customer was asked whether it is fixed."""
    return history.from_log(store.events_in(tx, [case_id], [ACTED])[case_id], {}).asked


def note_asked(tx: Tx, log: Log, who: Who, case_id: str, reply_id: str, now: Instant) -> None:
    """Remember that a queued reply asks whether it is fixed."""
    _act(tx, log, who, case_id, Act(what="asked", message=reply_id), now)


def standing(tx: Tx, case_id: str, now: Instant) -> Ledger:
    """What the rules say of a case now. Raises RefusedError when there is no such case."""
    found = ledgers(tx, [case_id], now).get(case_id)
    if found is None:
        raise RefusedError("This case does not exist; it may have been merged into another.")
    return found


def _short(reason: str) -> str:
    return " ".join(reason.split())[:REASON]


def _act(tx: Tx, log: Log, who: Who, case_id: str, act: Act, now: Instant) -> str:
    """Put an act into the log and derive at once, so that whoever acts sees what came of it."""
    made = new_id(now)
    data = _encode(act).decode()
    log.append(tx, [NewEvent(type=ACTED, subject=made, case_id=case_id, actor=who.id, at=now, data=data)])
    record(tx, who, f"outcome.{act.what}", case_id, now, act.message or act.act)
    log.append(tx, derive(tx, [case_id], now))
    return made
