"""Google+, which closed in 2019: archives of a page or profile, as Takeout made them or as the API answered.

Posts and their comments, in a JSON file each or several in one; single files, folders and zip files. What else an
archive has in it (circles, profiles, pictures) is passed over.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from earful.channels.kit.html import to_text
from earful.channels.kit.loose import mapping, members, number, word
from earful.intake.importers.contract import Item
from earful.intake.importers.shapes import parse_time
from earful.model.message import Actor, Attachment, Direction, IncomingMessage, MessageKind, Visibility

LARGEST = 20_000_000
"""Bytes of one JSON file; a larger one is no post."""
NAMESPACE = "google_plus"
_ATTACHED = {"image": "image", "video": "video", "photo": "image", "album": "image"}


class _Reading:
    """Numbers the items of an archive, in a fixed order."""

    def __init__(self, ours: frozenset[str]) -> None:
        self.ours = ours
        self.line = 0
        self.end = 0

    def fault(self, name: str, words: str) -> Item:
        self.line += 1
        return Item(line=self.line, end=self.end, fault=f"{name}: {words}")

    def message(self, message: IncomingMessage) -> Item:
        self.line += 1
        return Item(line=self.line, end=self.end, message=message)


def read(path: str, ours: frozenset[str]) -> Iterator[Item]:
    """Everything of an archive. `line` counts its items; faults begin with the name of their file.

    `ours`: our own ids, names or addresses of profiles, in small letters.
    """
    reading = _Reading(ours)
    place = Path(path)
    if place.is_dir():
        for file in sorted(
            one for one in place.rglob("*") if one.suffix.lower() == ".json" and one.is_file()
        ):
            size = file.stat().st_size
            reading.end += size
            raw = file.read_bytes() if size <= LARGEST else None
            yield from _file(file.relative_to(place).as_posix(), raw, reading)
    elif place.suffix.lower() == ".zip":
        yield from _zipped(place, reading)
    else:
        reading.end = place.stat().st_size
        yield from _file(place.name, place.read_bytes() if reading.end <= LARGEST else None, reading)


def _zipped(place: Path, reading: _Reading) -> Iterator[Item]:
    try:
        with zipfile.ZipFile(place) as archive:
            for entry in sorted(archive.infolist(), key=lambda one: one.filename):
                reading.end += entry.compress_size
                if entry.is_dir() or not entry.filename.lower().endswith(".json"):
                    continue
                try:
                    with archive.open(entry) as file:
                        # What it says of its size may be a lie: it is read no further than is allowed.
                        raw = file.read(LARGEST + 1)
                except (
                    zipfile.BadZipFile,
                    NotImplementedError,
                    RuntimeError,
                    EOFError,
                    OSError,
                    ValueError,
                ) as error:
                    yield reading.fault(entry.filename, f"cannot be unpacked: {error}")
                    continue
                yield from _file(entry.filename, raw if len(raw) <= LARGEST else None, reading)
    except (zipfile.BadZipFile, OSError) as error:
        yield reading.fault(place.name, f"not a zip file: {error}")


def _file(name: str, raw: bytes | None, reading: _Reading) -> Iterator[Item]:
    if raw is None:
        yield reading.fault(name, f"larger than {LARGEST // 1_000_000} MB")
        return
    try:
        found = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield reading.fault(name, f"not valid JSON: {error}")
        return
    for post in _posts(found):
        try:
            said = _said(post, reading.ours)
        except (ValueError, msgspec.ValidationError) as error:
            yield reading.fault(name, str(error))
            continue
        for message in said:
            yield reading.message(message)


def _posts(found: Any) -> list[dict[str, Any]]:
    """The posts of a file: itself, a list of them, or the items of an answer of the API."""
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        found = found["items"]
    ones = found if isinstance(found, list) else [found]
    return [one for one in ones if isinstance(one, dict) and ("creationTime" in one or "published" in one)]


def _said(post: dict[str, Any], ours: frozenset[str]) -> list[IncomingMessage]:
    """A post with its comments. Raises ValueError that names what is missing."""
    visibility = _visibility(post)
    thread = _id(post)
    # A comment that stands alone names its post.
    above = next((word(one, "id") for one in members(post, "inReplyTo")), "")
    found = [_one(post, ours, visibility, thread=above or thread, parent=above)]
    comments = [*members(post, "comments"), *members(post, "object", "replies", "items")]
    found += [_one(one, ours, visibility, thread=thread, parent=thread) for one in comments]
    return found


def _one(
    raw: dict[str, Any], ours: frozenset[str], visibility: Visibility, *, thread: str, parent: str
) -> IncomingMessage:
    native_id, html = _id(raw), word(raw, "content") or word(raw, "object", "content")
    author = _author(raw, native_id)
    known = {author.native_id.lower(), author.name.lower(), author.profile_url.lower()}
    return IncomingMessage(
        native_id=native_id,
        namespace=NAMESPACE,
        occurred_at=parse_time(word(raw, "creationTime") or word(raw, "published")),
        author=author,
        direction=Direction.OUTBOUND if known & ours else Direction.INBOUND,
        kind=MessageKind.COMMENT if parent else MessageKind.POST,
        visibility=visibility,
        text=to_text(html),
        html=html if "<" in html else "",
        thread=thread,
        parent_id=parent,
        attachments=_attachments(raw),
        metrics=_metrics(raw),
        permalink=_link(word(raw, "url")),
        backfill=True,
    )


def _id(raw: dict[str, Any]) -> str:
    found = word(raw, "resourceName") or word(raw, "id") or word(raw, "url")
    if not found:
        raise ValueError("a post or comment has no id: one of resourceName, id, url is needed")
    return found[:900]


def _author(raw: dict[str, Any], native_id: str) -> Actor:
    who = mapping(raw, "author") or mapping(raw, "actor")
    profile = word(who, "profilePageUrl") or word(who, "url")
    name = word(who, "displayName")
    # Whoever deleted their account is not one person with all others who did.
    known = word(who, "resourceName").removeprefix("users/") or word(who, "id") or profile
    picture = word(who, "avatarImageUrl") or word(who, "image", "url")
    return Actor(
        native_id=(known or f"unknown:{native_id}")[:900],
        name=(name or "Unknown")[:1_000],
        profile_url=_link(profile)[:1_000],
        avatar_url=_link(picture)[:1_000],
    )


def _visibility(post: dict[str, Any]) -> Visibility:
    """Public, of a community, or of somebody's circles; public where it does not say."""
    acl = mapping(post, "postAcl")
    if acl:
        kinds = {word(one, "type") for one in members(acl, "visibleToStandardAcl", "circles")}
        if "CIRCLE_TYPE_PUBLIC" in kinds:
            return Visibility.PUBLIC
        return Visibility.GROUP if mapping(acl, "communityAcl") else Visibility.FOLLOWERS
    access = {word(one, "type") for one in members(post, "access", "items")}
    return Visibility.PUBLIC if not access or "public" in access else Visibility.FOLLOWERS


def _attachments(raw: dict[str, Any]) -> list[Attachment]:
    media = [*members(raw, "album", "media"), *members(raw, "object", "attachments")]
    media += [one for one in (mapping(raw, "media"), mapping(raw, "link")) if one]
    found = []
    for one in media:
        url = _link(word(one, "url"))
        mime = word(one, "contentType")
        kind = _ATTACHED.get(mime.partition("/")[0]) or _ATTACHED.get(word(one, "objectType")) or "link"
        if url:
            name = word(one, "title") or word(one, "displayName")
            found.append(
                Attachment(
                    kind=kind, url=url, mime=mime[:200], name=name[:1_000], alt=word(one, "description")
                )
            )
    return found


def _metrics(raw: dict[str, Any]) -> dict[str, int]:
    likes = number(raw, "object", "plusoners", "totalItems") or len(members(raw, "plusOnes"))
    shares = number(raw, "object", "resharers", "totalItems") or len(members(raw, "reshares"))
    return {name: count for name, count in (("likes", likes), ("reposts", shares)) if count}


def _link(url: str) -> str:
    return url[:4_000] if url.startswith(("https://", "http://")) else ""
