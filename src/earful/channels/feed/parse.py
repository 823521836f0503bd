"""Feed entries as messages. Bytes in, values out; the document must not be able to harm the parser."""

import calendar
import hashlib
import io
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
from msgspec import Struct, structs

from earful.channels.feed.limits import MAX_ENTRIES
from earful.channels.kit.html import sanitise, scrub, to_text
from earful.model.message import Actor, Attachment, Change, IncomingMessage, MessageKind

_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ENCODING = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_KNOWN_ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|iso-8859-\d+|latin-?1|windows-125\d|cp125\d|koi8-[ru]|euc-(?:jp|kr)|"
    r"shift_jis|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)
_TEXT_LIMIT = 200_000


class FeedRefused(Exception):
    """The document is not one that we read, in words for an admin."""


class Entry(Struct, frozen=True):
    """A message and the fingerprint of its content, by which an edit is known."""

    message: IncomingMessage
    fingerprint: str


def parse_feed(raw: bytes, *, url: str, fetched_at: datetime) -> list[Entry]:
    """The entries of an RSS or Atom document, oldest first.

    `native_id` is guid or atom:id, else the link, else a hash. Two entries of one id count as one (the later
    in the document is dropped). An entry without a time gets `fetched_at`.

    Raises FeedRefused for a document type definition (entities in it can grow without bound), for an encoding
    in which one could hide, and for anything that is not a feed.
    """
    refuse_bombs(raw)
    # A stream, for feedparser takes bare bytes for a file name first. It is not told the address: it would
    # complete guids with it, and they would change when the feed moves.
    parsed = feedparser.parse(io.BytesIO(raw))
    if not parsed.get("version"):
        raise FeedRefused(
            "There is no RSS or Atom feed at this address; nothing was read. Check the address."
        )
    source = scrub(str(parsed.feed.get("title") or ""))[:1000]
    entries: dict[str, Entry] = {}
    for each in parsed.entries[:MAX_ENTRIES]:
        entry = _entry(each, url=url, source=source, fetched_at=fetched_at)
        entries.setdefault(entry.message.native_id, entry)
    return sorted(entries.values(), key=lambda entry: entry.message.occurred_at)


def refuse_bombs(raw: bytes) -> None:
    """Raises FeedRefused when the document declares entities, or is written so that it could."""
    # In UTF-16 and UTF-32 every ASCII character carries zero bytes; without them it reads as ASCII.
    bare = raw.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    told = _ENCODING.match(bare.lstrip())
    if told and not _KNOWN_ENCODINGS.fullmatch(told.group(1).decode()):
        raise FeedRefused(
            f"The feed is written in {told.group(1).decode()}, which is not read. Nothing was kept."
        )
    position = 0
    while found := _PROLOG.match(bare, position):
        position = found.end()
    if bare[position : position + 9].lower() == b"<!doctype":
        raise FeedRefused(
            "The feed begins with a document type definition, by which a document can grow without bound; it "
            "was not read. Ask its publisher for one without."
        )


def _entry(each: Any, *, url: str, source: str, fetched_at: datetime) -> Entry:
    link = _absolute(scrub(str(each.get("link") or "")).strip(), url)
    title = scrub(to_text(str(each.get("title") or ""), links=False)).replace("\n", " ")[:1000]
    html = _content(each)[:_TEXT_LIMIT]
    words = to_text(html)[:_TEXT_LIMIT]
    author = scrub(str(each.get("author") or ""))[:900]
    fingerprint = hashlib.sha256("\0".join((title, html, link, author)).encode()).hexdigest()[:16]
    # feedparser answers for a missing `updated` with `published`; only membership tells them apart.
    updated = _moment(each["updated_parsed"]) if "updated_parsed" in each else None
    published = _moment(each.get("published_parsed")) or updated
    occurred_at = min(published or fetched_at, fetched_at)
    message = IncomingMessage(
        native_id=_native_id(each, link, fingerprint),
        namespace=f"feed:{url}"[:1000],
        occurred_at=occurred_at,
        author=Actor(native_id=f"{url}#{author}"[:998] if author else url[:998], name=author or source),
        text="\n\n".join(part for part in (title, words) if part) or link,
        html=sanitise(html),
        subject=title,
        kind=MessageKind.POST,
        language=str(each.get("language") or each.get("title_detail", {}).get("language") or "")[:35],
        attachments=_attachments(each),
        edited_at=updated if updated and updated > occurred_at else None,
        revision=fingerprint,
        permalink=link,
        context={"source": source} if source else {},
    )
    return Entry(message, fingerprint)


def edited(message: IncomingMessage, seen_at: datetime) -> IncomingMessage:
    """The same entry as a change of one that is known; where it does not say when, it was now."""
    return structs.replace(message, change=Change.EDIT, edited_at=message.edited_at or seen_at)


def _native_id(each: Any, link: str, fingerprint: str) -> str:
    told = scrub(str(each.get("id") or "")).strip() or link
    if not told:
        return f"sha256:{fingerprint}"
    return told if len(told) <= 998 else f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _absolute(link: str, url: str) -> str:
    try:
        return urljoin(url, link)[:4096] if link else ""
    except ValueError:
        return ""


def _content(each: Any) -> str:
    contents = [part.get("value") or "" for part in each.get("content") or []]
    return str(max([*contents, each.get("summary") or ""], key=len))


def _moment(told: time.struct_time | None) -> datetime | None:
    if told is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(told), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _attachments(each: Any) -> list[Attachment]:
    found = []
    for enclosure in (each.get("enclosures") or [])[:20]:
        mime = str(enclosure.get("type") or "")[:200]
        main = mime.partition("/")[0]
        length = str(enclosure.get("length") or "")
        found.append(
            Attachment(
                kind=main if main in ("image", "video", "audio") else "file",
                url=str(enclosure.get("href") or "")[:4096],
                mime=mime,
                size=int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else None,
            )
        )
    return found
