"""Files and pictures of messages: fetched once, told by their content, refused when they are too large or unknown."""

import zipfile
from io import BytesIO
from typing import Any

import httpx2
from msgspec import Struct

from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.http import MEGABYTE, ResponseTooLarge, fetch, retry_after
from earful.model.time import Instant

LARGEST = 16 * MEGABYTE
LARGEST_UPLOAD = 8 * 1024 * 1024
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may show of a stranger: pixels only, nothing that runs."""
UPLOADS = IMAGES | {
    "application/pdf",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
}
"""What a visitor may send."""
_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
)
_OFFICE = (
    ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_NOT_IN_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r")) + b"\x7f"
_OPEN = frozenset(
    {"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"}
)


class Source(Struct, frozen=True, kw_only=True):
    """Where a file is now, as its network says. `http`: the client of its channel; None for the ordinary one."""

    url: str
    headers: dict[str, str] = {}
    http: Any = None


class Fetched(Struct, frozen=True, kw_only=True):
    """A file and what it really is."""

    content: bytes
    mime: str


class MediaRefused(Exception):
    """It is not kept, and trying again cannot help; the message says why."""


class MediaLater(Exception):
    """It could not be fetched now."""

    def __init__(self, why: str, after_seconds: float | None = None) -> None:
        super().__init__(why)
        self.after_seconds = after_seconds


def mime_of(content: bytes) -> str:
    """What a file is by its content; empty for what is not known, and for programs and pages that could run."""
    for mark, mime in _MARKS:
        if content.startswith(mark):
            return mime
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:12] in (b"M4A ", b"M4B ") else "video/mp4"
    if content[:4] == b"PK\x03\x04":
        return _zipped(content)
    return "text/plain" if _is_text(content) else ""


def _zipped(content: bytes) -> str:
    """Documents are archives; other archives are not taken. Only the list of names is read, nothing is unpacked but the
    44 bytes in which an open document names itself."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                named = archive.read("mimetype").decode("ascii", "replace")
                return named if named in _OPEN else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return ""
    if "[Content_Types].xml" not in names or any("vbaProject" in name for name in names):
        return ""
    return next((mime for place, mime in _OFFICE if any(name.startswith(place) for name in names)), "")


def _is_text(content: bytes) -> bool:
    if not content or content.translate(None, _NOT_IN_TEXT) != content:
        return False
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    # What begins like markup or a script might be taken for one by somebody further on.
    return not text.lstrip("\ufeff \t\r\n").startswith(("<", "#!"))


async def fetch_media(http: httpx2.AsyncClient, source: Source, now: Instant) -> Fetched:
    """Fetch a file; redirects are followed where the client's guard lets them.

    Raises MediaRefused for what is gone, too large, unknown, or at an address that must not be called, and MediaLater.
    """
    client: httpx2.AsyncClient = source.http or http
    try:
        response = await fetch(
            client, "GET", source.url, headers=source.headers, max_bytes=LARGEST, follow_redirects=True
        )
    except ResponseTooLarge:
        raise MediaRefused(f"It is larger than {LARGEST // MEGABYTE} MB.") from None
    except AddressRefused as fault:
        raise MediaRefused(f"Its address must not be called: {fault}") from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.TooManyRedirects, ValueError) as fault:
        raise MediaRefused(f"Its address cannot be used: {type(fault).__name__}.") from None
    except httpx2.HTTPError as fault:
        raise MediaLater(f"Its server did not answer: {type(fault).__name__}.") from None
    if response.status_code in (401, 403, 404, 410):
        raise MediaRefused(f"Its server does not give it any more ({response.status_code}).")
    if response.status_code != 200:
        wait = retry_after(response.headers, now)
        raise MediaLater(f"Its server answered {response.status_code}.", wait)
    return known(response.content)


def known(content: bytes) -> Fetched:
    """A file with what it is. Raises MediaRefused for one that is too large, or of a kind that is not kept."""
    if len(content) > LARGEST:
        raise MediaRefused(f"It is larger than {LARGEST // MEGABYTE} MB.")
    mime = mime_of(content)
    if not mime:
        raise MediaRefused("It is not a picture, recording or document that is known; it was not kept.")
    return Fetched(content=content, mime=mime)
