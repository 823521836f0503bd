"""Header fields as people and broken programs write them: read without ever raising."""

import re
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from msgspec import Struct

from earful.channels.email.limits import MAX_MESSAGE_ID
from earful.channels.kit.html import scrub

_MESSAGE_ID = re.compile(r"<([^<>]{1,990})>")
_SPACE = re.compile(r"\s+")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+")
_AHEAD = timedelta(minutes=10)


class Address(Struct, frozen=True):
    """One mailbox of a header: `address` in lower case, `name` decoded."""

    address: str
    name: str = ""


def raw_header(mail: Message, name: str) -> str:
    """The first field of that name, unfolded, undecoded; empty when there is none."""
    for field, value in mail.raw_items():
        if field.lower() == name.lower():
            return _one_line(value)
    return ""


def raw_headers(mail: Message, name: str) -> list[str]:
    """All fields of that name, top first."""
    wanted = name.lower()
    return [_one_line(value) for field, value in mail.raw_items() if field.lower() == wanted]


def header(mail: Message, name: str) -> str:
    """The first field of that name in plain words: RFC 2047 decoded, unfolded, scrubbed."""
    return decode_words(raw_header(mail, name))


def decode_words(value: str) -> str:
    """RFC 2047 encoded words in plain words; what cannot be decoded stays as it is written."""
    if "=?" not in value:
        return scrub(value)
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, IndexError):
        return scrub(value)
    words = "".join(
        piece if isinstance(piece, str) else decode_bytes(piece, charset) for piece, charset in pieces
    )
    return _SPACE.sub(" ", scrub(words)).strip()


def decode_bytes(raw: bytes, charset: str | None) -> str:
    """Bytes in their declared charset, else UTF-8, else Windows-1252: what browsers would do."""
    for name in (charset or "utf-8", "utf-8"):
        try:
            return raw.decode(_CHARSETS.get(name.lower().strip(), name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


_CHARSETS = {
    # WHATWG Encoding: labels that stand for their superset on the web and in mail.
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "unknown-8bit": "utf-8",
    "utf8": "utf-8",
    "cp-850": "cp850",
}


def _one_line(value: object) -> str:
    return _SPACE.sub(" ", scrub(_characters(str(value)))).strip()


def _characters(value: str) -> str:
    """Undo the surrogates in which the parser hides bytes that are not ASCII."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(
            value.encode("ascii", "surrogateescape") if _escaped(value) else b"", None
        ) or scrub(value)
    return value


def _escaped(value: str) -> bool:
    return all(ord(char) < 128 or 0xDC80 <= ord(char) <= 0xDCFF for char in value)


def addresses(mail: Message, *names: str) -> list[Address]:
    """The mailboxes of some fields, in order, each address once; groups and rubbish are left out."""
    found: dict[str, Address] = {}
    for name in names:
        for value in raw_headers(mail, name):
            for words, address in getaddresses([value[:20_000]]):
                bare = address.strip().lower()
                if not _ADDRESS.fullmatch(bare):
                    continue
                found.setdefault(bare, Address(bare[:320], decode_words(words)[:1000]))
            if not found and (loose := _ADDRESS.search(decode_words(value))):
                found.setdefault(loose.group().lower(), Address(loose.group().lower()[:320]))
    return list(found.values())


def message_ids(value: str) -> list[str]:
    """The Message-IDs of a field with their angle brackets, in order, each once.

    White space inside the brackets (from folding) is dropped. A field without brackets is split at spaces.
    """
    found = ["<" + _SPACE.sub("", inner) + ">" for inner in _MESSAGE_ID.findall(value)]
    if not found:
        found = [word for word in value.split() if "@" in word and len(word) < MAX_MESSAGE_ID]
    return list(dict.fromkeys(each for each in found if each not in ("<>", "<@>")))


def written_at(mail: Message, received_at: datetime) -> datetime:
    """When the mail says it was written; `received_at` when it does not, or says a time yet to come."""
    try:
        written = parsedate_to_datetime(raw_header(mail, "date"))
        written = written if written.tzinfo else written.replace(tzinfo=UTC)
        written = written.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return received_at
    if written > received_at + _AHEAD or written.year < 1990:
        return received_at
    return written
