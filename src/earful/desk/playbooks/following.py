"""Brings the runs of cases to what their history says, and begins those of new cases. May run any number of times:
the history decides, and each thing is told once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from earful.desk.calendars import service as calendars
from earful.desk.calendars.hours import add_business_time
from earful.desk.calendars.rules import Calendar, NeverOpenError
from earful.desk.conditions import service as conditions
from earful.desk.conditions.rules import groups
from earful.desk.playbooks import history, rules, running, service, store
from earful.desk.playbooks.rules import AROUND, Kind, Playbook, Step
from earful.desk.playbooks.running import LATE, Run, State, StepRun
from earful.desk.sla import service as sla
from earful.log.contract import NewEvent
from earful.model.desk import Status
from earful.model.ids import new_id
from earful.model.message import Direction
from earful.model.time import MINUTE, Instant
from earful.store.tx import Tx

STARTED, MOVED = "playbook.started", "playbook.moved"
STEP_DUE, ESCALATED = "playbook.step_due", "playbook.escalated"
ENDED = "playbook.ended"

_encode = msgspec.json.Encoder().encode
Row = Mapping[str, Any]


def begin(tx: Tx, case_ids: Iterable[str], opened: frozenset[str], now: Instant) -> list[NewEvent]:
    """Begin the playbook of each case that has had none: of a fresh one at its opening, else when the customer has
    spoken last. Returns what is to be appended to the log."""
    ids = sorted(set(case_ids))
    books = [kept for kept in service.listed(tx) if kept.playbook.enabled] if ids else []
    if not books:
        return []
    rows = store.lock(tx, ids)
    known = store.runs(tx, ids)
    fresh = {
        row["id"]: at for row in rows.values() if row["id"] not in known and (at := _start(row, opened, now))
    }
    found = conditions.of_cases(tx, fresh, groups(kept.playbook.when for kept in books))
    made = {}
    for case_id, facts in found.items():
        playbook = rules.matching((kept.playbook for kept in books), facts, now)
        if playbook is not None:
            version = next(kept.version for kept in books if kept.playbook is playbook)
            path = rules.path_for(playbook, rows[case_id]["severity"])
            because = rules.reasons(playbook.when, facts, now)
            made[case_id] = _row(playbook, version, path.id, fresh[case_id], now) | {
                "case_id": case_id,
                "round": 1,
                "because": _encode(because).decode(),
            }
    seqs = sla.calendars_of(tx, sorted(made)) if made else {}
    store.add_runs(tx, [row | {"calendar_seq": seqs.get(case_id, 0)} for case_id, row in made.items()])
    return follow(tx, made, now)


def _start(row: Row, opened: frozenset[str], now: Instant) -> int | None:
    """From when the deadlines of a case count; None where no playbook begins."""
    if row["status"] == Status.CLOSED:
        return None
    if row["id"] in opened:
        at = row["opened_at"]
    elif row["last_direction"] == Direction.INBOUND:
        at = row["last_message_at"]
    else:
        return None
    return at if now - at <= rules.FRESH else None


def _row(playbook: Playbook, version: int, path: str, at: int, now: Instant) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "playbook_id": playbook.id,
        "version": version,
        "path": path,
        "calendar_seq": 0,
        "because": "[]",
        "user_id": "",
        "state": "",
        "step": "",
        "step_started_at": None,
        "step_due_at": None,
        "watch_at": None,
        "started_at": at,
        "ended_at": None,
    }


def add(tx: Tx, case_id: str, run_id: str, playbook_id: str, path: str, user_id: str, now: Instant) -> None:
    """Put a case into a playbook that a person chose, after whatever run it has.

    `path` empty takes that of the case's severity. Raises service.NotFoundError.
    """
    kept = service.find(tx, playbook_id)
    case = store.lock(tx, [case_id])[case_id]
    known = store.runs(tx, [case_id]).get(case_id)
    chosen = kept.playbook.path(path) or rules.path_for(kept.playbook, case["severity"])
    row = _row(kept.playbook, kept.version, chosen.id, now, now) | {
        "id": run_id,
        "case_id": case_id,
        "round": known["round"] + 1 if known is not None else 1,
        "calendar_seq": sla.calendars_of(tx, [case_id]).get(case_id, 0),
        "user_id": user_id,
    }
    store.add_runs(tx, [row])


def follow(tx: Tx, case_ids: Iterable[str], now: Instant) -> list[NewEvent]:
    """Bring the newest runs of cases up to date. Returns what is to be appended to the log."""
    wanted = sorted(store.runs(tx, sorted(set(case_ids))))
    if not wanted:
        return []
    store.lock(tx, wanted)
    runs = store.runs(tx, wanted)
    said, events = store.said(tx, wanted), store.events(tx, wanted, history.TYPES)
    steps = store.steps(tx, [row["id"] for row in runs.values()])
    told: list[NewEvent] = []
    for case_id, row in runs.items():
        playbook = service.at_version(tx, row["playbook_id"], row["version"])
        after = tell(tx, playbook, row, said.get(case_id, []), events.get(case_id, []), now)
        told += _Keeping(tx, playbook, row, steps.get(row["id"], []), now).keep(
            after, events.get(case_id, [])
        )
    return told


def tell(
    tx: Tx, playbook: Playbook, row: Row, said: Sequence[Row], events: Sequence[Row], now: Instant
) -> Run:
    """Where a run stands by what happened."""
    path = playbook.path(row["path"]) or playbook.paths[0]
    gone = history.left(events, row["id"])
    happened = [*history.from_messages(said), *history.from_events(events, row["id"])]
    until = Instant(min(now, gone.at)) if gone is not None else now
    if gone is not None:
        happened = [one for one in happened if one.at <= gone.at]
    due = due_by(calendars.at_version(tx, row["calendar_seq"]))
    first = rules.key_of(path, path.steps[0])
    run = running.advance(playbook, first, row["started_at"], happened, until, due)
    return msgspec.structs.replace(run, state=State.LEFT) if gone is not None else run


def due_by(calendar: Calendar | None) -> Callable[[Step, int], int]:
    """When steps are due by a calendar; None is around the clock."""
    return partial(_due, calendar)


def _due(calendar: Calendar | None, step: Step, at: int) -> int:
    length = step.minutes * MINUTE
    if calendar is None or step.clock == AROUND:
        return at + length
    try:
        return add_business_time(calendar, at, length)
    except NeverOpenError:
        # A calendar that has stopped opening would let the step wait for ever.
        return at + length


class _Keeping:
    """What changed of one run, to be written and told."""

    def __init__(self, tx: Tx, playbook: Playbook, row: Row, steps: Sequence[Row], now: Instant) -> None:
        self._tx, self._playbook, self._row, self._steps, self._now = tx, playbook, row, steps, now
        self._told: list[NewEvent] = []

    def keep(self, run: Run, events: Sequence[Row]) -> list[NewEvent]:
        """Write what is new; each thing is told once."""
        path = self._playbook.path(self._row["path"])
        if not self._row["state"]:
            name = f"{self._playbook.name}: {path.name}" if path is not None else self._playbook.name
            self._say(STARTED, "playbook_started", name, run.steps[0] if run.steps else None)
        fresh = [self._step(number, one) for number, one in enumerate(run.steps, 1)]
        changed = [one for number, one in enumerate(fresh) if self._before(number) != one]
        if changed:
            store.put_steps(self._tx, changed)
        if len(self._steps) > len(fresh):
            store.cut_steps(self._tx, self._row["id"], len(fresh) + 1)
        self._keep_run(run, fresh, events)
        return self._told

    def _before(self, at: int) -> dict[str, Any] | None:
        return dict(self._steps[at]) if at < len(self._steps) else None

    def _step(self, number: int, one: StepRun) -> dict[str, Any]:
        before = next((row for row in self._steps if row["step"] == one.key), None)
        step = self._playbook.step(one.key)
        title = step.title if step is not None else one.key
        if before is None and step is not None and step.kind is Kind.ESCALATE:
            self._say(ESCALATED, "playbook_escalated", title, one)
        told = before is not None and bool(before["told"]) and before["due_at"] == one.due_at
        over = one.ended_at is None and one.due_at <= self._now
        if not told and (over or one.ended_by == LATE) and self._row["state"] != State.LEFT:
            self._say(STEP_DUE, "playbook_due", title, one)
            told = True
        return {
            "run_id": self._row["id"],
            "number": number,
            "case_id": self._row["case_id"],
            "step": one.key,
            "started_at": one.started_at,
            "due_at": one.due_at,
            "ended_at": one.ended_at,
            "ended_by": one.ended_by,
            "ref": one.ref,
            "user_id": one.who,
            "reason": one.reason,
            "late": one.late,
            "told": told,
        }

    def _keep_run(self, run: Run, fresh: Sequence[Mapping[str, Any]], events: Sequence[Row]) -> None:
        here = run.now
        live = here is not None and run.state is State.RUNNING
        ended = None
        if run.state is State.DONE:
            ended = run.steps[-1].ended_at if run.steps else self._row["started_at"]
        gone = history.left(events, self._row["id"])
        if gone is not None:
            ended = gone.at
        values = {
            "state": run.state.value,
            "step": here.key if here is not None else "",
            "step_started_at": here.started_at if here is not None else None,
            "step_due_at": here.due_at if here is not None else None,
            "watch_at": here.due_at if live and here is not None and here.due_at > self._now else None,
            "ended_at": ended,
        }
        before = {name: self._row[name] for name in values}
        if values == before:
            return
        store.change_run(self._tx, self._row["id"], values)
        if values["state"] != before["state"] and run.state is State.LEFT:
            self._say(ENDED, "playbook_left", gone.reason if gone is not None else "")
        elif values["state"] != before["state"] and run.state is State.DONE:
            self._say(ENDED, "playbook_done", self._playbook.name)
        elif before["state"] and values["step"] != before["step"] and here is not None:
            step = self._playbook.step(here.key)
            self._say(MOVED, "playbook_moved", step.title if step is not None else here.key, here)

    def _say(self, kind: str, what: str, detail: str, one: StepRun | None = None) -> None:
        data: dict[str, Any] = {"what": what, "detail": detail, "playbook": self._playbook.id}
        if one is not None:
            step = self._playbook.step(one.key)
            data |= {"step": one.key, "due_at": one.due_at, "owner": step.owner if step is not None else ""}
        case_id = self._row["case_id"]
        self._told.append(
            NewEvent(type=kind, subject=case_id, case_id=case_id, at=self._now, data=_encode(data).decode())
        )
