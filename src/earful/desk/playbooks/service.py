"""What people do to playbooks: save, delete, bring back an earlier version; each save is a version of its own."""

from functools import lru_cache
from pathlib import Path as File

import msgspec
from msgspec import Struct

from earful.desk.calendars.hours import next_opening
from earful.desk.playbooks import checking, files, rules, store
from earful.desk.playbooks.checking import Around, Problem, Promise
from earful.desk.playbooks.files import InvalidPlaybookError
from earful.desk.playbooks.rules import Playbook
from earful.desk.sla import rules as promises_rules
from earful.desk.sla import settings as sla
from earful.desk.users import service as users
from earful.log.contract import Log, NewEvent
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Row, Tx

CHANGED = "playbook.changed"
VERSIONS_SHOWN = 50
PLAYBOOKS_MOST = 100
READY = File(__file__).parent / "ready"

_encode = msgspec.json.Encoder().encode


class NotFoundError(LookupError):
    """There is no such playbook, or no such version of it."""


class StaleError(ValueError):
    """Somebody saved the playbook meanwhile; the message says so."""


class Kept(Struct, frozen=True, kw_only=True):
    """A playbook in force."""

    playbook: Playbook
    version: int
    at: int


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the version until then, 0 for none."""

    changed: bool
    version: int
    before: int


class Version(Struct, frozen=True, kw_only=True):
    """One save of a playbook."""

    version: int
    at: int
    by: str
    playbook: Playbook


@lru_cache(maxsize=512)
def _decoded(data: str) -> Playbook:
    # The same object each time: what is compiled of a playbook is kept by it.
    return files.from_data(msgspec.json.decode(data))


def _kept(row: Row) -> Kept:
    return Kept(playbook=_decoded(row["data"]), version=row["version"], at=row["at"])


def listed(tx: Tx) -> list[Kept]:
    """Every playbook in force, switched off or on, as they are asked."""
    found = {row["playbook_id"]: _kept(row) for row in store.newest(tx)}
    return [found[one.id] for one in rules.in_order(kept.playbook for kept in found.values())]


def find(tx: Tx, playbook_id: str) -> Kept:
    """One playbook in force. Raises NotFoundError."""
    row = store.newest_of(tx, playbook_id)
    if row is None or row["deleted_at"] is not None:
        raise NotFoundError("This playbook does not exist; somebody may have deleted it.")
    return _kept(row)


def at_version(tx: Tx, playbook_id: str, version: int) -> Playbook:
    """A playbook as some version had it, deleted since or not. Raises NotFoundError."""
    row = store.version(tx, playbook_id, version)
    if row is None:
        raise NotFoundError("There is no such version of this playbook.")
    return _decoded(row["data"])


def versions(tx: Tx, playbook_id: str) -> list[Version]:
    """The newest saves of a playbook, newest first."""
    return [
        Version(
            version=row["version"], at=row["at"], by=row["user_name"] or "", playbook=_decoded(row["data"])
        )
        for row in store.versions(tx, playbook_id, VERSIONS_SHOWN)
    ]


def running(tx: Tx) -> dict[str, int]:
    """playbook -> cases that are in it now."""
    return store.running(tx)


def around(tx: Tx, now: Instant) -> Around:
    """What playbooks are checked against: the colleagues, and the promises that they must keep to."""
    book = sla.in_force(tx)
    promises = []
    for policy in book.policies:
        kept = book.calendar(policy)
        promises.append(
            Promise(
                name=policy.name,
                when=promises_rules.condition_of(policy),
                first_answer=policy.targets.first_answer,
                opens=kept is None or next_opening(kept.calendar, now) is not None,
            )
        )
    colleagues = frozenset(user.email.casefold() for user in users.colleagues(tx))
    return Around(colleagues=colleagues, promises=tuple(promises))


def check(tx: Tx, playbook: Playbook, now: Instant) -> list[Problem]:
    """Everything that keeps a playbook from being used; empty for nothing."""
    return checking.check(playbook, around(tx, now))


def save(tx: Tx, log: Log, who: Who, playbook: Playbook, now: Instant, *, seen: int | None = None) -> Saved:
    """Put a playbook in force for the cases that come; those that are in it keep their version.

    `seen`: the version that the writer started from, 0 for a new one. Raises InvalidPlaybookError, StaleError.
    """
    row = store.newest_of(tx, playbook.id)
    there = row is not None and row["deleted_at"] is None
    before = row["version"] if row is not None else 0
    if seen is not None and seen != (before if there else 0):
        raise StaleError(
            "Somebody saved a playbook of this id while you were editing. Load the page again and look at theirs first."
        )
    if not there and len(store.newest(tx)) >= PLAYBOOKS_MOST:
        raise InvalidPlaybookError(
            [Problem(place="id", text=f"there are {PLAYBOOKS_MOST} playbooks already")]
        )
    wrong = check(tx, playbook, now)
    if wrong:
        raise InvalidPlaybookError(wrong)
    if there and row is not None and _decoded(row["data"]) == playbook:
        return Saved(changed=False, version=before, before=before)
    store.put(tx, playbook.id, before + 1, _encode(playbook).decode(), who.id, now)
    _tell(tx, log, who, playbook.id, before + 1, now)
    record(tx, who, "playbook.save", playbook.id, now, f"version {before + 1}")
    return Saved(changed=True, version=before + 1, before=before if there else 0)


def restore(tx: Tx, log: Log, who: Who, playbook_id: str, version: int, now: Instant) -> Saved:
    """Put an earlier version in force again, as a new one; 0 deletes the playbook. Raises as `save`, NotFoundError."""
    if not version:
        remove(tx, log, who, playbook_id, now)
        return Saved(changed=True, version=0, before=0)
    return save(tx, log, who, at_version(tx, playbook_id, version), now)


def switch(tx: Tx, log: Log, who: Who, playbook_id: str, on: bool, now: Instant) -> Saved:
    """Switch a playbook on or off for the cases that come. Raises NotFoundError, and as `save` when switched on."""
    kept = find(tx, playbook_id)
    return save(tx, log, who, msgspec.structs.replace(kept.playbook, enabled=on), now)


def remove(tx: Tx, log: Log, who: Who, playbook_id: str, now: Instant) -> str:
    """Delete a playbook; cases that are in it stay there. `bring_back` undoes it. Returns its name."""
    kept = find(tx, playbook_id)
    store.mark_deleted(tx, playbook_id, now)
    _tell(tx, log, who, playbook_id, 0, now)
    record(tx, who, "playbook.delete", playbook_id, now, kept.playbook.name)
    return kept.playbook.name


def bring_back(tx: Tx, log: Log, who: Who, playbook_id: str, now: Instant) -> Kept:
    """Undo a deletion. Raises NotFoundError."""
    if not store.mark_deleted(tx, playbook_id, None):
        raise NotFoundError("This playbook does not exist.")
    kept = find(tx, playbook_id)
    _tell(tx, log, who, playbook_id, kept.version, now)
    record(tx, who, "playbook.restore", playbook_id, now, kept.playbook.name)
    return kept


def _tell(tx: Tx, log: Log, who: Who, playbook_id: str, version: int, now: Instant) -> None:
    data = _encode({"version": version}).decode()
    log.append(tx, [NewEvent(type=CHANGED, subject=playbook_id, at=now, actor=who.id, data=data)])


@lru_cache(maxsize=1)
def ready() -> tuple[Playbook, ...]:
    """The playbooks that Earful comes with, as they are asked."""
    return tuple(
        rules.in_order(files.read(file.read_text(encoding="utf-8")) for file in READY.glob("*.toml"))
    )
