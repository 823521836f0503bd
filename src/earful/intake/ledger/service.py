"""The ledger: what is asked of channels, what may be missing, and what was spent."""

from collections.abc import Mapping, Sequence

from earful.channels.contract import Job
from earful.channels.kit.budget import Budget, Slice
from earful.intake.ledger import store
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

JOBS = ("backfill", "reconcile")


def ask(tx: Tx, who: Who, channel_id: str, kind: str, since: Instant | None, now: Instant) -> str:
    """Ask a channel to fetch what is older, or to compare all that is there.

    Returns the job; asked again while it runs, the same.
    """
    running = store.open_job(tx, channel_id)
    if running is not None and running["kind"] == kind:
        return str(running["id"])
    values = {
        "id": new_id(now), "channel_id": channel_id, "kind": kind, "state": "running", "since": since,
        "asked_by": who.id, "asked_at": now,
    }  # fmt: skip
    store.insert_job(tx, values)
    record(tx, who, f"channel.{kind}", channel_id, now)
    return str(values["id"])


def give_up(tx: Tx, who: Who, job_id: str, now: Instant) -> None:
    """Stop a job; what it brought stays."""
    if store.end_job(tx, job_id, "stopped", "", now):
        record(tx, who, "channel.job_stopped", job_id, now)


def job(tx: Tx, channel_id: str) -> Job | None:
    """What a channel is to do next."""
    row = store.open_job(tx, channel_id)
    return None if row is None else Job(**{name: row[name] for name in Job.__struct_fields__})


def read_again(tx: Tx, who: Who, channel_id: str | None, since: Instant | None, now: Instant) -> int:
    """Let deliveries be read again: those that could not be, or with `since` all pushed ones. Returns how many."""
    count = store.read_again(tx, channel_id, since)
    record(tx, who, "channel.reparse", channel_id or "", now, f"{count} deliveries")
    return count


def keep_spending(tx: Tx, changes: Mapping[str, Sequence[Slice]]) -> None:
    """Keep what budgets spent since this was done last."""
    rows = [
        (name, one.span, one.began_at, one.spent)
        for name, slices in changes.items()
        for one in {slice_.span: slice_ for slice_ in slices}.values()
    ]
    if rows:
        store.keep_spending(tx, rows)


def spent(tx: Tx) -> dict[str, list[Slice]]:
    """What budgets spent, by name."""
    found: dict[str, list[Slice]] = {}
    for row in store.spent(tx):
        one = Slice(span=row["span"], began_at=row["began_at"], spent=row["spent"])
        found.setdefault(row["budget"], []).append(one)
    return found


def changes_of(budgets: Sequence[Budget]) -> dict[str, list[Slice]]:
    """What budgets spent since this was asked last."""
    return {one.name: changes for one in budgets if (changes := one.take_changes())}
