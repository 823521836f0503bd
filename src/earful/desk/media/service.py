"""Files of messages: what is wanted, what is kept and where, what is let go."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels import registry
from earful.channels.kit.media import UPLOADS, Fetched, MediaRefused
from earful.desk.media import rules, store
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id, new_ids
from earful.model.message import Attachment, Network
from earful.model.time import DAY, Instant, instant
from earful.store.tx import Row, Tx

KEPT, REFUSED = "media.kept", "media.refused"
UNSAID_MOST = 20
"""Files that a visitor may have sent up without saying anything with them."""
UNSAID_LIFE = DAY

_encode = msgspec.json.Encoder().encode


class _Data(Struct):
    attachments: list[Attachment] = []


_data = msgspec.json.Decoder(_Data)
_source = msgspec.json.Decoder(Attachment)


class Kept(Struct, frozen=True, kw_only=True):
    """A file as it is served."""

    id: str
    name: str
    mime: str
    sha256: str
    owner: str
    message_id: str
    """Empty while nothing was said with it."""


class TooManyError(ValueError):
    """A visitor sent up too many files."""


def note(tx: Tx, message_ids: Sequence[str], now: Instant) -> None:
    """Note what is to be fetched of messages, and what visitors sent up that was said with them. Repeating it changes
    nothing."""
    rows: list[dict[str, Any]] = []
    for said in store.with_files(tx, message_ids):
        by_id = registry.gives_media(Network(said["network"]))
        for place, one in enumerate(_data.decode(said["data"]).attachments[: rules.ATTACHMENTS_MOST]):
            if one.url.startswith("/media/"):
                store.adopt(tx, one.native_id, said["channel_id"], said["id"], place)
            elif rules.is_wanted(one, by_id=by_id):
                rows.append(_wanted(said, place, one, now))
    for row, made in zip(rows, new_ids(now, len(rows)), strict=True):
        row["id"] = made
    store.insert(tx, rows)


def _wanted(said: Row, place: int, one: Attachment, now: Instant) -> dict[str, Any]:
    return {
        "id": "",
        "channel_id": said["channel_id"],
        "message_id": said["id"],
        "place": place,
        "state": "wanted",
        "name": one.name[:300],
        "source": _encode(one).decode(),
        "link_until": instant(one.url_expires_at) if one.url_expires_at is not None else None,
        "due_at": now,
        "made_at": now,
    }


def drop(tx: Tx, message_ids: Sequence[str], now: Instant) -> None:
    """Messages are gone: so are their files."""
    store.drop_of(tx, message_ids, now)


def source_of(row: Row) -> Attachment:
    """The attachment that a row is to be fetched by."""
    return _source.decode(row["source"])


def keep(tx: Tx, log: Log, row: Row, found: Fetched, sha256: str, now: Instant) -> None:
    """A file was fetched and is on the disk."""
    values = {
        "state": "kept", "mime": found.mime, "size": len(found.content), "sha256": sha256, "due_at": None,
        "why": "", "name": rules.file_name(row["name"], found.mime),
    }  # fmt: skip
    if store.change(tx, row["id"], "wanted", values):
        _tell(tx, log, KEPT, row, now)


def refuse(tx: Tx, log: Log, row: Row, why: str, now: Instant) -> None:
    """A file is not kept, for good."""
    if store.change(tx, row["id"], "wanted", {"state": "refused", "why": why[:500], "due_at": None}):
        _tell(tx, log, REFUSED, row, now)


def postpone(tx: Tx, log: Log, row: Row, why: str, after_seconds: float | None, now: Instant) -> None:
    """A file could not be fetched now: again later, as long as its link lives."""
    again = rules.next_try(row["tries"], row["made_at"], row["link_until"], after_seconds, now)
    if again is None:
        refuse(tx, log, row, f"{why} Its link has run out meanwhile.", now)
        return
    store.change(tx, row["id"], "wanted", {"tries": row["tries"] + 1, "due_at": again, "why": why[:500]})


def _tell(tx: Tx, log: Log, kind: str, row: Row, now: Instant) -> None:
    log.append(tx, [NewEvent(type=kind, subject=row["id"], case_id=row["said_in"], at=now)])


def is_full(tx: Tx, megabytes: int) -> bool:
    """Whether as much is kept as may be."""
    return store.kept_bytes(tx) > megabytes * 1_000_000


def upload(
    tx: Tx, channel_id: str, owner: str, name: str, found: Fetched, sha256: str, now: Instant
) -> Attachment:
    """A visitor sent a file up. Raises TooManyError, MediaRefused for a kind that visitors may not send."""
    check_upload(found)
    if store.count_unsaid(tx, owner) >= UNSAID_MOST:
        raise TooManyError("These are many files; send a message with them first.")
    name = rules.file_name(name, found.mime)
    row = {
        "id": new_id(now), "channel_id": channel_id, "owner": owner, "state": "kept", "name": name,
        "mime": found.mime, "size": len(found.content), "sha256": sha256, "made_at": now,
        "due_at": now + UNSAID_LIFE,
    }  # fmt: skip
    store.insert(tx, [row])
    return attachment_of(row | {"alt": ""})


def check_upload(found: Fetched) -> None:
    """Raises MediaRefused for a kind that nobody may send."""
    if found.mime not in UPLOADS:
        raise MediaRefused("Only pictures, PDF, text and office documents can be sent here.")


def attachment_of(row: Row | dict[str, Any]) -> Attachment:
    """A file that is kept, as pages show it."""
    return Attachment(
        kind="image" if rules.is_image(row["mime"]) else "file",
        url=f"/media/{row['id']}",
        mime=row["mime"],
        name=row["name"],
        size=row["size"],
        native_id=row["id"],
        alt=row["alt"],
    )


def uploaded(tx: Tx, owner: str, ids: Sequence[str]) -> list[Attachment]:
    """Files that a visitor sent up, in the order of the ids; those that are not theirs are left out."""
    found = {row["id"]: row for row in store.owned(tx, owner, ids)} if ids else {}
    return [attachment_of(found[one]) for one in ids if one in found]


def served(tx: Tx, media_id: str) -> Kept | None:
    """A file that is kept; None when there is none."""
    row = store.find(tx, media_id)
    return None if row is None or row["state"] != "kept" else kept_of(row)


def kept_of(row: Row) -> Kept:
    """A row that is kept, as it is served."""
    return Kept(
        id=row["id"], name=row["name"], mime=row["mime"], sha256=row["sha256"], owner=row["owner"],
        message_id=row["message_id"] or "",
    )  # fmt: skip


class Shown(Struct, frozen=True, kw_only=True):
    """The files of a message as its page shows them, and why some are not there: place -> words."""

    attachments: list[Attachment]
    notes: dict[int, str]


def of_messages(tx: Tx, message_ids: Sequence[str]) -> dict[str, dict[int, Row]]:
    """message -> place -> file."""
    found: dict[str, dict[int, Row]] = {}
    for row in store.of_messages(tx, message_ids) if message_ids else []:
        found.setdefault(row["message_id"], {})[row["place"]] = row
    return found


def shown(attachments: Sequence[Attachment], files: Mapping[int, Row]) -> Shown:
    """What is kept is shown from here; what is not says why."""
    showing, notes = [], {}
    for place, one in enumerate(attachments):
        row = files.get(place)
        if row is not None and row["state"] == "kept":
            own = attachment_of(row)
            if not row["owner"]:
                own = msgspec.structs.replace(own, name=one.name or own.name, alt=one.alt)
            one = own  # noqa: PLW2901
        elif row is not None and row["state"] in ("wanted", "refused"):
            notes[place] = row["why"] or "wanted"
        showing.append(one)
    # Not every network tells of the files that went out with a reply.
    sent = [row for place, row in sorted(files.items()) if place >= len(attachments) and row["reply_id"]]
    showing += [attachment_of(row) for row in sent]
    return Shown(attachments=showing, notes=notes)
