"""Customers who come, by our form or by a private message that names a code: they are known, and their case goes on."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.channels.form.connector import MAIL
from earful.desk.conversations import service as conversations
from earful.desk.handoff import rules, service, store
from earful.desk.handoff.rules import Fault, State, Way
from earful.desk.handoff.service import RefusedError, TooManyError
from earful.desk.people import service as people
from earful.intake import service as intake
from earful.log.contract import Log, NewEvent
from earful.model.message import Actor, IncomingMessage, MessageKind, Network, Visibility
from earful.model.time import Instant
from earful.store.tx import Row, Tx

NONCE = re.compile(r"[0-9a-f-]{36}")
INVALID = "case.handoff"
"""A case was opened by somebody whose link was not valid."""
FAULT = "handoff"
"""What the context of a message calls the fault of its link."""
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\]]+")

_encode = msgspec.json.Encoder().encode


class Written(Struct, frozen=True, kw_only=True):
    """What somebody wrote on the form."""

    text: str
    nonce: str
    """A UUID of the page: the same one twice is one message."""
    mail: str = ""
    """Where they want the answer too; empty for nowhere."""
    name: str = ""

    def problem(self, *, needs_mail: bool = False) -> str | None:
        """Why it cannot be taken; None when it can."""
        if not self.text.strip():
            return "Write what it is about; nothing was sent yet."
        if len(self.text) > rules.TEXT_MOST:
            return f"This is longer than {rules.TEXT_MOST} characters; nothing was sent yet. Shorten it."
        if self.mail and (len(self.mail) > 254 or not _ADDRESS.fullmatch(self.mail)):
            return "This mail address does not look right; nothing was sent yet."
        if needs_mail and not self.mail:
            return "Leave a mail address, so that we can answer you; nothing was sent yet."
        return None


def write(
    tx: Tx, log: Log, channel_id: str, row: Row, visitor: str, written: Written, address: str, now: Instant
) -> None:
    """Take what a customer wrote on the page of their link: raw delivery, message and arrival in one transaction.

    `visitor`: digest of the browser's cookie; `address`: digest of where it came from. Raises RefusedError when
    another browser was first, TooManyError.
    """
    _slow_down(tx, f"address:{address}", rules.VISITOR_MESSAGES, now)
    actor = _visitor(row["id"], row["person_name"], written.mail)
    with_thread(tx, log, row, visitor, actor, Way.FORM, channel_id, row["id"], now)
    _accept(tx, log, channel_id, row["id"], actor, written, {}, now)


def behind(tx: Tx, secret: str, link: str, visitor: str, now: Instant) -> tuple[Row | None, Fault | None]:
    """The invitation behind a link, and why a browser may not use it. The signature is checked first, so that nothing
    can be tried out on the database."""
    found = rules.read_link(secret, link)
    return (None, Fault.UNKNOWN) if found is None else service.look(tx, found.handoff_id, visitor, now)


def with_thread(
    tx: Tx,
    log: Log,
    row: Row,
    visitor: str,
    actor: Actor,
    way: Way,
    channel_id: str,
    thread: str,
    now: Instant,
) -> None:
    """Somebody writes in a thread of a page of ours who came by a link: it is theirs alone from now on, they are the
    case's person, and the case goes on there. Raises RefusedError when another browser was first."""
    if row["visitor"] != visitor and not store.bind(tx, row["id"], visitor):
        raise RefusedError("Another browser was first; nothing was sent.")
    author_id = people.know(
        tx,
        log,
        (Network.CHAT.value, "", actor.native_id),
        actor,
        row["person_id"],
        f"handoff {row['code']}",
        now,
    )
    conversation_id = conversations.open_named(tx, channel_id, thread, Visibility.DIRECT, now)
    conversations.give_case(tx, conversation_id, row["case_id"])
    service.arrive(tx, log, row, way, now, author_id=author_id, conversation_id=conversation_id)


def write_as_stranger(
    tx: Tx, log: Log, channel_id: str, fault: Fault, written: Written, address: str, now: Instant
) -> None:
    """Take what somebody wrote whose link was not valid: it opens a case of its own, which says so.

    Raises TooManyError.
    """
    _slow_down(tx, f"address:{address}", rules.STRANGER_MESSAGES, now)
    actor = _visitor(written.nonce, written.name or written.mail, written.mail)
    _accept(tx, log, channel_id, written.nonce, actor, written, {FAULT: fault.value}, now)


def _slow_down(tx: Tx, who: str, most: int, now: Instant) -> None:
    if store.tries(tx, who, now - rules.MESSAGE_WINDOW) >= most:
        raise TooManyError("That were many messages in a short time; nothing was sent. Please wait an hour.")
    store.note_try(tx, who, now, now - rules.MESSAGE_WINDOW)


def _visitor(name: str, shown: str, mail: str) -> Actor:
    return Actor(
        native_id=f"visitor:{name}", handle=mail, name=shown, alt_ids={"email": mail} if mail else {}
    )


def _accept(
    tx: Tx, log: Log, channel_id: str, thread: str, actor: Actor, written: Written, context: dict[str, Any],
    now: Instant,
) -> None:  # fmt: skip
    native_id = f"{thread}.{written.nonce}"
    message = IncomingMessage(
        native_id=native_id,
        occurred_at=datetime.fromtimestamp(now / 1000, UTC),
        author=actor,
        text=written.text.strip(),
        kind=MessageKind.CHAT,
        visibility=Visibility.DIRECT,
        thread=thread,
        context=context | ({MAIL: written.mail} if written.mail else {}),
    )
    raw = RawDelivery(
        transport="form",
        body=_encode(written),
        native_delivery_id=native_id,
        verified_by="" if context else "link",
    )
    intake.accept(log, channel_id, raw, [message], now)(tx)


def conversation(tx: Tx, row: Row) -> list[Row]:
    """What was said on the page of a link: there and nowhere else."""
    where = row["conversation_id"]
    return store.said_in(tx, row["id"], where, service.SHOWN) if where else []


class Came(Struct, frozen=True, kw_only=True):
    """A private message that may name a code."""

    message_id: str
    key: tuple[str, str, str]
    """Of its author: network, namespace, native id."""
    actor: Actor
    text: str
    at: int


def recognise(tx: Tx, log: Log, came: Sequence[Came], now: Instant) -> dict[str, Row]:
    """message -> the invitation whose code it names, for those that may use it. The author is then the case's person.

    Whoever names wrong codes again and again is no longer listened to.
    """
    named = {one.message_id: codes for one in came if (codes := rules.codes_in(one.text))}
    known = store.by_codes(tx, {code for codes in named.values() for code in codes})
    found: dict[str, Row] = {}
    for one in came:
        codes = named.get(one.message_id, [])
        row = next((known[code] for code in codes if code in known), None)
        key = f"author:{service.digest('/'.join(one.key))[:32]}"
        if not codes or store.tries(tx, key, now - rules.CODE_WINDOW) >= rules.CODE_TRIES:
            continue
        if row is None or not _open_to(tx, row, one, now):
            service.note_wrong(tx, key, now)
            continue
        people.know(tx, log, one.key, one.actor, row["person_id"], f"handoff {row['code']}", now)
        found[one.message_id] = row
    return found


def _open_to(tx: Tx, row: Row, one: Came, now: Instant) -> bool:
    """An invitation holds for the first who comes, and for them again."""
    if row["state"] == State.ARRIVED:
        return row["author_id"] is not None and people.author_of(tx, one.key) == row["author_id"]
    return bool(row["state"] == State.OFFERED and row["expires_at"] > now and row["visitor"] is None)


def join(
    tx: Tx,
    log: Log,
    recognised: Mapping[str, Row],
    came: Mapping[str, Came],
    placed: Mapping[str, str],
    now: Instant,
) -> None:
    """Bring recognised messages to their case, before the desk would open one. `placed`: message -> conversation."""
    for message_id, row in recognised.items():
        one, conversation_id = came[message_id], placed[message_id]
        conversations.give_case(tx, conversation_id, row["case_id"])
        author_id = people.author_of(tx, one.key)
        service.arrive(tx, log, row, one.key[0], now, author_id=author_id, conversation_id=conversation_id)


def tell_invalid(case_id: str, fault: str, now: Instant) -> list[NewEvent]:
    """The line in a case that its customer came with a link that was not valid."""
    data = _encode({"what": f"handoff_link_{fault}", "detail": ""}).decode()
    return [NewEvent(type=INVALID, subject=case_id, case_id=case_id, at=now, data=data)]
