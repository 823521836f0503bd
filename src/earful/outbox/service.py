"""The outbox: a reply's row is the truth about it. Nothing is sent twice, nothing says sent that was not."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from earful.channels.contract import Capabilities, RawDelivery, Sent
from earful.channels.kit import text as counting
from earful.desk.answering import service as answering
from earful.desk.answering.rules import Found
from earful.desk.answering.rules import gaps as open_gaps
from earful.desk.attaching import service as attaching
from earful.desk.attaching.rules import File
from earful.desk.cases import service as cases
from earful.intake import service as intake
from earful.log.contract import Log, NewEvent
from earful.model.desk import SendState
from earful.model.message import Actor, Direction, Network, Visibility
from earful.model.time import Instant
from earful.outbox import rules, store, wire
from earful.outbox.wire import as_message
from earful.store.audit import EARFUL, Who, record
from earful.store.tx import Row, Tx

CHANGED = "case.reply"
"""A reply of a case changed its state."""

Draft = wire.Draft
RefusedReplyError, PrivateDataError = wire.RefusedReplyError, wire.PrivateDataError

GIVEN_UP = (*rules.BEFORE_SENDING, SendState.FAILED, SendState.UNKNOWN)
"""States that a person may end: what is on its way or there cannot be taken back."""

_encode = msgspec.json.Encoder().encode
_author = msgspec.json.Decoder(Actor)


def queue(tx: Tx, log: Log, who: Who, draft: Draft, can: Capabilities, now: Instant) -> str:
    """Queue a reply, to go out after its delay, at its time or when it is approved. Returns the case's id.

    Raises RefusedReplyError when it is empty, too long, has a gap or private data that others would see, has files that
    the network does not take, or its audience is not one that the message allows, and ConflictError when something came
    that the writer had not seen.
    """
    target = store.target(tx, draft.in_reply_to)
    if target is None or target["case_id"] is None:
        raise RefusedReplyError("The message that this answers is not in a case any more.")
    known = store.find(tx, draft.id)
    if known is not None:
        return str(known["case_id"])
    files = _files(tx, who, target["case_id"], draft, can.answering(Visibility(target["visibility"])))
    _check(tx, draft, target, can, files)
    cases.speak(tx, target["case_id"], draft.seen_version)
    subject = target["subject"]
    waits = draft.for_approval or draft.send_at is not None
    state = rules.first_state(draft.send_at, for_approval=draft.for_approval)
    due_at = None if draft.for_approval else draft.send_at or now + draft.delay
    store.insert(
        tx,
        {
            "id": draft.id,
            "case_id": target["case_id"],
            "channel_id": target["channel_id"],
            "in_reply_to": draft.in_reply_to,
            "user_id": who.id,
            "audience": draft.audience.value,
            "text": draft.text,
            "subject": subject if not subject or subject[:3].lower() == "re:" else f"Re: {subject}",
            "state": state.value,
            "attempts": 0,
            "error": "",
            "queued_at": now,
            "due_at": due_at,
            "scheduled_at": draft.send_at,
            "on_news": draft.on_news.value if waits else "",
            "watch_seq": store.newest_seq(tx, target["case_id"]) if waits else None,
            "later": _encode(draft.parts).decode() if draft.parts else "",
            "parts": max(len(draft.parts), 1),
            "private_reason": draft.private_reason,
            "template": _encode(draft.template).decode() if draft.template is not None else "",
        },
    )
    attaching.bind(tx, draft.id, target["channel_id"], files)
    tell(tx, log, draft.id, target["case_id"], state, now, who)
    told = f", {len(files)} files" if files else ""
    record(tx, who, "reply.queue", draft.id, now, f"case {target['case_id']}, {draft.audience.value}{told}")
    return str(target["case_id"])


def _files(tx: Tx, who: Who, case_id: str, draft: Draft, can: Capabilities) -> list[File]:
    try:
        files = attaching.named(tx, who.id, case_id, draft.files)
        attaching.check(files, can, draft.audience, draft.template)
    except attaching.RefusedError as error:
        raise RefusedReplyError(str(error)) from error
    return files


def _check(tx: Tx, draft: Draft, target: Row, can: Capabilities, files: list[File]) -> None:
    if not draft.text.strip():
        raise RefusedReplyError("Write something first.")
    left = open_gaps(draft.text)
    if left:
        raise RefusedReplyError(f"Fill in [[{left[0]}]] first; nothing was sent.")
    if draft.template is not None and not can.templates:
        raise RefusedReplyError("This network has no templates; nothing was sent.")
    if draft.parts and not can.threads:
        raise RefusedReplyError("This network does not take a reply in parts; shorten it.")
    if not draft.private_reason and not draft.for_approval:
        check_private(tx, draft.text, draft.audience, files)
    if target["direction"] != Direction.INBOUND or target["deleted_at"] is not None:
        raise RefusedReplyError("Choose a message of the customer that still exists.")
    allowed = rules.audiences(Visibility(target["visibility"]), can)
    if draft.audience not in allowed:
        raise RefusedReplyError(
            "This channel cannot be answered from here."
            if not allowed
            else f"This message can only be answered as: {', '.join(allowed)}."
        )
    check_length(draft.text, draft.parts, can.within(draft.audience))


def check_length(text: str, parts: list[str], can: Capabilities) -> None:
    """Raises RefusedReplyError for a text, or a part of one, that is longer than its network takes."""
    if can.max_length is None:
        return
    over = max(counting.count(said, can.counter) for said in parts or [text]) - can.max_length
    if over > 0:
        raise RefusedReplyError(f"The reply is {over} too long for this network; shorten it.")


def check_private(tx: Tx, text: str, audience: Visibility, files: Sequence[File] = ()) -> None:
    """Raises PrivateDataError when others than those addressed would see private data, in the words or in what is said
    of pictures. The files themselves are not looked into."""
    found = private_in(tx, text, audience, files)
    if found:
        kinds = ", ".join(dict.fromkeys(one.type.replace("_", " ") for one in found))
        raise PrivateDataError(
            f"This has private data in it that everybody could read ({kinds}). Take it out, or answer in private."
        )


def private_in(tx: Tx, text: str, audience: Visibility, files: Sequence[File] = ()) -> list[Found]:
    """Private data in words and in what is said of pictures; an empty list where only those addressed see it."""
    said = [text, *(one.alt for one in files if one.alt)]
    return [found for each in said for found in answering.private_in(tx, each, audience)]


def place_of(tx: Tx, message_id: str) -> tuple[str, Network]:
    """Channel and network of a message to be answered. Raises RefusedReplyError when it is not there."""
    target = store.target(tx, message_id)
    if target is None:
        raise RefusedReplyError("The message that this answers does not exist any more.")
    return target["channel_id"], Network(target["network"])


def capabilities_for(tx: Tx, message_id: str, of_channel: Callable[[str], Capabilities]) -> Capabilities:
    """What an answer to a message can be, by what its channel can do. Raises RefusedReplyError when it is not there."""
    target = store.target(tx, message_id)
    if target is None:
        raise RefusedReplyError("The message that this answers does not exist any more.")
    return of_channel(target["channel_id"]).answering(Visibility(target["visibility"]))


def case_with(tx: Tx, message_id: str) -> str:
    """The case of a message to be answered; empty when it is in none."""
    target = store.target(tx, message_id)
    return "" if target is None else str(target["case_id"] or "")


def handle_of(tx: Tx, message_id: str) -> str:
    """The handle of whoever wrote a message, without @; empty where there is none."""
    target = store.target(tx, message_id)
    return "" if target is None else _author.decode(target["author"]).handle.removeprefix("@")


def answered_by(tx: Tx, reply_id: str) -> tuple[str, str]:
    """Channel and answered message of a reply. Raises RefusedReplyError when there is no such reply."""
    row = known(tx, reply_id)
    return row["channel_id"], row["in_reply_to"]


def cancelled_of(tx: Tx, case_id: str) -> frozenset[str]:
    """The replies of a case that were taken back before they went out."""
    return frozenset(store.cancelled_of(tx, case_id))


def case_of(tx: Tx, reply_id: str) -> str:
    """The case of a reply. Raises RefusedReplyError when there is no such reply."""
    return str(known(tx, reply_id)["case_id"])


def cancel(
    tx: Tx, log: Log, who: Who, reply_id: str, now: Instant, *, drafter: str = ""
) -> tuple[str, Visibility, str]:
    """Take a reply back before it goes out, or give one up. Raises RefusedReplyError when it is too late.

    Its files are in a draft again: of `drafter`, or of whoever takes it back. Returns its text (of a template none: its
    words are not ours to change), its audience and the message that it answered.
    """
    row = known(tx, reply_id)
    values = {"state": SendState.CANCELLED.value, "due_at": None}
    if row["state"] not in GIVEN_UP or not store.change(tx, reply_id, row["state"], values):
        raise RefusedReplyError("Too late to take it back: it is on its way or already there.")
    tell(tx, log, reply_id, row["case_id"], SendState.CANCELLED, now, who)
    record(tx, who, "reply.cancel", reply_id, now)
    text, gone = "" if row["template"] else row["text"], [reply_id]
    for part in store.parts_after(tx, row["thread_id"], row["part"]) if row["thread_id"] else []:
        # A part can only go out after this one did, so none of them is on its way.
        if store.change(tx, part["id"], part["state"], values):
            text, gone = f"{text}\n{part['text']}".rstrip(), [*gone, part["id"]]
            tell(tx, log, part["id"], row["case_id"], SendState.CANCELLED, now, who)
    attaching.release(tx, gone, drafter or who.id, row["case_id"])
    return text, Visibility(row["audience"]), row["in_reply_to"]


def retry(tx: Tx, log: Log, who: Who, reply_id: str, now: Instant) -> None:
    """Try a failed reply again, or look again for one of unknown fate. Never resends what may be out."""
    row = known(tx, reply_id)
    if row["state"] == SendState.FAILED:
        values: dict[str, Any] = {"state": SendState.QUEUED.value, "attempts": 0, "error": "", "due_at": now}
        store.change(tx, reply_id, SendState.FAILED.value, values)
        tell(tx, log, reply_id, row["case_id"], SendState.QUEUED, now, who)
    elif row["state"] == SendState.UNKNOWN:
        store.change(tx, reply_id, SendState.UNKNOWN.value, {"due_at": now, "looks": 0, "absences": 0})
    else:
        raise RefusedReplyError(
            f"Only a failed or unknown reply can be tried again; this one is {row['state']}."
        )
    record(tx, who, "reply.retry", reply_id, now)


def known(tx: Tx, reply_id: str) -> Row:
    """A reply, locked. Raises RefusedReplyError when there is none."""
    row = store.find(tx, reply_id)
    if row is None:
        raise RefusedReplyError("There is no such reply.")
    return row


def sent(tx: Tx, log: Log, reply_id: str, proof: Sent, now: Instant) -> None:
    """The network took it: the reply becomes a message of its conversation, as its echo would."""
    row = store.with_target(tx, reply_id)
    if row is None:
        raise LookupError(f"reply {reply_id} is not in the outbox")
    values: dict[str, Any] = {
        "state": SendState.SENT.value,
        "sent_at": now,
        "native_id": proof.native_id,
        "namespace": proof.namespace or row["target_namespace"],
        "lease_until": None,
        "due_at": None,
        "error": "",
    }
    store.change(tx, reply_id, row["state"], values)
    files = attaching.of_replies(tx, [reply_id]).get(reply_id, [])
    message = as_message(row, proof, files)
    delivery = RawDelivery(
        transport="outbox", body=msgspec.json.encode(proof), verified_by="send", native_delivery_id=reply_id
    )
    intake.accept(log, row["channel_id"], delivery, [message], now)(tx)
    message_id = store.join_message(tx, row["channel_id"], values["namespace"], proof.native_id, reply_id)
    attaching.say(tx, reply_id, message_id, now)
    tell(tx, log, reply_id, row["case_id"], SendState.SENT, now)


def refuse_queued(tx: Tx, log: Log, reply_id: str, why: str, now: Instant) -> None:
    """Nothing was tried: the reply cannot even leave."""
    _settle(tx, log, reply_id, SendState.FAILED, why, None, now)


def refused(tx: Tx, log: Log, reply_id: str, why: str, now: Instant) -> None:
    """The network said no for good; a person has to look at it."""
    _settle(tx, log, reply_id, SendState.FAILED, why, None, now)


def postponed(tx: Tx, log: Log, reply_id: str, why: str, after_seconds: float | None, now: Instant) -> None:
    """Nothing was sent: try again later, and give up after `rules.TRIES`."""
    row = known(tx, reply_id)
    again = rules.next_try(row["attempts"], now, after_seconds)
    state = SendState.FAILED if again is None else SendState.QUEUED
    _settle(tx, log, reply_id, state, why, again, now)


def unknown(tx: Tx, log: Log, reply_id: str, why: str, now: Instant) -> None:
    """It may be out: look on the network before anything else."""
    store.change(tx, reply_id, SendState.SENDING.value, {"looks": 0, "absences": 0})
    _settle(tx, log, reply_id, SendState.UNKNOWN, why, rules.next_look(0, now), now)


def not_there(tx: Tx, log: Log, reply_id: str, now: Instant) -> None:
    """The network does not have it.

    Once it has said so `rules.ABSENCES` times in a row, it is safe to send again, and after `rules.TRIES` sends
    it is time to give up.
    """
    row = known(tx, reply_id)
    absences = row["absences"] + 1
    if absences < rules.ABSENCES:
        store.change(tx, reply_id, SendState.UNKNOWN.value, {"absences": absences})
        why = "The network does not list it yet; looking once more before sending again."
        _settle(tx, log, reply_id, SendState.UNKNOWN, why, rules.next_look(absences, now), now)
    elif row["attempts"] >= rules.TRIES:
        why = f"Sent {row['attempts']} times, and the network still does not have it."
        _settle(tx, log, reply_id, SendState.FAILED, why, None, now)
    else:
        _settle(tx, log, reply_id, SendState.QUEUED, "", now, now)


def still_unknown(tx: Tx, log: Log, reply_id: str, why: str, now: Instant) -> None:
    """The network could not tell; ask again later, and leave it to a person after `rules.LOOKS`."""
    looks = known(tx, reply_id)["looks"] + 1
    store.change(tx, reply_id, SendState.UNKNOWN.value, {"looks": looks, "absences": 0})
    _settle(tx, log, reply_id, SendState.UNKNOWN, why, rules.next_look(looks, now), now)


def _settle(
    tx: Tx, log: Log, reply_id: str, state: SendState, why: str, due_at: int | None, now: Instant
) -> None:
    row = known(tx, reply_id)
    values = {"state": state.value, "error": why[:1_000], "due_at": due_at, "lease_until": None}
    if store.change(tx, reply_id, row["state"], values):
        tell(tx, log, reply_id, row["case_id"], state, now)


def recover(tx: Tx, log: Log, now: Instant) -> int:
    """Replies whose sender was cut off become `unknown`. Returns how many."""
    rows = store.cut_off(tx, now)
    for row in rows:
        unknown(
            tx, log, row["id"], "Earful stopped while this was being sent; looking whether it is out.", now
        )
    return len(rows)


def due(tx: Tx, now: Instant, limit: int) -> list[tuple[str, SendState]]:
    """Replies to send or to look for."""
    return [(row["id"], SendState(row["state"])) for row in store.due(tx, now, limit)]


def channel_of(tx: Tx, reply_id: str) -> tuple[str, int]:
    """The channel that a reply goes through, and since when it is due."""
    row = known(tx, reply_id)
    return row["channel_id"], row["due_at"] or row["queued_at"]


def tell(
    tx: Tx, log: Log, reply_id: str, case_id: str, state: SendState, now: Instant, who: Who = EARFUL
) -> None:
    """Append that a reply is in a state."""
    data = _encode({"reply": reply_id, "state": state.value}).decode()
    event = NewEvent(type=CHANGED, subject=reply_id, case_id=case_id, actor=who.id, at=now, data=data)
    log.append(tx, [event])
