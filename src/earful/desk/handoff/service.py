"""Handoffs: invite a customer to a private place, know them when they come, and measure who did not."""

import hashlib
import secrets
from statistics import median

import msgspec
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.cases import service as cases
from earful.desk.channels import service as channels
from earful.desk.handoff import rules, store
from earful.desk.handoff.rules import Fault, Stands, State, Way
from earful.desk.handoff.settings import KIND, Handoffs
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.message import Network
from earful.model.time import DAY, Instant
from earful.store.audit import EARFUL, Who, record
from earful.store.secrets import Vault
from earful.store.tx import Row, Tx

OFFERED, OPENED = "handoff.offered", "handoff.opened"
ARRIVED, EXPIRED, CANCELLED = "handoff.arrived", "handoff.expired", "handoff.cancelled"
PURPOSE = "handoff"
"""What the vault derives the secret of links for."""
CHANNEL = "form"
FORM = "handoff_form"
"""The setting that marks the form's channel."""
EXPIRED_AT_ONCE = 200
LISTED = 200
SHOWN = 200
"""Messages of a conversation that its page shows."""
_DRAWS = 8

_encode = msgspec.json.Encoder().encode


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class TooManyError(RefusedError):
    """Somebody tried too often; the message says how long to wait."""


class Handoff(Struct, frozen=True, kw_only=True):
    """An invitation. Times are instants."""

    id: str
    case_id: str
    number: int
    """Of the case."""
    person_name: str
    user_id: str
    user_name: str
    way: Way
    code: str
    state: State
    offered_at: int
    expires_at: int
    opened_at: int | None
    arrived_at: int | None
    arrived_by: str
    """How they came: a `Way`, or the network."""


class _Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Data of the events; `what` and `detail` are for the timeline, `what` empty for no line."""

    what: str
    detail: str
    user: str
    """Who offered, and is told."""
    after: int | None = None
    """Milliseconds from the offer to the arrival."""


def handoff_of(row: Row) -> Handoff:
    """A row as a value."""
    return Handoff(
        id=row["id"],
        case_id=row["case_id"],
        number=row["number"],
        person_name=row["person_name"],
        user_id=row["user_id"],
        user_name=row["user_name"],
        way=Way(row["way"]),
        code=row["code"],
        state=State(row["state"]),
        offered_at=row["offered_at"],
        expires_at=row["expires_at"],
        opened_at=row["opened_at"],
        arrived_at=row["arrived_at"],
        arrived_by=row["arrived_by"],
    )


def _tell(
    tx: Tx, log: Log, kind: str, row: Row, what: str, detail: str, now: Instant, who: Who = EARFUL,
    after: int | None = None,
) -> None:  # fmt: skip
    data = _encode(_Told(what=what, detail=detail, user=row["user_id"], after=after)).decode()
    event = NewEvent(type=kind, subject=row["id"], case_id=row["case_id"], actor=who.id, at=now, data=data)
    log.append(tx, [event])


def settings(tx: Tx) -> Handoffs:
    """What is in force."""
    return kept.in_force(tx, KIND, Handoffs)


def save_settings(tx: Tx, who: Who, wanted: Handoffs, now: Instant) -> tuple[bool, int]:
    """Put settings in force for what is offered from now on; see `desk.settings.keep`. Raises RefusedError."""
    wrong = wanted.problem()
    if wrong:
        raise RefusedError(wrong)
    return kept.keep(tx, who, KIND, wanted, now)


def restore_settings(tx: Tx, who: Who, seq: int, now: Instant) -> None:
    """Undo: put earlier settings in force again. Raises RefusedError when there are none at that place."""
    if not kept.restore(tx, who, KIND, Handoffs, seq, now):
        raise RefusedError("There are no such settings; nothing was changed.")


def ensure_channel(tx: Tx, vault: Vault, who: Who, now: Instant) -> str:
    """The id of the form's channel; made the first time somebody hands off."""
    row = channels.find(tx, CHANNEL)
    if row is not None:
        return str(row["id"])
    made = channels.create(
        tx, vault, who, network=Network.CHAT, name=CHANNEL, handle="", settings={FORM: True}, now=now
    )
    return made.id


def offer(tx: Tx, log: Log, who: Who, case_id: str, way: Way, now: Instant) -> Handoff:
    """Invite a case's customer. Earlier invitations stay good; a case that nobody has goes to who offers.

    Raises cases.NotFoundError, and RefusedError for a way that is not set up.
    """
    cases.number_of(tx, case_id)
    wanted = settings(tx)
    if way is Way.PHONE and not wanted.number:
        raise RefusedError(
            "No phone number is set up for handoffs; a lead can add it under Settings, Handoffs."
        )
    made = {
        "id": new_id(now),
        "case_id": case_id,
        "user_id": who.id,
        "way": way.value,
        "state": State.OFFERED.value,
        "offered_at": now,
        "expires_at": rules.expiry(wanted.days, now),
    }
    if not any(
        store.insert_handoff(tx, made | {"code": rules.code_of(secrets.randbits(64))}) for _ in range(_DRAWS)
    ):
        raise RefusedError("No code was free; try once more. Nothing was offered.")
    row = _known(tx, str(made["id"]))
    _tell(tx, log, OFFERED, row, "handoff_offered", way.value, now, who)
    record(tx, who, "handoff.offer", row["id"], now, f"case {case_id}, {way.value}")
    if row["assignee_id"] is None:
        cases.assign(tx, log, who, case_id, who.id, who.name, now)
    return handoff_of(_known(tx, row["id"]))


def cancel(tx: Tx, log: Log, who: Who, handoff_id: str, now: Instant) -> str:
    """Take an invitation back before anybody came. Returns its case. Raises RefusedError when it is too late."""
    row = _known(tx, handoff_id)
    if row["visitor"] is not None or not store.change(
        tx, handoff_id, (State.OFFERED.value,), {"state": State.CANCELLED.value}
    ):
        raise RefusedError("Somebody has come already, or its time was over; nothing was changed.")
    _tell(tx, log, CANCELLED, row, "handoff_cancelled", "", now, who)
    record(tx, who, "handoff.cancel", handoff_id, now)
    return str(row["case_id"])


def _known(tx: Tx, handoff_id: str) -> Row:
    row = store.find(tx, handoff_id)
    if row is None:
        raise RefusedError("There is no such invitation.")
    return row


def digest(token: str) -> str:
    """What is kept of a browser's cookie; empty for none."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


def look(tx: Tx, handoff_id: str, visitor: str, now: Instant) -> tuple[Row | None, Fault | None]:
    """The invitation of a link that we signed, and why this browser may not use it. `visitor`: its digest."""
    row = store.find(tx, handoff_id)
    stands = (
        Stands(state=State(row["state"]), expires_at=row["expires_at"], visitor=row["visitor"])
        if row is not None
        else None
    )
    return row, rules.fault(stands, visitor, now)


def opened(tx: Tx, log: Log, handoff_id: str, now: Instant) -> None:
    """Somebody has looked at the page of a link. Counted once."""
    row = _known(tx, handoff_id)
    if row["opened_at"] is None and store.change(tx, handoff_id, (State.OFFERED.value,), {"opened_at": now}):
        _tell(tx, log, OPENED, row, "", "", now)


def arrive(
    tx: Tx, log: Log, row: Row, by: str, now: Instant, *, author_id: str | None = None,
    conversation_id: str | None = None, who: Who = EARFUL,
) -> bool:  # fmt: skip
    """The customer has come; only the first time counts. Returns whether this was it."""
    values = {"state": State.ARRIVED.value, "arrived_at": now, "arrived_by": by, "author_id": author_id}
    values["conversation_id"] = conversation_id
    if row["opened_at"] is None:
        values["opened_at"] = now
    # Who comes late by the code, while nobody else has, is welcome all the same.
    if not store.change(tx, row["id"], (State.OFFERED.value, State.EXPIRED.value), values):
        return False
    _tell(tx, log, ARRIVED, row, "handoff_arrived", by, now, who, now - row["offered_at"])
    return True


def by_phone(tx: Tx, log: Log, who: Who, typed: str, now: Instant) -> Handoff:
    """The case of a code that a caller says. Raises RefusedError, TooManyError after too many wrong ones."""
    key = f"user:{who.id}"
    if store.tries(tx, key, now - rules.CODE_WINDOW) >= rules.CODE_TRIES:
        raise TooManyError(
            "Too many wrong codes. Wait five minutes, then ask the caller to spell it once more."
        )
    code = rules.normal_code(typed)
    row = store.by_codes(tx, [code]).get(code) if code else None
    if row is None or row["state"] == State.CANCELLED or _over(row, now):
        raise RefusedError(
            "No invitation has this code now. It has six letters and digits, such as K7Q-3MP; look the customer up "
            "by name instead."
        )
    arrive(tx, log, row, Network.PHONE.value, now, who=who)
    record(tx, who, "handoff.code", row["id"], now)
    return handoff_of(_known(tx, row["id"]))


def note_wrong(tx: Tx, who: str, now: Instant) -> None:
    """Count a try in vain; `who`: `user:ID`, `author:ID` or `address:DIGEST`."""
    store.note_try(tx, who, now, now - DAY)


def _over(row: Row, now: Instant) -> bool:
    return bool(row["state"] == State.EXPIRED or (row["state"] == State.OFFERED and row["expires_at"] <= now))


def expire(tx: Tx, log: Log, now: Instant) -> int:
    """Say of invitations whose time is over that nobody came. Returns how many."""
    rows = store.overdue(tx, now, EXPIRED_AT_ONCE)
    for row in rows:
        if store.change(tx, row["id"], (State.OFFERED.value,), {"state": State.EXPIRED.value}):
            _tell(tx, log, EXPIRED, row, "handoff_expired", row["way"], now)
    return len(rows)


def of_case(tx: Tx, case_id: str) -> list[Handoff]:
    """The invitations of a case, newest first."""
    return [handoff_of(row) for row in store.of_case(tx, case_id)]


class Figures(Struct, frozen=True, kw_only=True):
    """Invitations of one way in a time. `pending`: neither arrived nor over."""

    way: str
    offered: int
    opened: int
    arrived: int
    no_show: int
    pending: int
    typical: int | None
    """Median milliseconds from the offer to the arrival; None when nobody arrived."""


def figures(tx: Tx, since: int, now: Instant) -> tuple[list[Figures], list[Handoff]]:
    """What became of the newest `LISTED` invitations since an instant, by way and in all, and those themselves.

    Cancelled ones were never sent and do not count.
    """
    rows = [handoff_of(row) for row in store.since(tx, since, LISTED)]
    counted = [one for one in rows if one.state is not State.CANCELLED]
    groups = [("all", counted), *((way.value, [one for one in counted if one.way is way]) for way in Way)]
    return [_figures(way, group, now) for way, group in groups if group or way == "all"], rows


def _figures(way: str, group: list[Handoff], now: Instant) -> Figures:
    arrived = [one.arrived_at - one.offered_at for one in group if one.arrived_at is not None]
    missed = sum(
        one.state is State.EXPIRED or (one.state is State.OFFERED and one.expires_at <= now) for one in group
    )
    return Figures(
        way=way,
        offered=len(group),
        opened=sum(one.opened_at is not None for one in group),
        arrived=len(arrived),
        no_show=missed,
        pending=len(group) - len(arrived) - missed,
        typical=round(median(arrived)) if arrived else None,
    )
