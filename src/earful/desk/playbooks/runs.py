"""What people do to the run of a case: tick, skip, leave, move on to another; each can be taken back."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.playbooks import following, service, store
from earful.desk.playbooks.history import ACTED, Act
from earful.desk.playbooks.rules import End, Fact, Playbook
from earful.desk.playbooks.running import SKIPPED, State
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store import bulk
from earful.store.audit import Who, record
from earful.store.tx import Tx

REASON = 500
"""Characters of a reason."""
AT_ONCE = 200
"""Runs that time moves on in one transaction."""

_encode = msgspec.json.Encoder().encode
_facts = msgspec.json.Decoder(tuple[Fact, ...])


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class StepDone(Struct, frozen=True, kw_only=True):
    """A step that a run came to. Instants in milliseconds UTC; `ended_by` is empty while it goes on."""

    key: str
    title: str
    started_at: int
    due_at: int
    ended_at: int | None
    ended_by: str
    ref: str
    who: str
    reason: str
    late: bool


class CaseRun(Struct, frozen=True, kw_only=True):
    """A playbook on a case, with the version that it began with."""

    id: str
    case_id: str
    round: int
    playbook: Playbook
    version: int
    path: str
    because: tuple[Fact, ...]
    """The facts that matched; empty where `chosen_by` says who chose it."""
    chosen_by: str
    state: State
    step: str
    """Key of the step where it stands; empty when it is done."""
    step_due_at: int | None
    started_at: int
    ended_at: int | None
    steps: tuple[StepDone, ...]


def of_case(tx: Tx, case_id: str) -> CaseRun | None:
    """The newest run of a case, whatever became of it; None where there was none."""
    row = store.runs(tx, [case_id]).get(case_id)
    if row is None:
        return None
    playbook = service.at_version(tx, row["playbook_id"], row["version"])
    steps = store.steps(tx, [row["id"]]).get(row["id"], [])
    names = store.names(tx, {one["user_id"] for one in steps} | {row["user_id"]} - {""})
    return CaseRun(
        id=row["id"],
        case_id=case_id,
        round=row["round"],
        playbook=playbook,
        version=row["version"],
        path=row["path"],
        because=_facts.decode(row["because"]),
        chosen_by=names.get(row["user_id"], ""),
        state=State(row["state"]),
        step=row["step"],
        step_due_at=row["step_due_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        steps=tuple(_done(one, playbook, names) for one in steps),
    )


def _done(row: bulk.Record, playbook: Playbook, names: dict[str, str]) -> StepDone:
    step = playbook.step(row["step"])
    return StepDone(
        key=row["step"],
        title=step.title if step is not None else row["step"],
        started_at=row["started_at"],
        due_at=row["due_at"],
        ended_at=row["ended_at"],
        ended_by=row["ended_by"],
        ref=row["ref"],
        who=names.get(row["user_id"], ""),
        reason=row["reason"],
        late=bool(row["late"]),
    )


def of_known_case(tx: Tx, case_id: str) -> CaseRun | None:
    """The newest run of a case. Raises service.NotFoundError when there is no such case."""
    if not store.case_there(tx, case_id):
        raise service.NotFoundError("This case does not exist; it may have been merged into another.")
    return of_case(tx, case_id)


def tick(tx: Tx, log: Log, who: Who, case_id: str, step: str, now: Instant) -> str:
    """Say that the step where a run stands is done. Returns the act, for an undo."""
    run = _standing(tx, case_id, step)
    found = run.playbook.step(step)
    if found is None or End.TICK not in found.ends:
        raise RefusedError("This step ends by itself; skip it with a reason if it is not needed.")
    return _act(tx, log, who, case_id, Act(what=End.TICK.value, run=run.id, step=step), now)


def skip(tx: Tx, log: Log, who: Who, case_id: str, step: str, reason: str, now: Instant) -> str:
    """Go on without the step where a run stands. Returns the act, for an undo. Raises RefusedError without a reason."""
    words = " ".join(reason.split())[:REASON]
    if not words:
        raise RefusedError("Say why the step is not needed, so that the playbook can learn from it.")
    run = _standing(tx, case_id, step)
    return _act(tx, log, who, case_id, Act(what=SKIPPED, run=run.id, step=step, reason=words), now)


def leave(tx: Tx, log: Log, who: Who, case_id: str, reason: str, now: Instant) -> str:
    """Take a case out of its playbook. Returns the act, for an undo."""
    run = _active(tx, case_id)
    words = " ".join(reason.split())[:REASON]
    return _act(tx, log, who, case_id, Act(what="left", run=run.id, reason=words), now)


def move(tx: Tx, log: Log, who: Who, case_id: str, playbook_id: str, path: str, now: Instant) -> str:
    """Put a case into another playbook, or into its first. Returns the act, for an undo.

    `path` empty takes that of the case's severity. Raises service.NotFoundError, RefusedError.
    """
    if not store.case_there(tx, case_id):
        raise RefusedError("This case does not exist; it may have been merged into another.")
    before = of_case(tx, case_id)
    name = service.find(tx, playbook_id).playbook.name
    made = new_id(now)
    act = Act(what="left", run=before.id if before is not None else "", reason=f"→ {name}", to=made)
    done = _act(tx, log, who, case_id, act, now)
    following.add(tx, case_id, made, playbook_id, path, who.id, now)
    log.append(tx, following.follow(tx, [case_id], now))
    return done


def withdraw(tx: Tx, log: Log, who: Who, case_id: str, act_id: str, now: Instant) -> None:
    """Take back a tick, a skip, a leaving or a move. Raises RefusedError when there is nothing to take back."""
    rows = store.events(tx, [case_id], [ACTED]).get(case_id, [])
    acts = {row["subject"]: msgspec.json.decode(row["data"], type=Act) for row in rows}
    gone = {act.act for act in acts.values() if act.what == "withdrawn"}
    act = acts.get(act_id)
    if act is None or act.what == "withdrawn" or act_id in gone:
        raise RefusedError("There is nothing to take back; nothing was changed.")
    if act.to:
        later = [one for one, other in acts.items() if other.run == act.to and one not in gone]
        if later:
            raise RefusedError("The case has gone on in the other playbook; move it back instead.")
        store.drop_run(tx, act.to)
    _act(tx, log, who, case_id, Act(what="withdrawn", act=act_id), now)


def _active(tx: Tx, case_id: str) -> CaseRun:
    run = of_case(tx, case_id)
    if run is None or run.state not in (State.RUNNING, State.PAUSED):
        raise RefusedError("This case is in no playbook now; nothing was changed.")
    return run


def _standing(tx: Tx, case_id: str, step: str) -> CaseRun:
    run = _active(tx, case_id)
    if run.step != step:
        raise RefusedError("The playbook has gone on meanwhile; look at the case again. Nothing was changed.")
    return run


def _act(tx: Tx, log: Log, who: Who, case_id: str, act: Act, now: Instant) -> str:
    """Put an act into the log and follow at once, so that whoever acts sees what came of it."""
    made = new_id(now)
    data = _encode(act).decode()
    log.append(tx, [NewEvent(type=ACTED, subject=made, case_id=case_id, actor=who.id, at=now, data=data)])
    record(tx, who, f"run.{act.what}", case_id, now, act.step or act.run or act.act)
    log.append(tx, following.follow(tx, [case_id], now))
    return made


def move_on(tx: Tx, log: Log, now: Instant) -> int:
    """Let time move runs on and tell what is due, longest due first. Returns how many cases were looked at."""
    due: Sequence[str] = store.due(tx, now, AT_ONCE)
    if due:
        log.append(tx, following.follow(tx, due, now))
    return len(due)
