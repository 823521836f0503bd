"""Decisions about files of messages: what is fetched, when again, and what a file is called. Pure."""

import re

from earful.channels.kit.media import IMAGES
from earful.model.message import Attachment
from earful.model.time import DAY, HOUR, MINUTE, SECOND, Instant

FIRST_WAIT, LONGEST_WAIT = 20 * SECOND, 2 * HOUR
PATIENCE = 2 * DAY
"""How long a link is tried that does not say when it ends."""
ATTACHMENTS_MOST = 20
"""Files of one message that are fetched."""
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
_ENDINGS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf",
    "text/plain": ".txt", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/wav": ".wav",
    "audio/amr": ".amr", "audio/flac": ".flac", "video/mp4": ".mp4", "video/webm": ".webm",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}  # fmt: skip


def is_wanted(one: Attachment, *, by_id: bool) -> bool:
    """Whether a file is to be fetched: it has an address, or can be had by its id (`by_id`)."""
    if one.kind == "link":
        return False
    return one.url.startswith(("https://", "http://")) or bool(by_id and one.native_id)


def next_try(
    tries: int, made_at: int, link_until: int | None, after_seconds: float | None, now: Instant
) -> int | None:
    """When to try again; None when the link will have ended by then."""
    wait = min(FIRST_WAIT << min(tries, 16), LONGEST_WAIT)
    due = now + max(wait, round((after_seconds or 0) * SECOND))
    end = link_until if link_until is not None else made_at + PATIENCE
    # A link that is about to end is worth one more look just before.
    last = end - MINUTE
    if due < end:
        return due
    return last if now < last else None


def is_image(mime: str) -> bool:
    """Whether a browser may show it."""
    return mime in IMAGES


def file_name(name: str, mime: str) -> str:
    """A name that is safe to save under, with the ending of what it really is."""
    stem = _UNFIT.sub("_", name).strip(" ._") or "file"
    ending = _ENDINGS.get(mime, ".bin")
    aliases = {
        ".jpg": (".jpg", ".jpeg"),
        ".txt": (".txt", ".csv", ".log", ".md"),
        ".mp4": (".mp4", ".mov", ".3gp"),
    }
    if stem.lower().endswith(aliases.get(ending, (ending,))):
        return stem[-120:]
    return f"{stem[:120]}{ending}"
