"""Derive every case anew, in the background, when the rules or their settings changed. What was found before stays."""

import msgspec
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.outcomes import service, store
from earful.desk.outcomes.rules import RULES
from earful.desk.outcomes.settings import KIND, Outcomes
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import EARFUL, Who
from earful.store.tx import Tx

RECOUNT = "outcome.recount"
"""More cases are to be derived anew; each step's event asks for the next."""
COUNTED = "outcome_rules"
STEP = 100
"""Cases in one transaction: the writer is busy for some tens of milliseconds."""

_encode = msgspec.json.Encoder().encode


class Counted(Struct, frozen=True, kw_only=True):
    """The rules by which every case was derived, or is being."""

    rules: int = 0


class Progress(Struct, frozen=True, kw_only=True):
    """How far it is. `round`: names one recount; the newest makes those before it stop."""

    round: str
    after: int = 0
    """The number of the last case that is done."""
    total: int = 0
    finished: bool = False


_progress = msgspec.json.Decoder(Progress)


def start(tx: Tx, log: Log, who: Who, now: Instant) -> None:
    """Begin to derive every case anew."""
    made = Progress(round=new_id(now), total=store.count_cases(tx))
    log.append(tx, [_event(made, now, who.id)])


def start_for_new_rules(tx: Tx, log: Log, now: Instant) -> bool:
    """Begin when Earful came with other rules than before; whether it did."""
    if kept.in_force(tx, COUNTED, Counted).rules == RULES:
        return False
    kept.keep(tx, EARFUL, COUNTED, Counted(rules=RULES), now)
    if store.count_cases(tx):
        start(tx, log, EARFUL, now)
    return True


def save(tx: Tx, log: Log, who: Who, wanted: Outcomes, now: Instant) -> tuple[bool, int]:
    """Put settings in force; other days derive every case anew. Returns whether anything changed, and the place of
    what was in force before. Raises RefusedError for settings that cannot be used."""
    wrong = wanted.problem()
    if wrong:
        raise service.RefusedError(wrong)
    days = kept.in_force(tx, KIND, Outcomes).times()
    done = kept.keep(tx, who, KIND, wanted, now)
    if days != wanted.times():
        start(tx, log, who, now)
    return done


def restore(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> None:
    """Undo: put earlier settings in force again. Raises RefusedError when there are none at that place."""
    days = kept.in_force(tx, KIND, Outcomes).times()
    if not kept.restore(tx, who, KIND, Outcomes, seq, now):
        raise service.RefusedError("There are no such settings; nothing was changed.")
    if days != kept.in_force(tx, KIND, Outcomes).times():
        start(tx, log, who, now)


def step(tx: Tx, asked: str, now: Instant) -> list[NewEvent]:
    """The next cases of a recount, and the event for those after them. `asked`: data of its newest event."""
    before = _progress.decode(asked)
    if before.finished:
        return []
    cases = store.cases_after(tx, before.after, STEP)
    told = service.derive(tx, [case_id for case_id, _ in cases], now)
    after = Progress(
        round=before.round,
        after=cases[-1][1] if cases else before.after,
        total=max(before.total, cases[-1][1] if cases else 0),
        finished=len(cases) < STEP,
    )
    return [*told, _event(after, now)]


def _event(progress: Progress, now: Instant, actor: str = "") -> NewEvent:
    data = _encode(progress).decode()
    return NewEvent(type=RECOUNT, subject=progress.round, at=now, actor=actor, data=data)
