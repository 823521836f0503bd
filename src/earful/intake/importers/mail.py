"""Mailboxes: mbox (RFC 4155) and single .eml files, read as the mail channel reads mail."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from earful.channels.email.parse import Identity, as_history, parse
from earful.intake.importers.contract import Item

SEPARATOR = b"From "


def read_mbox(path: str, identity: Identity) -> Iterator[Item]:
    """Every mail of an mbox file; `line` is the line of its separator."""
    mail: list[bytes] = []
    start, number, end, blank = 0, 0, 0, True
    with Path(path).open("rb") as file:
        for line in file:
            number += 1
            if blank and line.startswith(SEPARATOR):
                if mail:
                    yield _item(b"".join(mail), start, end, identity)
                mail, start = [], number
            elif start:
                # mboxrd: a quoted separator gets its mark off again.
                quoted = line.startswith(b">") and line.lstrip(b">").startswith(SEPARATOR)
                mail.append(line[1:] if quoted else line)
            elif line.strip():
                yield Item(line=number, end=end, fault="not an mbox file: it does not start with a From line")
                return
            end += len(line)
            blank = not line.strip()
    if mail:
        yield _item(b"".join(mail), start, end, identity)


def read_eml(path: str, identity: Identity) -> Iterator[Item]:
    """The one mail of an .eml file."""
    raw = Path(path).read_bytes()
    yield _item(raw, 1, os.path.getsize(path), identity)  # noqa: PTH202 - beside the bytes just read


def _item(raw: bytes, line: int, end: int, identity: Identity) -> Item:
    head = raw.lstrip()[:4_096].split(b"\n", 1)[0]
    if b":" not in head:
        return Item(line=line, end=end, fault="not a mail: it has no header")
    now = datetime.now(UTC)
    message = parse(raw, identity=identity, received_at=now)
    if message.author is not None and message.author.native_id.lower() in identity.ours:
        # What came in under our own name would be a forgery; in a file of ours it is what we sent.
        message = parse(raw, identity=identity, received_at=now, folder_is_sent=True)
    return Item(line=line, end=end, message=as_history(message))
