"""Files that colleagues put to replies: in a draft, with a reply on its way, and with the message that it became."""

from collections.abc import Sequence
from typing import Any

from earful.channels.contract import Capabilities
from earful.channels.kit.media import Fetched
from earful.desk.attaching import rules, store
from earful.desk.attaching.rules import File, Link
from earful.desk.media import rules as media_rules
from earful.desk.media import service as media
from earful.desk.media.service import Kept
from earful.model.desk import SendState
from earful.model.ids import new_id
from earful.model.message import Attachment, Visibility
from earful.model.template import FilledTemplate
from earful.model.time import DAY, Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

REMOVED_LIFE = DAY
"""How long a file that was removed can be put back."""
LINKS = "file links"
"""What the key for addresses of files is derived for."""
GOING_OUT = (
    SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN, SendState.SENT, SendState.DELIVERED, SendState.READ,
)  # fmt: skip
"""States of a reply whose files its network may fetch: what was taken back or refused is nobody's any more."""


class RefusedError(ValueError):
    """The file cannot be added, or is not there; the message says why and what to do."""


def add(tx: Tx, who: Who, case_id: str, name: str, found: Fetched, sha256: str, now: Instant) -> File:
    """Put a file to a colleague's draft. Raises RefusedError, and MediaRefused for a kind that is not sent."""
    media.check_upload(found)
    channel_id = store.channel_of(tx, case_id)
    if channel_id is None:
        raise RefusedError("This case does not exist; it may have been merged into another.")
    if store.count(tx, who.id, case_id) >= rules.MOST_OF_DRAFT:
        raise RefusedError(f"A reply has at most {rules.MOST_OF_DRAFT} files; {name[:60]} was not added.")
    row: dict[str, Any] = {
        "id": new_id(now), "channel_id": channel_id, "owner": who.id, "case_id": case_id, "state": "kept",
        "name": media_rules.file_name(name, found.mime), "mime": found.mime, "size": len(found.content),
        "sha256": sha256, "made_at": now,
    }  # fmt: skip
    store.add(tx, row)
    record(tx, who, "reply.file_added", row["id"], now, f"case {case_id}")
    return _file(row | {"alt": ""})


def _file(row: Row | dict[str, Any]) -> File:
    return File(id=row["id"], name=row["name"], mime=row["mime"], size=row["size"], alt=row["alt"])


def of_draft(tx: Tx, user_id: str, case_id: str) -> list[File]:
    """The files of a colleague's draft."""
    return [_file(row) for row in store.of_draft(tx, user_id, case_id)]


def named(tx: Tx, user_id: str, case_id: str, ids: Sequence[str]) -> list[File]:
    """Files of a draft by their ids, in that order. Raises RefusedError when one is not in it any more."""
    there = {one.id: one for one in of_draft(tx, user_id, case_id)} if ids else {}
    if not set(ids) <= set(there):
        raise RefusedError(
            "A file is not with this reply any more: it was removed, or went out with another. Nothing was sent; look "
            "at the files, then send again."
        )
    return [there[one] for one in dict.fromkeys(ids)]


def describe(tx: Tx, who: Who, file_id: str, alt: str, now: Instant) -> None:
    """Say what a picture shows. Raises RefusedError when it is in no draft of theirs, or the words are too long."""
    alt = " ".join(alt.split())
    if len(alt) > rules.LONGEST_ALT:
        raise RefusedError(f"A description has at most {rules.LONGEST_ALT:,} characters; it was not kept.")
    row = _own(tx, who.id, file_id)
    if row["alt"] != alt:
        store.change(tx, who.id, file_id, {"alt": alt})
        record(tx, who, "reply.file_described", file_id, now)


def remove(tx: Tx, who: Who, file_id: str, now: Instant) -> str:
    """Take a file off a draft; it can be put back for a day. Returns its case. Raises RefusedError."""
    row = _own(tx, who.id, file_id)
    store.change(tx, who.id, file_id, {"due_at": now + REMOVED_LIFE})
    record(tx, who, "reply.file_removed", file_id, now, f"case {row['case_id']}")
    return str(row["case_id"])


def restore(tx: Tx, who: Who, file_id: str, now: Instant) -> str:
    """Put a removed file back. Returns its case. Raises RefusedError when it is gone."""
    row = _own(tx, who.id, file_id)
    store.change(tx, who.id, file_id, {"due_at": None})
    record(tx, who, "reply.file_restored", file_id, now, f"case {row['case_id']}")
    return str(row["case_id"])


def _own(tx: Tx, user_id: str, file_id: str) -> Row:
    row = store.find(tx, user_id, file_id)
    if row is None:
        raise RefusedError("This file is not in a draft of yours any more; nothing was changed.")
    return row


def check(
    files: Sequence[File], can: Capabilities, audience: Visibility, template: FilledTemplate | None = None
) -> None:
    """Raises RefusedError with what the network does not take of these files, or what a template lacks."""
    takes = rules.taken(can, audience, template)
    if template is not None and takes is not None and not files:
        raise RefusedError(
            f"This template begins with a file; add it. {rules.in_words(takes)} Nothing was sent."
        )
    without = rules.why_none(can) if template is None else "This template goes out without files."
    found = rules.problems(files, takes, without)
    if found:
        raise RefusedError(f"{' '.join(found)} Nothing was sent.")


def bind(tx: Tx, reply_id: str, channel_id: str, files: Sequence[File]) -> None:
    """A reply was handed in with these files: they leave the draft."""
    for place, one in enumerate(files):
        store.bind(tx, one.id, {"reply_id": reply_id, "place": place, "channel_id": channel_id})


def move(tx: Tx, reply_id: str, ids: Sequence[str]) -> None:
    """Files of a reply go out in another message of it."""
    for place, one in enumerate(ids):
        store.bind(tx, one, {"reply_id": reply_id, "place": place})


def release(tx: Tx, reply_ids: Sequence[str], user_id: str, case_id: str) -> int:
    """Replies do not go out after all: their files are somebody's draft again. Returns how many."""
    return store.release(tx, reply_ids, user_id, case_id)


def of_reply(tx: Tx, reply_id: str) -> list[File]:
    """The files of a reply, in order."""
    return [_file(row) for row in store.of_replies(tx, [reply_id])]


def digests_of(tx: Tx, reply_id: str) -> list[str]:
    """Where the content of a reply's files is, in the same order."""
    return [str(row["sha256"]) for row in store.of_replies(tx, [reply_id])]


def of_replies(tx: Tx, reply_ids: Sequence[str]) -> dict[str, list[Attachment]]:
    """reply -> its files as pages show them."""
    found: dict[str, list[Attachment]] = {}
    for row in store.of_replies(tx, reply_ids) if reply_ids else []:
        found.setdefault(row["reply_id"], []).append(media.attachment_of(row))
    return found


def say(tx: Tx, reply_id: str, message_id: str, now: Instant) -> None:
    """A reply became a message: so its files are that message's, instead of copies that the network may tell of."""
    if store.of_replies(tx, [reply_id]):
        store.make_room(tx, message_id, now)
        store.say(tx, reply_id, message_id)


def shared(tx: Tx, link: Link, now: Instant) -> Kept | None:
    """The file that a network may fetch with a link; None when it ended, or the reply does not go out there."""
    if link.expires_at <= now:
        return None
    row = store.going_out(tx, link.file_id, link.channel_id, [one.value for one in GOING_OUT])
    return None if row is None else media.kept_of(row)
