"""Delivery reports: which mail did not arrive, for whom, and why."""

import re
from email.message import Message

from msgspec import Struct

from earful.channels.email.headers import decode_words, message_ids, raw_header
from earful.channels.kit.html import scrub

_DAEMON = re.compile(r"mailer-daemon|mail delivery (?:sub)?system|postmaster@", re.IGNORECASE)
_ORIGINAL_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class Bounce(Struct, frozen=True, kw_only=True):
    """One report. `action` is of RFC 3464: failed, delayed, delivered, relayed or expanded."""

    original_message_id: str
    recipient: str
    action: str
    status: str
    """RFC 3463, `5.1.1`; empty when not given."""
    diagnostic: str


def read_bounce(mail: Message, text: str, our_domain: str) -> Bounce | None:
    """The report in `mail`; None when it is not one.

    A `multipart/report` of type delivery-status is one by definition. Anything else must come from a mail
    daemon or the null sender *and* name a Message-ID of our domain, for old servers write free text.
    """
    if mail.get_content_type() == "multipart/report" or _status_part(mail) is not None:
        return _report(mail, text)
    null_sender = "".join(raw_header(mail, "return-path").split()) == "<>"
    if not (null_sender or _DAEMON.search(raw_header(mail, "from"))):
        return None
    original = _original_id(mail, text)
    if not original.lower().endswith(f"@{our_domain.lower()}>"):
        return None
    status = _STATUS.search(text)
    return Bounce(
        original_message_id=original,
        recipient=raw_header(mail, "x-failed-recipients")[:320],
        action="failed",
        status=status.group() if status else "",
        diagnostic=_first_line_with_status(text),
    )


def _report(mail: Message, text: str) -> Bounce | None:
    part = _status_part(mail)
    if part is None:
        return None
    fields: dict[str, str] = {}
    for block in _blocks(part):
        for name, value in block.raw_items():
            fields.setdefault(name.lower(), decode_words(" ".join(str(value).split())))
    return Bounce(
        original_message_id=_original_id(mail, text),
        recipient=_typed(fields.get("final-recipient") or fields.get("original-recipient") or "")[:320],
        action=fields.get("action", "failed").lower()[:40],
        status=fields.get("status", "").partition(" ")[0][:20],
        diagnostic=_typed(fields.get("diagnostic-code", ""))[:1000],
    )


def _status_part(mail: Message) -> Message | None:
    """The status of this very mail; a report that a customer forwards to us is deeper inside."""
    for part in _blocks(mail):
        if part.get_content_type() == "message/delivery-status":
            return part
    return None


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _original_id(mail: Message, text: str) -> str:
    """The id of the mail that is reported on: from the copy of its headers, else from In-Reply-To."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in _blocks(part):
                if ids := message_ids(raw_header(inner, "message-id")):
                    return ids[0]
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and (
                found := _ORIGINAL_ID.search(scrub(payload.decode("latin-1")))
            ):
                return found.group(1)
    for name in ("in-reply-to", "references"):
        if ids := message_ids(raw_header(mail, name)):
            return ids[-1]
    found = _ORIGINAL_ID.search(text)
    return found.group(1) if found else ""


def _typed(value: str) -> str:
    """The value of `rfc822; ana@example.com`."""
    return scrub(value.partition(";")[2].strip() or value.strip())


def _first_line_with_status(text: str) -> str:
    for line in text.splitlines():
        if _STATUS.search(line) or "550" in line:
            return line.strip()[:1000]
    return ""
