"""The words and files of a mail: MIME read for what a person would see."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from msgspec import Struct

from earful.channels.email.headers import decode_bytes, decode_words
from earful.channels.email.limits import MAX_PARTS, MAX_TEXT
from earful.channels.kit.html import sanitise, scrub, to_text
from earful.model.message import Attachment

_REPORT_PARTS = frozenset(("message/delivery-status", "text/rfc822-headers", "message/rfc822-headers"))


class Bodies(Struct, frozen=True, kw_only=True):
    """`text` is what to read, `html` is sanitised; either may be empty."""

    text: str
    html: str
    attachments: list[Attachment]
    cut: bool = False
    """Something was longer than our limits and is whole only in the raw delivery."""


def read_mail(raw: bytes) -> Message:
    """Parse bytes as mail; nesting too deep for the parser leaves the headers and one opaque body."""
    try:
        return message_from_bytes(raw)
    except (RecursionError, ValueError, LookupError):
        return BytesHeaderParser().parsebytes(raw[:100_000])


def read_bodies(mail: Message) -> Bodies:
    """The text, the sanitised HTML and the attachments (by reference) of a mail."""
    plain: list[str] = []
    rich: list[str] = []
    attachments: list[Attachment] = []
    parts = 0
    for number, part in _leaves(mail, ""):
        parts += 1
        if parts > MAX_PARTS:
            break
        kind = part.get_content_type()
        if kind in _REPORT_PARTS:
            continue
        name = _file_name(part)
        inline = not name and part.get_content_disposition() != "attachment"
        if inline and kind == "text/plain":
            plain.append(_unflow(part, _text(part)))
        elif inline and kind == "text/html":
            rich.append(_text(part))
        else:
            attachments.append(_attachment(part, number, name))
    html = "\n".join(rich)
    text = "\n".join(each.strip("\n") for each in plain if each.strip())
    if not text.strip() and html:
        text = to_text(html[: MAX_TEXT * 5])
    return Bodies(
        text=text[:MAX_TEXT],
        html=sanitise(html[: MAX_TEXT * 5])[: MAX_TEXT * 5],
        attachments=attachments,
        cut=len(text) > MAX_TEXT or len(html) > MAX_TEXT * 5 or parts > MAX_PARTS,
    )


def file_in(raw: bytes, attachment: Attachment) -> bytes | None:
    """The content of a mail's attachment, by its number; None when the mail has no such part."""
    for seen, (number, part) in enumerate(_leaves(read_mail(raw), "")):
        if seen > MAX_PARTS:
            return None
        if number == attachment.native_id:
            inner = part.get_payload()
            if isinstance(inner, list):
                return b"".join(one.as_bytes() for one in inner[:1] if isinstance(one, Message))
            return _content(part)
    return None


def _leaves(part: Message, number: str) -> Iterator[tuple[str, Message]]:
    """The parts that are not multiparts, with their IMAP section numbers (RFC 9051, 6.4.5.1).

    Without recursion; an attached mail is one leaf.
    """
    stack: list[tuple[str, Message]] = [(number, part)]
    while stack:
        here, each = stack.pop()
        payload = each.get_payload()
        if each.get_content_maintype() == "multipart" and isinstance(payload, list):
            inner = [(f"{here}.{i}" if here else str(i), p) for i, p in enumerate(payload, 1)]
            stack.extend((n, p) for n, p in reversed(inner) if isinstance(p, Message))
        else:
            yield here or "1", each


def _content(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        payload = None
    if isinstance(payload, bytes):
        return payload
    loose = part.get_payload()
    return loose.encode("utf-8", "surrogateescape") if isinstance(loose, str) else b""


def _text(part: Message) -> str:
    try:
        charset = part.get_content_charset()
    except (LookupError, UnicodeError, ValueError):
        charset = None
    content = _content(part)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    return scrub(decode_bytes(content, charset)).removeprefix("\ufeff")


def _unflow(part: Message, text: str) -> str:
    """Join the soft line breaks of `format=flowed` (RFC 3676); quoted lines are left as they are."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joiner = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    lines: list[str] = []
    soft = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        bare = line.removeprefix(" ")
        if soft and not quoted and bare != "-- ":
            lines[-1] = lines[-1].rstrip(" ") + joiner + bare
        else:
            lines.append(bare)
        soft = bare.endswith(" ") and bare != "-- " and not quoted
    return "\n".join(lines)


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (LookupError, UnicodeError, ValueError, TypeError):
        name = ""
    words = decode_words(str(name))
    return re.sub(r"[/\\\n\r]", "_", words)[:255]


def _attachment(part: Message, number: str, name: str) -> Attachment:
    mime = part.get_content_type()[:200]
    main = mime.partition("/")[0]
    if not name and mime == "message/rfc822":
        name = "mail.eml"
    return Attachment(
        kind=main if main in ("image", "video", "audio") else "file",
        mime=mime,
        name=name,
        size=_size(part),
        native_id=number,
    )


def _size(part: Message) -> int:
    payload = part.get_payload()
    if isinstance(payload, list):
        return sum(len(inner.as_bytes()) for inner in payload[:1] if isinstance(inner, Message))
    return len(_content(part))
