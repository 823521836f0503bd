"""A reply leaves: it is taken for sending, unless something was said meanwhile, and becomes the messages that it is."""

from functools import partial

import msgspec

from earful.channels.contract import Capabilities, Reply
from earful.channels.kit.text import count
from earful.desk.attaching import rules as files_rules
from earful.desk.attaching import service as attaching
from earful.desk.attaching.rules import File, Piece
from earful.desk.cases import service as cases
from earful.log.contract import Log
from earful.model.desk import SendState
from earful.model.message import Visibility
from earful.model.time import Instant
from earful.outbox import rules, store
from earful.outbox.rules import OnNews
from earful.outbox.service import check_private, tell
from earful.outbox.wire import RefusedReplyError, reply_of, template_of
from earful.store.tx import Row, Tx

_parts = msgspec.json.Decoder(list[str])


def claim(tx: Tx, log: Log, reply_id: str, can: Capabilities, now: Instant) -> Reply | None:
    """Take a due reply for sending; None when somebody else has it or it was taken back. Its files have no content yet.

    From here until `sent`, `refused`, `postponed` or `unknown`, a crash leaves it `sending`, which the next
    start turns into `unknown`: it may be out.
    """
    row = store.with_target(tx, reply_id)
    if row is None:
        return None
    if row["on_news"] and hold(tx, log, row, now):
        return None
    can = can.answering(Visibility(row["target_visibility"]))
    files = attaching.of_reply(tx, reply_id)
    if not row["private_reason"]:
        check_private(tx, row["text"], Visibility(row["audience"]), files)
    _check_files(row, files, can)
    pieces = _pieces(row, [one.id for one in files], can)
    values = {
        "state": SendState.SENDING.value,
        "attempts": row["attempts"] + 1,
        "lease_until": now + rules.LEASE,
        "due_at": None,
    }
    if len(pieces) > 1:
        values |= {"text": pieces[0].text, "later": "", "thread_id": reply_id, "parts": len(pieces)}
    if not store.change(tx, reply_id, SendState.QUEUED.value, values):
        return None
    if len(pieces) > 1:
        _add_parts(tx, log, row, pieces, now)
        row = store.with_target(tx, reply_id) or row
    tell(tx, log, reply_id, row["case_id"], SendState.SENDING, now)
    return reply_of(row, [one for one in files if one.id in pieces[0].files])


def _check_files(row: Row, files: list[File], can: Capabilities) -> None:
    """Once more, for the network as it is now: words must not go out without the files that they speak of."""
    try:
        attaching.check(files, can, Visibility(row["audience"]), template_of(row))
    except attaching.RefusedError as error:
        raise RefusedReplyError(str(error)) from error


def _pieces(row: Row, files: list[str], can: Capabilities) -> list[Piece]:
    """The messages that a reply becomes: one, unless its words are in parts or its files do not go with them. What is a
    part already stays one."""
    texts = _parts.decode(row["later"]) if row["later"] else [row["text"]]
    if row["thread_id"]:
        return [Piece(row["text"], files)]
    takes = files_rules.taken(can, Visibility(row["audience"]), template_of(row))
    return files_rules.divided(texts, files, takes, partial(count, counter=can.counter))


def hold(tx: Tx, log: Log, row: Row, now: Instant) -> bool:
    """Hold or cancel a reply that waited when something was said meanwhile; False when nothing was."""
    if not store.said_since(tx, row["case_id"], row["watch_seq"] or 0, row["user_id"]):
        return False
    held = row["on_news"] == OnNews.HOLD
    state = SendState.HELD if held else SendState.CANCELLED
    why = "Something was said since this was written. Read it, then send this, change it or give it up."
    values = {"state": state.value, "due_at": None, "error": why if held else ""}
    if store.change(tx, row["id"], row["state"], values):
        tell(tx, log, row["id"], row["case_id"], state, now)
        if not held:
            attaching.release(tx, [row["id"]], row["user_id"], row["case_id"])
        if not held and not cases.has_draft(tx, row["user_id"], row["case_id"]):
            audience = Visibility(row["audience"])
            cases.save_draft(
                tx, row["user_id"], row["case_id"], row["text"], audience, row["in_reply_to"], now
            )
    return True


def _add_parts(tx: Tx, log: Log, row: Row, pieces: list[Piece], now: Instant) -> None:
    """The parts after the first take their places in the queue; each waits until the one before is surely out."""
    columns = (
        "case_id",
        "channel_id",
        "in_reply_to",
        "user_id",
        "audience",
        "subject",
        "private_reason",
    )
    for at, piece in enumerate(pieces[1:], 2):
        part = {name: row[name] for name in columns} | {"parts": len(pieces)}
        part |= {"id": f"{row['id']}-{at}", "text": piece.text, "part": at, "thread_id": row["id"]}
        part |= {"state": SendState.QUEUED.value, "attempts": 0, "error": "", "queued_at": now, "due_at": now}
        if store.insert(tx, part):
            attaching.move(tx, part["id"], piece.files)
            tell(tx, log, part["id"], row["case_id"], SendState.QUEUED, now)


def find_reply(tx: Tx, reply_id: str) -> tuple[str, Reply] | None:
    """A reply of unknown fate with its channel, to be looked for."""
    row = store.with_target(tx, reply_id)
    if row is None or row["state"] != SendState.UNKNOWN:
        return None
    return row["channel_id"], reply_of(row, attaching.of_reply(tx, reply_id))
