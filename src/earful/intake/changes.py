"""Changes of messages that are already known, and deletes that come before their message."""

from typing import Any

from msgspec import Struct

from earful.intake import rules, store
from earful.log.contract import NewEvent
from earful.model.ids import new_id
from earful.model.message import Change, IncomingMessage
from earful.model.time import Instant, instant
from earful.store.tx import Row, Tx

RECEIVED = "message.received"
EDITED = "message.edited"
DELETED = "message.deleted"


class Brought(Struct, frozen=True):
    """What one change did: the event that tells of it, None when nothing changed; and whether a row was new."""

    event: NewEvent | None
    new: bool


def bring_in(tx: Tx, channel_id: str, delivery_id: str, message: IncomingMessage, now: Instant) -> Brought:
    """Bring one change into what is stored."""
    row = store.message_row(message, new_id(now), channel_id, delivery_id, now)
    inserted = store.insert_messages(tx, [row])
    if inserted:
        kind = DELETED if message.change is Change.DELETE else RECEIVED
        return Brought(NewEvent(type=kind, subject=inserted[0], at=now), new=True)
    known = store.find_message(tx, channel_id, rules.clean(message.namespace), rules.clean(message.native_id))
    if known is None:
        raise LookupError("a message that conflicts must exist")
    version = rules.version_of(message)
    if message.change is Change.DELETE:
        return Brought(_delete(tx, known, version.at, now), new=False)
    return Brought(_word(tx, known, message, version, now), new=False)


def _delete(tx: Tx, known: Row, at: int, now: Instant) -> NewEvent | None:
    """Leave a tombstone: keys and times stay, the content goes, the earliest delete counts."""
    if known["deleted_at"] is not None:
        if at < known["deleted_at"]:
            store.update_message(tx, known["id"], {"deleted_at": at})
        return None
    store.drop_revisions(tx, known["id"])
    store.purge_alone(tx, known["delivery_id"], now)
    gone = {"deleted_at": at, "text": "", "html": "", "subject": "", "data": "{}"}
    store.update_message(tx, known["id"], gone)
    return NewEvent(type=DELETED, subject=known["id"], at=now)


def _word(
    tx: Tx, known: Row, message: IncomingMessage, version: rules.Version, now: Instant
) -> NewEvent | None:
    """Bring in a wording, which may be older than the one that stands."""
    if rules.is_erased(known["author"]):
        return None
    held = rules.Held(
        revision=known["revision"], occurred_at=known["occurred_at"], edited_at=known["edited_at"]
    )
    merged = rules.merge(
        held, version, occurred_at=instant(message.occurred_at), edited=message.edited_at is not None
    )
    data = _counted(known, message) if not merged.fresh else None
    if merged.held == held and not merged.fresh:
        if data is not None:
            store.update_message(tx, known["id"], {"data": data})
        return None
    values: dict[str, Any] = ({} if data is None else {"data": data}) | {
        "revision": merged.held.revision,
        "occurred_at": merged.held.occurred_at,
        "edited_at": merged.held.edited_at,
    }
    if merged.stands:
        values |= _described(message)
    gone = known["deleted_at"] is not None
    new_wording = merged.fresh
    if merged.fresh and not gone:
        standing = rules.Version(
            revision=held.revision,
            at=held.at,
            text=known["text"],
            html=known["html"],
            subject=known["subject"],
        )
        store.keep_revision(tx, known["id"], standing, now)
        new_wording = store.keep_revision(tx, known["id"], version, now) or merged.stands
        if merged.stands:
            values |= _content(message, version)
    store.update_message(tx, known["id"], values)
    if gone:
        # A tombstone may learn whose it was, never what it said.
        return NewEvent(type=DELETED, subject=known["id"], at=now) if not held.revision else None
    return NewEvent(type=EDITED, subject=known["id"], at=now) if new_wording else None


def _counted(known: Row, message: IncomingMessage) -> str | None:
    """Counts are no wording: they are brought up to date without an event."""
    if not message.metrics or known["deleted_at"] is not None:
        return None
    return rules.counted(known["data"], message.metrics)


def _described(message: IncomingMessage) -> dict[str, Any]:
    """What a wording says of its message, apart from the content."""
    return {
        "direction": message.direction.value,
        "kind": message.kind.value,
        "visibility": message.visibility.value,
        "thread": rules.clean(message.thread),
        "parent_native_id": rules.clean(message.parent_id),
        "author": rules.author_json(message),
    }


def _content(message: IncomingMessage, version: rules.Version) -> dict[str, Any]:
    return {
        "text": version.text,
        "html": version.html,
        "subject": version.subject,
        "data": rules.extras_json(message),
    }
