"""Erasing somebody: asked for by a colleague or a network, done slice by slice, told to whoever asks how far it is."""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from earful.desk.erasing import case_store, rules, store
from earful.desk.erasing.rules import Account, Scope, Stage, State
from earful.intake.service import ERASE_ASKED
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.message import Network
from earful.model.time import Instant
from earful.search import consumer as search
from earful.store.audit import EARFUL, Who, record
from earful.store.tx import Row, Tx

STEP, ERASED, DELETED = "erasing.step", "person.erased", "message.deleted"
CASES_AT_ONCE = 10
RAW_AT_ONCE = 500
LISTED = 100
META = (Network.FACEBOOK, Network.INSTAGRAM, Network.MESSENGER, Network.WHATSAPP, Network.THREADS)
"""The networks that know a person of a Meta app by the id in its requests."""

_encode = msgspec.json.Encoder().encode
_scope = msgspec.json.Decoder(Scope)


class NotFoundError(LookupError):
    """There is no such person or erasure."""


class RefusedError(ValueError):
    """It cannot be done so; the message says why."""


class Erasure(Struct, frozen=True, kw_only=True):
    """What was asked for and how far it is."""

    id: str
    code: str
    """The number by which whoever asked can look how far it is, without signing in."""
    source: str
    person_id: str
    state: State
    stage: Stage
    reason: str
    asked_by: str
    asked_at: int
    finished_at: int | None
    done: int
    total: int
    messages: int
    files: int
    deliveries: int
    cases: int


class Before(Struct, frozen=True, kw_only=True):
    """What there is of somebody."""

    person_id: str
    name: str
    accounts: list[Account]
    messages: int
    answers: int
    files: int
    notes: int
    cases: int
    running: str
    """The erasure that is under way; empty for none."""


def _erasure(row: Row) -> Erasure:
    fields = {name: row[name] for name in Erasure.__struct_fields__ if name not in ("state", "stage")}
    return Erasure(**fields, state=State(row["state"]), stage=Stage(row["stage"]))


def find(tx: Tx, erasure_id: str) -> Erasure:
    """One erasure. Raises NotFoundError."""
    row = store.find(tx, erasure_id)
    if row is None:
        raise NotFoundError("There is no such erasure.")
    return _erasure(row)


def by_code(tx: Tx, code: str) -> Erasure | None:
    """An erasure by the number that was given out."""
    row = store.by_code(tx, code)
    return None if row is None else _erasure(row)


def newest(tx: Tx) -> list[Erasure]:
    """What was asked for last."""
    return [_erasure(row) for row in store.newest(tx, LISTED)]


def before(tx: Tx, person_id: str) -> Before:
    """What there is of a person, to be shown before it goes. Raises NotFoundError."""
    accounts = store.accounts_of(tx, person_id)
    if not accounts:
        raise NotFoundError("There is no such person; they may have been linked with another.")
    ids = [one.id for one in accounts]
    found = store.cases_of(tx, ids, store.persons_of(tx, ids))
    counted = store.counts(tx, found, ids)
    return Before(
        person_id=person_id,
        name=store.name_of(tx, person_id),
        accounts=accounts,
        cases=len(found),
        running=store.running_of(tx, person_id) or "",
        **counted,
    )


def ask(tx: Tx, log: Log, who: Who, person_id: str, reason: str, now: Instant, *, code: str = "") -> str:
    """Begin to erase a person with all accounts that they have now. Returns the erasure's id.

    It cannot be taken back. Raises NotFoundError, and RefusedError without a reason or while one is under way.
    """
    if not reason.strip():
        raise RefusedError("Say why, such as who asked and when. Nothing was erased.")
    there = before(tx, person_id)
    if there.running:
        raise RefusedError("This person is being erased already.")
    erasure_id = new_id(now)
    begun = _begin(tx, log, erasure_id, there.accounts, now)
    store.add(
        tx,
        begun
        | {
            "id": erasure_id,
            "code": code or _number(erasure_id),
            "source": "hand",
            "person_id": person_id,
            "reason": rules.without(reason.strip()[: rules.REASON], rules.needles(there.accounts)),
            "asked_by": who.id,
            "asked_at": now,
        },
    )
    record(tx, who, store.ERASING, person_id, now, f"{there.messages} messages, {there.cases} cases")
    return erasure_id


def ask_for_account(
    tx: Tx, log: Log, channel_id: str, native_id: str, code: str, told: str, now: Instant
) -> None:
    """A network tells that somebody wants their data deleted there: that account is erased, once for each request.

    `told` is the number of the raw delivery, which names the person and goes with them.
    """
    if store.by_code(tx, code) is not None:
        return
    accounts = store.accounts_named(tx, [one.value for one in META], native_id)
    erasure_id = new_id(now)
    row = {
        "id": erasure_id, "code": code, "source": "meta", "channel_id": channel_id, "asked_at": now,
        "reason": "asked for at the network",
    }  # fmt: skip
    if accounts:
        persons = store.persons_of(tx, [one.id for one in accounts])
        row |= {"person_id": persons[0]} | _begin(tx, log, erasure_id, accounts, now, told=told)
    else:
        row |= {"state": State.NOTHING.value, "stage": Stage.LAST.value, "finished_at": now, "data": "{}"}
        store.purge_told(tx, told, now)
    store.add(tx, row)
    record(tx, EARFUL, store.ERASING, code, now, f"asked for at the network, {len(accounts)} accounts")


def _begin(
    tx: Tx, log: Log, erasure_id: str, accounts: Sequence[Account], now: Instant, *, told: str = ""
) -> dict[str, object]:
    """Forget whose the accounts were, at once, and note what is to be looked through."""
    ids = [one.id for one in accounts]
    persons = store.persons_of(tx, ids)
    whole = [one for one in persons if {each.id for each in store.accounts_of(tx, one)} <= set(ids)]
    found = store.cases_of(tx, ids, whole)
    channels = store.channels_of(tx, found)
    everywhere = [*found, *store.absorbed_by(tx, found)]
    scope = Scope(
        authors=ids,
        people=persons,
        cases=everywhere,
        channels=channels,
        needles=rules.needles(accounts),
        told=told,
    )
    store.rename_accounts(tx, ids)
    store.forget_people(tx, persons, ids, whole)
    store.forget_visitors(tx, [one.native_id for one in accounts if one.network == Network.CHAT], now)
    log.append(tx, [NewEvent(type=STEP, subject=erasure_id, at=now)])
    return {
        "state": State.RUNNING.value,
        "stage": Stage.CASES.value,
        "data": _encode(scope).decode(),
        "total": len(everywhere) + store.count_raw(tx, channels),
        "cases": len(found),
    }


def step(tx: Tx, log: Log, erasure_id: str, now: Instant) -> bool:
    """Do the next slice. Returns whether more is left."""
    row = store.find(tx, erasure_id)
    if row is None or row["state"] != State.RUNNING:
        return False
    scope = _scope.decode(row["data"])
    match Stage(row["stage"]):
        case Stage.CASES:
            _cases(tx, log, row, scope, now)
        case Stage.DELIVERIES:
            _deliveries(tx, row, scope, now)
        case Stage.INDEX:
            if not search.drop_traces(tx, begin=not row["place"]):
                store.change(tx, row["id"], stage=Stage.LAST.value)
            elif not row["place"]:
                store.change(tx, row["id"], place=1)
        case Stage.LAST:
            _finish(tx, log, row, scope, now)
            return False
    return True


def _cases(tx: Tx, log: Log, row: Row, scope: Scope, now: Instant) -> None:
    chunk = scope.cases[row["place"] : row["place"] + CASES_AT_ONCE]
    if not chunk:
        store.change(tx, row["id"], stage=Stage.DELIVERIES.value, place=0)
        return
    said = store.said_in(tx, chunk, scope.authors)
    files = store.counts(tx, chunk, scope.authors)["files"]
    purged = 0
    if said:
        case_store.empty_messages(tx, said, scope.needles, now)
        case_store.rename_conversations(
            tx, sorted({one["conversation_id"] for one in said if one["conversation_id"]}), scope.needles
        )
        purged = store.purge(tx, sorted({one["delivery_id"] for one in said}), now)
        search.forget(tx, [one["seq"] for one in said])
        # Whoever keeps something of a message lets it go: the index, files, suggestions, ratings.
        log.append(tx, [NewEvent(type=DELETED, subject=one["id"], at=now) for one in said])
    case_store.empty_cases(tx, chunk, scope.authors)
    case_store.empty_around(tx, chunk)
    store.change(
        tx,
        row["id"],
        place=row["place"] + len(chunk),
        done=row["done"] + len(chunk),
        messages=row["messages"] + sum(one["deleted_at"] is None for one in said),
        files=row["files"] + files,
        deliveries=row["deliveries"] + purged,
    )


def _deliveries(tx: Tx, row: Row, scope: Scope, now: Instant) -> None:
    raw = store.raw_after(tx, scope.channels, row["place"], RAW_AT_ONCE)
    if not raw:
        store.change(tx, row["id"], stage=Stage.INDEX.value, place=0)
        return
    theirs = [one["id"] for one in raw if rules.stands_in(bytes(one["body"]), scope.needles)]
    purged = store.purge(tx, theirs, now) if theirs else 0
    store.change(
        tx,
        row["id"],
        place=raw[-1]["seq"],
        done=min(row["done"] + len(raw), row["total"]),
        deliveries=row["deliveries"] + purged,
    )


def _finish(tx: Tx, log: Log, row: Row, scope: Scope, now: Instant) -> None:
    # Once more: what happened in the meantime wrote about these cases again.
    for start in range(0, len(scope.cases), CASES_AT_ONCE):
        chunk = scope.cases[start : start + CASES_AT_ONCE]
        case_store.empty_cases(tx, chunk, scope.authors)
        case_store.empty_around(tx, chunk)
    store.forget_answers(tx, scope.needles)
    store.clean_audit(tx, [*scope.people, *scope.authors, *scope.cases], scope.needles)
    if scope.told:
        store.purge_told(tx, scope.told, now)
        case_store.scrub_events(tx, ERASE_ASKED, row["code"])
    store.change(tx, row["id"], state=State.DONE.value, data="{}", done=row["total"], finished_at=now)
    data = _encode({"messages": row["messages"], "cases": row["cases"]}).decode()
    log.append(tx, [NewEvent(type=ERASED, subject=row["person_id"], at=now, data=data)])


def _number(erasure_id: str) -> str:
    return hashlib.sha256(f"earful erasure\n{erasure_id}".encode()).hexdigest()[:24]
