"""Importing a file into a channel: nothing half-done, unless the user asked to keep going."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.channels.email.parse import Identity
from earful.intake import rules, service
from earful.intake.importers import google_plus, jsonl, mail, table
from earful.intake.importers.contract import Item
from earful.log.contract import Log
from earful.model.message import IncomingMessage
from earful.model.time import Instant
from earful.store.store import Store

BATCH = 500
FAULTS_SHOWN = 20
FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".mbox": "mbox",
    ".eml": "eml",
    ".zip": "google-plus",
}


class Fault(Struct, frozen=True):
    """One item that cannot be imported."""

    line: int
    detail: str


class FileRefusedError(ValueError):
    """The file was not imported; `faults` names the first lines that are wrong."""

    def __init__(self, words: str, faults: list[Fault]) -> None:
        super().__init__(words)
        self.faults = faults


class Imported(Struct, frozen=True, kw_only=True):
    """What an import did."""

    read: int = 0
    accepted: int = 0
    changed: int = 0
    duplicates: int = 0
    faults: list[Fault] = []


def format_of(path: Path) -> str | None:
    """The format that a name tells; a folder is an archive."""
    return "google-plus" if path.is_dir() else FORMATS.get(path.suffix.lower())


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def items(path: Path, format_: str, own_addresses: tuple[str, ...] = ()) -> Iterator[Item]:
    """The items of a file. Raises FileRefusedError for a format that is not known."""
    identity = Identity(
        ours=frozenset(address.lower() for address in own_addresses),
        our_domain=own_addresses[0].partition("@")[2].lower() if own_addresses else "",
    )
    match format_:
        case "jsonl":
            return jsonl.read(str(path))
        case "csv":
            return table.read(str(path))
        case "mbox":
            return mail.read_mbox(str(path), identity)
        case "eml":
            return mail.read_eml(str(path), identity)
        case "google-plus":
            return google_plus.read(str(path), identity.ours)
        case _:
            known = ", ".join(sorted(set(FORMATS.values())))
            raise FileRefusedError(f"{path.name}: the format is not known; choose one of {known}.", [])


def import_file(
    store: Store,
    log: Log,
    channel_id: str,
    path: Path,
    *,
    format_: str,
    keep_going: bool,
    now: Instant,
    own_addresses: tuple[str, ...] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Import a file into a channel.

    First everything is read and checked; unless `keep_going`, one bad item refuses the file with nothing
    imported. Then batches are committed; a run that is cut off can be repeated, for what is known is passed
    over. `progress` is told the bytes read, twice over the file. Raises FileRefusedError.
    """
    faults: list[Fault] = []
    count = 0
    for item in items(path, format_, own_addresses):
        count += 1
        progress(item.end)
        fault = item.fault or (rules.problem_of(item.message, now) if item.message else None)
        if fault:
            faults.append(Fault(item.line, fault))
    if faults and not keep_going:
        raise FileRefusedError(
            f"{len(faults)} of {count} items cannot be imported; nothing was. Mend them, or import the others "
            "with --keep-going.",
            faults[:FAULTS_SHOWN],
        )
    bad = {fault.line for fault in faults}
    return _keep(
        store, log, channel_id, path, (item for item in items(path, format_, own_addresses) if item.line not in bad),
        now, progress, faults,
    )  # fmt: skip


def _keep(
    store: Store,
    log: Log,
    channel_id: str,
    path: Path,
    good: Iterator[Item],
    now: Instant,
    progress: Callable[[int], None],
    faults: list[Fault],
) -> Imported:
    accepted = changed = duplicates = read = 0
    batch: list[IncomingMessage] = []

    def flush() -> None:
        nonlocal accepted, changed, duplicates
        body = msgspec.json.encode(batch)
        delivery = RawDelivery(
            transport="import", body=body, headers={"file": path.name}, verified_by="import"
        )
        receipt = store.write_now(service.accept(log, channel_id, delivery, list(batch), now))
        accepted += receipt.accepted
        changed += receipt.changed
        duplicates += receipt.duplicates
        batch.clear()

    size = size_of(path)
    for item in good:
        if item.message is None:
            continue
        read += 1
        batch.append(msgspec.structs.replace(item.message, backfill=True))
        if len(batch) >= BATCH:
            flush()
            progress(size + item.end)
    if batch:
        flush()
    progress(2 * size)
    return Imported(
        read=read, accepted=accepted, changed=changed, duplicates=duplicates, faults=faults[:FAULTS_SHOWN]
    )
