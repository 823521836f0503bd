"""Four eyes: which replies wait for somebody else, and what that somebody decides."""

import msgspec
from msgspec import Struct

from earful.channels.contract import Capabilities
from earful.desk import settings as kept
from earful.desk.approval import rules, store
from earful.desk.approval.rules import Piece, Policy, Writer
from earful.desk.attaching import service as attaching
from earful.desk.conditions import service as conditions
from earful.log.contract import Log, NewEvent
from earful.model.desk import SendState
from earful.model.message import Attachment, Network, Visibility
from earful.model.time import Instant
from earful.outbox import service as outbox
from earful.outbox import waiting
from earful.outbox.waiting import Approved, Said
from earful.outbox.wire import Draft
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

KIND = "approval"
ASKED, DECIDED = "reply.asked", "reply.decided"
LISTED = 200
NOTE = 500
PRIVATE = "private data"
"""The reason of an agent who asks because the text has private data in it."""

_encode = msgspec.json.Encoder().encode


class RefusedError(ValueError):
    """The act makes no sense now; the message says why."""


class Asked(Struct, frozen=True, kw_only=True):
    """A reply and what became of the question whether it may go out. `verdict` is empty while nobody decided."""

    reply_id: str
    case_id: str
    number: int
    title: str
    person_name: str
    network: Network
    audience: Visibility
    state: SendState
    author_id: str
    author: str
    because: str
    asked_at: int
    text: str
    verdict: str
    decider: str
    note: str
    difference: list[Piece]
    answers: str = ""
    """What the customer had said."""
    news: list[Said] = []
    """What was said since it was written."""
    seen: str = ""
    scheduled_at: int | None = None
    private: bool = False
    """It has private data in it that everybody would see."""
    files: list[Attachment] = []
    """What goes out with it."""


def settings(tx: Tx) -> Policy:
    """What needs approval."""
    return kept.in_force(tx, KIND, Policy)


def save(tx: Tx, who: Who, policy: Policy, now: Instant) -> tuple[bool, int]:
    """Put a policy in force; see `desk.settings.keep`. Raises RefusedError."""
    wrong = policy.problem()
    if wrong:
        raise RefusedError(wrong)
    return kept.keep(tx, who, KIND, policy, now)


def restore(tx: Tx, who: Who, place: int, now: Instant) -> None:
    """Undo a save. Raises RefusedError when nothing was in force at that place."""
    if not kept.restore(tx, who, KIND, Policy, place, now):
        raise RefusedError("There are no such settings; nothing was changed.")


def because(
    tx: Tx, user_id: str, case_id: str, audience: Visibility, now: Instant, *, may_approve: bool
) -> str:
    """Why a reply needs a second pair of eyes; empty when it can go out."""
    policy = settings(tx)
    if not policy.rules:
        return ""
    facts = conditions.of_cases(tx, [case_id]).get(case_id)
    writer = Writer(may_approve=may_approve, since=store.came(tx, user_id))
    return "" if facts is None else rules.because(policy.rules, writer, audience, facts, now)


def hand_in(tx: Tx, log: Log, who: Who, draft: Draft, can: Capabilities, why: str, now: Instant) -> None:
    """Queue a reply; with `why` it waits until somebody else has read it. Raises as `outbox.queue`."""
    draft = msgspec.structs.replace(draft, for_approval=bool(why))
    case_id = outbox.queue(tx, log, who, draft, can, now)
    if why:
        ask(tx, log, who, draft.id, case_id, why, now)


def ask(tx: Tx, log: Log, who: Who, reply_id: str, case_id: str, why: str, now: Instant) -> None:
    """Note that a queued reply waits for somebody; handing in the same one twice is one question."""
    if store.find(tx, reply_id) is not None:
        return
    store.add(tx, {"reply_id": reply_id, "because": why, "asked_at": now})
    data = _encode({"what": "reply_asked", "detail": why}).decode()
    log.append(tx, [NewEvent(type=ASKED, subject=reply_id, case_id=case_id, actor=who.id, at=now, data=data)])


def waits(tx: Tx) -> list[Asked]:
    """The queue: what waits, oldest first, with what was said since."""
    return [_asked(tx, row) for row in store.waiting(tx, LISTED)]


def waiting_count(tx: Tx) -> int:
    """How many replies wait."""
    return store.count(tx)


def of_case(tx: Tx, case_id: str) -> dict[str, Asked]:
    """reply -> its question, for a case's page."""
    return {row["reply_id"]: _asked(tx, row) for row in store.of_case(tx, case_id)}


def _asked(tx: Tx, row: Row) -> Asked:
    state = SendState(row["state"])
    open_ = waiting.find(tx, row["reply_id"]) if state is SendState.APPROVAL else None
    said = store.message(tx, row["reply_id"])
    files = attaching.of_reply(tx, row["reply_id"])
    return Asked(
        reply_id=row["reply_id"],
        case_id=row["case_id"],
        number=row["number"],
        title=row["title"],
        person_name=row["person_name"],
        network=Network(row["network"]),
        audience=Visibility(row["audience"]),
        state=state,
        author_id=row["user_id"],
        author=row["author"],
        because=row["because"],
        asked_at=row["asked_at"],
        text=row["text"],
        verdict=row["verdict"],
        decider=row["decider"] or "",
        note=row["note"],
        difference=rules.difference(row["before"], row["text"]) if row["before"] else [],
        answers=said["text"] if said is not None else "",
        news=open_.news if open_ else [],
        seen=open_.seen if open_ else "",
        scheduled_at=open_.scheduled_at if open_ else None,
        private=bool(open_ and outbox.private_in(tx, open_.text, open_.audience, files)),
        files=attaching.of_replies(tx, [row["reply_id"]]).get(row["reply_id"], []),
    )


def _waiting(tx: Tx, who: Who, reply_id: str) -> Asked:
    row = store.find(tx, reply_id)
    if row is None or row["state"] != SendState.APPROVAL:
        raise RefusedError("This reply does not wait for approval any more; look at its case.")
    if row["user_id"] == who.id:
        raise RefusedError("Four eyes: somebody else has to approve your reply. Nothing was sent.")
    return _asked(tx, row)


def approve(
    tx: Tx, log: Log, who: Who, reply_id: str, wish: Approved, note: str, now: Instant, *, alone: bool = False
) -> str:
    """Let a reply go, as it is or changed. `alone` gives the other replies that wait in the case back to their
    writers. Returns the case's id.

    Raises RefusedError when it does not wait or is the approver's own, what `outbox.waiting.approve` raises, and
    RefusedError for private data that goes out in public without a note that says why.
    """
    asked = _waiting(tx, who, reply_id)
    text = wish.text.strip()
    if not text:
        raise RefusedError("A reply needs words; send it back instead.")
    changed = text != asked.text
    # Before the others are withdrawn: what was seen includes them.
    waiting.approve(tx, log, who, reply_id, wish, now)
    if alone:
        for one in asked.news:
            if one.waits:
                waiting.give_back(tx, log, who, one.id, now)
    verdict = "changed" if changed else "approved"
    _decide(tx, log, who, asked, verdict, note, now, before=asked.text if changed else "")
    if wish.private_reason:
        record(tx, who, "reply.private_allowed", reply_id, now, wish.private_reason)
    return asked.case_id


def send_back(tx: Tx, log: Log, who: Who, reply_id: str, note: str, now: Instant) -> str:
    """Give a reply back to its writer, with a note. Returns the case's id. Raises RefusedError."""
    asked = _waiting(tx, who, reply_id)
    if not note.strip():
        raise RefusedError("Say in a word what should be different; the reply still waits.")
    waiting.give_back(tx, log, who, reply_id, now)
    _decide(tx, log, who, asked, "sent_back", note, now)
    return asked.case_id


def _decide(
    tx: Tx, log: Log, who: Who, asked: Asked, verdict: str, note: str, now: Instant, *, before: str = ""
) -> None:
    note = note.strip()[:NOTE]
    store.decide(
        tx,
        asked.reply_id,
        {"verdict": verdict, "decided_by": who.id, "decided_at": now, "note": note, "before": before},
    )
    told = {"what": f"reply_{verdict}", "detail": note, "user": asked.author_id, "verdict": verdict}
    event = NewEvent(
        type=DECIDED,
        subject=asked.reply_id,
        case_id=asked.case_id,
        actor=who.id,
        at=now,
        data=_encode(told).decode(),
    )
    log.append(tx, [event])
    record(tx, who, f"reply.{verdict}", asked.reply_id, now, f"case {asked.case_id}")
