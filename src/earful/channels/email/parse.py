"""One mail as a message: identity, thread, people, words, and who or what wrote it."""

import hashlib
import re
from datetime import datetime
from email.message import Message

from msgspec import Struct, structs

from earful.channels.email.bodies import Bodies, read_bodies, read_mail
from earful.channels.email.facts import Caught, MailFacts
from earful.channels.email.filters import catch, our_client_id
from earful.channels.email.headers import (
    Address,
    addresses,
    header,
    message_ids,
    raw_header,
    raw_headers,
    written_at,
)
from earful.channels.email.limits import MAX_MESSAGE_ID, MAX_REFERENCES
from earful.channels.email.quotes import split
from earful.channels.email.settings import EmailSettings, domain_of
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind, Visibility

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_VERDICT = re.compile(r"\b(dkim|spf|dmarc|arc)\s*=\s*([a-z]+)", re.IGNORECASE)
_UNKNOWN = Address("unknown@invalid")
"""The author of a mail that names none (RFC 2606 keeps `.invalid` free)."""


class Identity(Struct, frozen=True, kw_only=True):
    """Who we are in mail."""

    ours: frozenset[str]
    our_domain: str
    own_lists: frozenset[str] = frozenset()


def identity_of(settings: EmailSettings) -> Identity:
    """The identity a mailbox was connected with."""
    return Identity(
        ours=frozenset(each.strip().lower() for each in (settings.address, *settings.aliases)),
        our_domain=domain_of(settings).lower(),
        own_lists=frozenset(each.strip("<> ").lower() for each in settings.own_lists),
    )


def parse(
    raw: bytes, *, identity: Identity, received_at: datetime, folder_is_sent: bool = False
) -> IncomingMessage:
    """The message in the bytes of one mail (RFC 5322).

    `native_id` is the Message-ID with its brackets. A mail without one, or with several that differ, gets
    `<sha256:...>` of its headers and body, the same each time it is read. `ancestor_ids` is References with
    In-Reply-To at its end, so the root of the thread comes first; `thread` stays empty, for mail has no
    thread ids and a newsletter's id would join strangers. Never raises for any bytes.
    """
    mail = read_mail(raw)
    bodies = read_bodies(mail)
    sender = _sender(mail)
    message_id = _identity(mail, raw)
    client_id = our_client_id(message_id, identity.our_domain) if sender.address in identity.ours else ""
    outbound = folder_is_sent or bool(client_id)
    caught = None
    if not outbound:
        caught = catch(
            MailFacts(
                mail=mail,
                message_id=message_id,
                sender=sender,
                text=bodies.text,
                folder_is_sent=folder_is_sent,
                ours=identity.ours,
                our_domain=identity.our_domain,
                own_lists=identity.own_lists,
            )
        )
    ancestors = _ancestors(mail)
    new = split(bodies.text) if caught is None else None
    everyone = addresses(mail, "to", "cc")
    others = [each for each in everyone if each.address not in identity.ours | {sender.address}]
    return IncomingMessage(
        native_id=message_id,
        occurred_at=written_at(mail, received_at),
        author=_actor(sender),
        text=new.text if new else bodies.text.strip(),
        kind=MessageKind.SYSTEM if caught else MessageKind.EMAIL,
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        visibility=Visibility.GROUP if _is_group(others, outbound=outbound) else Visibility.DIRECT,
        html=bodies.html,
        subject=header(mail, "subject")[:1000],
        language=_language(mail),
        parent_id=(caught.parent_id if caught and caught.parent_id else ancestors[-1] if ancestors else ""),
        ancestor_ids=ancestors,
        recipients=[_actor(each) for each in everyone[:100]],
        attachments=bodies.attachments,
        client_id=client_id,
        context=_context(mail, bodies, caught, others)
        | ({"quoted_text": new.quoted, "quote_rule": new.rule} if new and new.quoted else {}),
    )


def as_history(message: IncomingMessage) -> IncomingMessage:
    """The same message, marked so that it starts no automation."""
    return structs.replace(message, backfill=True)


def unreadable(raw: bytes, *, received_at: datetime, why: str) -> IncomingMessage:
    """What is kept of a mail that could not be read: that it came, and where its bytes are."""
    return IncomingMessage(
        native_id=_fingerprint(raw),
        occurred_at=received_at,
        author=_actor(_UNKNOWN),
        text="This mail could not be read. Its bytes are kept in the raw delivery.",
        kind=MessageKind.UNSUPPORTED,
        visibility=Visibility.DIRECT,
        context={"why": why},
    )


def _identity(mail: Message, raw: bytes) -> str:
    """The Message-ID, or a fingerprint when it is missing, ambiguous or too long to be stored."""
    found = {each for value in raw_headers(mail, "message-id") for each in message_ids(value)[:1]}
    if len(found) == 1 and len(only := found.pop()) <= MAX_MESSAGE_ID:
        return only
    return _fingerprint(raw)


def _fingerprint(raw: bytes) -> str:
    """Over the bytes without trace fields, which differ between two copies of one mail."""
    head, gap, body = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")
    kept: list[bytes] = []
    tracing = False
    for line in head.splitlines():
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].lower()
            tracing = name in (b"received", b"return-path", b"delivered-to", b"x-original-to", b"message-id")
        if not tracing:
            kept.append(line)
    digest = hashlib.sha256(b"\n".join(kept) + b"\n\n" + body.replace(b"\r\n", b"\n"))
    return f"<sha256:{digest.hexdigest()}>" if gap or kept else f"<sha256:{hashlib.sha256(raw).hexdigest()}>"


def _sender(mail: Message) -> Address:
    found = addresses(mail, "from") or addresses(mail, "sender") or addresses(mail, "return-path")
    return found[0] if found else _UNKNOWN


def _actor(who: Address) -> Actor:
    return Actor(native_id=who.address, handle=who.address, name=who.name, alt_ids={"email": who.address})


def _ancestors(mail: Message) -> list[str]:
    """Root first, the answered mail last."""
    parents = message_ids(raw_header(mail, "in-reply-to"))
    chain = [each for each in message_ids(raw_header(mail, "references")) if len(each) <= MAX_MESSAGE_ID]
    # Several ids in In-Reply-To are rare and the first is the mail that was answered.
    if parents and len(parents[0]) <= MAX_MESSAGE_ID:
        chain = [each for each in chain if each != parents[0]] + [parents[0]]
    if len(chain) > MAX_REFERENCES:
        chain = chain[:1] + chain[-(MAX_REFERENCES - 1) :]
    return chain


def _is_group(others: list[Address], *, outbound: bool) -> bool:
    return len(others) > (1 if outbound else 0)


def _language(mail: Message) -> str:
    found = _LANGUAGE.match(raw_header(mail, "content-language"))
    return found.group() if found else ""


def _context(
    mail: Message, bodies: Bodies, caught: Caught | None, others: list[Address]
) -> dict[str, object]:
    context: dict[str, object] = {}
    reply_to = [each.address for each in addresses(mail, "reply-to")]
    if reply_to:
        context["reply_to"] = reply_to[:10]
    if others:
        context["others"] = [each.address for each in others[:50]]
    if verdict := _authentication(mail):
        context["authentication"] = verdict
    if bodies.cut:
        context["cut"] = True
    if caught:
        context |= {"caught_by": caught.by, "why": caught.why}
        if caught.details:
            context[caught.by] = caught.details
    return context


def _authentication(mail: Message) -> dict[str, str]:
    """What our own mail server found (Authentication-Results, RFC 8601).

    Only the topmost field counts: those below came with the mail and may be forged.
    """
    fields = raw_headers(mail, "authentication-results")
    if not fields:
        return {}
    verdicts = {name.lower(): verdict.lower() for name, verdict in reversed(_VERDICT.findall(fields[0]))}
    return {"server": fields[0].partition(";")[0].strip()[:255], **verdicts} if verdicts else {}
