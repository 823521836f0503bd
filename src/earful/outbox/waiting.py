"""Replies that wait: for their time, for somebody else to read them, or for their writer to see what came meanwhile."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from earful.desk.attaching import service as attaching
from earful.desk.cases import service as cases
from earful.log.contract import Log
from earful.model.desk import SendState
from earful.model.ids import new_id
from earful.model.message import Direction, Visibility
from earful.model.time import Instant
from earful.outbox import leaving, rules, service, store
from earful.outbox.service import RefusedReplyError, known, tell
from earful.store.audit import EARFUL, Who, record
from earful.store.errors import ConflictError
from earful.store.tx import Row, Tx

AT_ONCE = 100
_encode = msgspec.json.Encoder().encode


class Said(Struct, frozen=True, kw_only=True):
    """Something said since a reply was written: a message, or another reply that waits."""

    id: str
    at: int
    by: str
    """Who wrote it, for a colleague's reply; empty for a message."""
    ours: bool
    waits: bool
    text: str


class Reply(Struct, frozen=True, kw_only=True):
    """A reply that waits. `seen` names what was said since; whoever decides hands it back."""

    id: str
    case_id: str
    channel_id: str
    in_reply_to: str
    user_id: str
    audience: Visibility
    state: SendState
    text: str
    queued_at: int
    scheduled_at: int | None
    private_reason: str
    news: list[Said]

    @property
    def seen(self) -> str:
        """Changes with what was said since."""
        return ",".join(one.id for one in self.news) or "-"


def find(tx: Tx, reply_id: str) -> Reply:
    """A reply with what was said since. Raises RefusedReplyError when there is none."""
    return _of(tx, known(tx, reply_id))


def in_state(tx: Tx, state: SendState, case_ids: Sequence[str] = ()) -> list[Reply]:
    """Replies that wait in a state, oldest first; with `case_ids` only theirs."""
    return [_of(tx, row) for row in store.in_state(tx, state.value, case_ids)]


def _of(tx: Tx, row: Row) -> Reply:
    since = store.said_since(tx, row["case_id"], row["watch_seq"] or 0, row["user_id"])
    beside = store.waiting_beside(tx, row["id"], row["case_id"], [one.value for one in rules.BEFORE_SENDING])
    news = [
        Said(
            id=one["id"],
            at=one["occurred_at"],
            by="",
            ours=one["direction"] == Direction.OUTBOUND,
            waits=False,
            text=one["text"],
        )
        for one in since
    ]
    news += [
        Said(id=one["id"], at=one["queued_at"], by=one["user_name"], ours=True, waits=True, text=one["text"])
        for one in beside
        if one["thread_id"] is None or one["thread_id"] != row["thread_id"]
    ]
    return Reply(
        id=row["id"],
        case_id=row["case_id"],
        channel_id=row["channel_id"],
        in_reply_to=row["in_reply_to"],
        user_id=row["user_id"],
        audience=Visibility(row["audience"]),
        state=SendState(row["state"]),
        text=row["text"],
        queued_at=row["queued_at"],
        scheduled_at=row["scheduled_at"],
        private_reason=row["private_reason"],
        news=news,
    )


def release(tx: Tx, log: Log, now: Instant) -> int:
    """Scheduled replies whose time has come take their places in the queue. Returns how many."""
    rows = store.scheduled_due(tx, now, AT_ONCE)
    for row in rows:
        if not leaving.hold(tx, log, row, now):
            _enter(tx, log, row, {}, now, now)
    return len(rows)


def hold_for_news(tx: Tx, log: Log, case_ids: Sequence[str], now: Instant) -> None:
    """Something was said in these cases: their scheduled replies do not go out unseen."""
    for row in store.in_state(tx, SendState.SCHEDULED.value, case_ids) if case_ids else []:
        leaving.hold(tx, log, row, now)


def _enter(
    tx: Tx,
    log: Log,
    row: Row,
    values: Mapping[str, object],
    due_at: int,
    now: Instant,
    who: Who = EARFUL,
) -> None:
    fresh = {"state": SendState.QUEUED.value, "due_at": due_at, "queued_at": now, "error": "", **values}
    if not store.change(tx, row["id"], row["state"], fresh):
        raise ConflictError("Somebody decided about this reply meanwhile; look again.")
    tell(tx, log, row["id"], row["case_id"], SendState.QUEUED, now, who)


def send_now(tx: Tx, log: Log, who: Who, reply_id: str, seen: str, delay: int, now: Instant) -> None:
    """Send a scheduled or held reply at once, after what was said since was seen.

    Raises RefusedReplyError for one that does not wait for that, ConflictError when more was said.
    """
    row = known(tx, reply_id)
    if row["state"] not in (SendState.SCHEDULED, SendState.HELD):
        raise RefusedReplyError("This reply does not wait for its time any more.")
    _check_seen(tx, row, seen)
    watch = {"watch_seq": store.newest_seq(tx, row["case_id"]), "scheduled_at": None}
    _enter(tx, log, row, watch, now + delay, now, who)
    cases.speak(tx, row["case_id"], None)
    record(tx, who, "reply.send_now", reply_id, now)


def _check_seen(tx: Tx, row: Row, seen: str) -> None:
    if _of(tx, row).seen != seen:
        raise ConflictError("Something new came while you were looking. Read it, then decide again.")


def reschedule(tx: Tx, log: Log, who: Who, reply_id: str, at: int, seen: str, now: Instant) -> None:
    """Give a scheduled or held reply another time. Raises RefusedReplyError and ConflictError as `send_now`."""
    row = known(tx, reply_id)
    if row["state"] not in (SendState.SCHEDULED, SendState.HELD):
        raise RefusedReplyError("This reply does not wait for its time any more.")
    _check_seen(tx, row, seen)
    values = {
        "state": SendState.SCHEDULED.value,
        "scheduled_at": at,
        "due_at": at,
        "error": "",
        "watch_seq": store.newest_seq(tx, row["case_id"]),
    }
    store.change(tx, reply_id, row["state"], values)
    tell(tx, log, reply_id, row["case_id"], SendState.SCHEDULED, now, who)
    record(tx, who, "reply.reschedule", reply_id, now)


class Approved(Struct, frozen=True, kw_only=True):
    """What an approver makes of a reply."""

    text: str
    parts: list[str] = []
    private_reason: str = ""
    seen: str = ""
    delay: int = rules.UNDO


def approve(tx: Tx, log: Log, who: Who, reply_id: str, wish: Approved, now: Instant) -> None:
    """Let a reply go: to the queue, or to wait for its time. Raises RefusedReplyError when it does not wait for
    approval or has private data in it without a reason, ConflictError when more was said than the approver saw."""
    row = known(tx, reply_id)
    if row["state"] != SendState.APPROVAL:
        raise RefusedReplyError("This reply does not wait for approval any more.")
    _check_seen(tx, row, wish.seen)
    if not wish.private_reason:
        files = attaching.of_reply(tx, reply_id)
        service.check_private(tx, wish.text, Visibility(row["audience"]), files)
    values: dict[str, object] = {
        "text": wish.text,
        "later": _encode(wish.parts).decode() if wish.parts else "",
        "parts": max(len(wish.parts), 1),
        "private_reason": wish.private_reason,
        "watch_seq": store.newest_seq(tx, row["case_id"]),
    }
    at = row["scheduled_at"]
    if at is not None and at > now:
        store.change(
            tx,
            reply_id,
            row["state"],
            values | {"state": SendState.SCHEDULED.value, "due_at": at, "error": ""},
        )
        tell(tx, log, reply_id, row["case_id"], SendState.SCHEDULED, now, who)
    else:
        _enter(tx, log, row, values, now + wish.delay, now, who)
    cases.speak(tx, row["case_id"], None)


def withdraw_beside(tx: Tx, log: Log, who: Who, reply: Reply, now: Instant) -> int:
    """Give the other replies that wait in the case back to their writers. Returns how many."""
    found = [one for one in reply.news if one.waits]
    for one in found:
        give_back(tx, log, who, one.id, now)
    return len(found)


def give_back(tx: Tx, log: Log, who: Who, reply_id: str, now: Instant) -> str:
    """Take a reply back for its writer: its text is their draft again, or a note where they are writing another. Its
    files are in their draft either way.

    Returns the writer's id. Raises RefusedReplyError when it is too late.
    """
    writer = str(known(tx, reply_id)["user_id"])
    case_id = service.case_of(tx, reply_id)
    text, audience, in_reply_to = service.cancel(tx, log, who, reply_id, now, drafter=writer)
    if cases.has_draft(tx, writer, case_id):
        cases.note(tx, log, who, case_id, new_id(now), f"This reply came back:\n\n{text}", now)
    else:
        cases.save_draft(tx, writer, case_id, text, audience, in_reply_to, now)
    return writer
