"""Does one thing to many cases, some at a time, so that nobody has to wait; and takes it back."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.bulk import rules, store
from earful.desk.bulk.rules import Act, Before, InvalidActError, Result, Wanted
from earful.desk.cases import service as cases
from earful.desk.routing import settings as routing
from earful.desk.users import service as users
from earful.log.contract import Log, NewEvent
from earful.model.desk import Status
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

STEP = "bulk.step"
"""An act on many cases was asked for, or some more of them were done."""
AT_ONCE = 25
"""Cases in one transaction: the writer is busy for some tens of milliseconds."""
REFUSED_SHOWN = 200

_encode = msgspec.json.Encoder().encode
_wanted = msgspec.json.Decoder(Wanted)
_before = msgspec.json.Decoder(Before)


class NotFoundError(LookupError):
    """There is no such act."""


class Refused(Struct, frozen=True, kw_only=True):
    """A case that was left alone. `number` is None for one that is no more."""

    number: int | None
    title: str
    why: str


class Progress(Struct, frozen=True, kw_only=True):
    """How far an act is, and what came of it."""

    id: str
    wanted: Wanted
    user_name: str
    why: str
    total: int
    done: int
    changed: int
    refused: int
    started_at: int
    finished_at: int | None
    left_alone: list[Refused]
    undo_of: str
    undone_by: str
    """The act that takes it back; empty while there is none."""

    @property
    def same(self) -> int:
        """Cases that were so already."""
        return self.done - self.changed - self.refused


def start(tx: Tx, log: Log, who: Who, wanted: Wanted, case_ids: Sequence[str], why: str, now: Instant) -> str:
    """Begin to do something to cases; it goes on in the background. Returns the id of the act.

    Raises InvalidActError for what cannot be done to any, and for too many or no cases; then nothing is done.
    """
    checked = rules.check(wanted, now)
    ids = list(dict.fromkeys(case_ids))
    if not ids:
        raise InvalidActError("Choose at least one case; nothing was changed.")
    if len(ids) > rules.MOST:
        raise InvalidActError(f"At most {rules.MOST:,} cases at once; narrow the list. Nothing was changed.")
    if checked.act is Act.ASSIGN and checked.user_id:
        _name_of(tx, checked.user_id)
    if checked.act is Act.QUEUE and checked.queue and routing.in_force(tx).team(checked.queue) is None:
        raise InvalidActError("This team does not exist any more; nothing was changed.")
    return _begin(tx, log, who, checked, ids, " ".join(why.split())[: rules.WHY_MOST], None, now)


def undo(tx: Tx, log: Log, who: Who, bulk_id: str, now: Instant) -> str:
    """Begin to take an act back, where nobody has changed the case since. Returns the id of the undo.

    Raises NotFoundError, InvalidActError.
    """
    row = _row(tx, bulk_id, lock=True)
    if row["undo_of"] is not None:
        raise InvalidActError("This was an undo; do again what you want instead.")
    if (known := store.undo_of(tx, bulk_id)) is not None:
        return known
    if row["finished_at"] is None:
        # What is not done yet is not done any more.
        store.update_act(tx, bulk_id, {"finished_at": now, "total": row["done"]})
    ids = store.changed(tx, bulk_id)
    return _begin(tx, log, who, Wanted(act=Act.UNDO), ids, "", bulk_id, now)


def _begin(
    tx: Tx, log: Log, who: Who, wanted: Wanted, ids: Sequence[str], why: str, undone: str | None, now: Instant
) -> str:
    bulk_id = new_id(now)
    values = {
        "id": bulk_id, "user_id": who.id, "user_name": who.name, "address": who.address, "act": wanted.act.value,
        "data": _encode(wanted).decode(), "why": why, "total": len(ids), "done": 0, "changed": 0, "refused": 0,
        "started_at": now, "finished_at": None if ids else now, "undo_of": undone,
    }  # fmt: skip
    store.insert_act(tx, values, ids)
    record(tx, who, f"bulk.{wanted.act.value}", bulk_id, now, f"{len(ids)} cases {why}".strip())
    log.append(tx, [NewEvent(type=STEP, subject=bulk_id, at=now, actor=who.id)])
    return bulk_id


def step(tx: Tx, log: Log, bulk_id: str, now: Instant) -> bool:
    """Do the next cases of an act. Returns whether there are more."""
    row = store.find(tx, bulk_id, lock=True)
    if row is None or row["finished_at"] is not None:
        return False
    who = Who(id=row["user_id"], name=row["user_name"], address=row["address"], within=bulk_id)
    items = store.items(tx, bulk_id, row["done"], AT_ONCE)
    doing = _Doing(tx, log, who, row, [one["case_id"] for one in items], now)
    results = []
    for item in items:
        result, why, before = doing.one(item["case_id"])
        results.append((item["place"], result.value, why, before))
    store.set_results(tx, bulk_id, results)
    done = row["done"] + len(items)
    finished = done >= row["total"]
    counted = [result for _, result, _, _ in results]
    store.update_act(
        tx,
        bulk_id,
        {
            "done": done,
            "changed": row["changed"] + counted.count(Result.CHANGED),
            "refused": row["refused"] + counted.count(Result.REFUSED),
            "finished_at": now if finished else None,
        },
    )
    return not finished


class _Doing:
    """Some cases of one act."""

    def __init__(self, tx: Tx, log: Log, who: Who, row: Row, case_ids: Sequence[str], now: Instant) -> None:
        self._tx, self._log, self._who, self._now = tx, log, who, now
        self._wanted = _wanted.decode(row["data"])
        self._names = {user.id: user.name for user in users.colleagues(tx)}
        self._plan = routing.in_force(tx)
        self._undone: Wanted | None = None
        self._before: dict[str, str] = {}
        if row["undo_of"] is not None:
            self._undone = _wanted.decode(_row(tx, row["undo_of"])["data"])
            self._before = store.before_of(tx, row["undo_of"], case_ids)

    def one(self, case_id: str) -> tuple[Result, str, str]:
        """What came of it for a case: result, why it was refused, how it stood before."""
        try:
            before, version = _standing(self._tx, case_id), cases.version_of(self._tx, case_id)
            if self._undone is not None:
                self._put_back(case_id, self._undone, before)
            else:
                self._do(case_id)
        except (cases.NotFoundError, cases.RefusedError) as error:
            return Result.REFUSED, str(error), ""
        if cases.version_of(self._tx, case_id) == version:
            return Result.SAME, "", ""
        return Result.CHANGED, "", _encode(before).decode()

    def _do(self, case_id: str) -> None:
        tx, log, who, now, wanted = self._tx, self._log, self._who, self._now, self._wanted
        match wanted.act:
            case Act.ASSIGN:
                if wanted.user_id and wanted.user_id not in self._names:
                    raise cases.RefusedError("This colleague does not exist any more.")
                cases.assign(
                    tx, log, who, case_id, wanted.user_id or None, self._names.get(wanted.user_id, ""), now
                )
            case Act.QUEUE:
                name = self._plan.name_of(wanted.queue)
                cases.hand_to_queue(tx, log, who, case_id, wanted.queue, name, now)
            case Act.TAG:
                cases.tag(tx, log, who, case_id, wanted.tag, now)
            case Act.UNTAG:
                cases.untag(tx, log, who, case_id, wanted.tag, now)
            case Act.STATUS:
                cases.set_status(tx, log, who, case_id, Status(wanted.status), now)
            case Act.SNOOZE:
                cases.snooze(tx, log, who, case_id, wanted.until, now)
            case _:
                cases.close(tx, log, who, case_id, rules.outcome_of(wanted), now)

    def _put_back(self, case_id: str, done: Wanted, stands: Before) -> None:
        tx, log, who, now = self._tx, self._log, self._who, self._now
        before = _before.decode(self._before[case_id])
        if rules.touched(done, stands):
            raise cases.RefusedError("Somebody changed this since; it was left as it is.")
        match done.act:
            case Act.ASSIGN | Act.QUEUE:
                held = before.assignee_id if before.assignee_id in self._names else None
                cases.assign(tx, log, who, case_id, held, self._names.get(held or "", ""), now)
                cases.put_in_queue(tx, case_id, before.queue, before.route_id)
            case Act.TAG:
                cases.untag(tx, log, who, case_id, done.tag, now)
            case Act.UNTAG:
                cases.tag(tx, log, who, case_id, done.tag, now)
            case _:
                cases.restore(tx, log, who, case_id, before.standing, now)


def _standing(tx: Tx, case_id: str) -> Before:
    assignee_id, queue, route_id = cases.place_of(tx, case_id)
    standing = cases.standing_of(tx, case_id)
    return Before(assignee_id=assignee_id, queue=queue, route_id=route_id, standing=standing)


def _name_of(tx: Tx, user_id: str) -> str:
    found = next((user.name for user in users.colleagues(tx) if user.id == user_id), None)
    if found is None:
        raise InvalidActError("This colleague does not exist any more; nothing was changed.")
    return found


def _row(tx: Tx, bulk_id: str, *, lock: bool = False) -> Row:
    row = store.find(tx, bulk_id, lock=lock)
    if row is None:
        raise NotFoundError("There is no such act on many cases.")
    return row


def progress(tx: Tx, bulk_id: str) -> Progress:
    """How far an act is. Raises NotFoundError."""
    row = _row(tx, bulk_id)
    shown = (
        _wanted.decode(_row(tx, row["undo_of"])["data"]) if row["undo_of"] else _wanted.decode(row["data"])
    )
    return Progress(
        id=bulk_id,
        wanted=shown,
        user_name=row["user_name"],
        why=row["why"],
        total=row["total"],
        done=row["done"],
        changed=row["changed"],
        refused=row["refused"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        left_alone=[
            Refused(number=one["number"], title=one["title"] or "", why=one["why"])
            for one in store.refused(tx, bulk_id, REFUSED_SHOWN)
        ]
        if row["refused"]
        else [],
        undo_of=row["undo_of"] or "",
        undone_by=store.undo_of(tx, bulk_id) or "",
    )


def ids_of_numbers(tx: Tx, numbers: Sequence[int]) -> list[str]:
    """The cases with these numbers."""
    return store.ids_of_numbers(tx, numbers)
