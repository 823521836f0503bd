"""What people do to promises: save policies, take a save back, change the calendars that policies use."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.calendars import service as calendars
from earful.desk.calendars.rules import Calendar
from earful.desk.calendars.service import Kept
from earful.desk.sla import rules, store
from earful.desk.sla.rules import InvalidPolicyError, Policy
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

RECOMPUTE = "sla.recompute"
"""Policies or a calendar changed, or some more open cases were recomputed by them."""
VERSIONS_SHOWN = 20

_encode = msgspec.json.Encoder().encode


class StaleError(ValueError):
    """Somebody saved policies meanwhile; the message says so."""


class Promise(Struct, frozen=True, kw_only=True):
    """A policy and since when it promises what it does."""

    policy: Policy
    since: int


class Book(Struct, frozen=True, kw_only=True):
    """Everything that clocks run by."""

    seq: int
    """The version of the policies; 0 before there were any."""
    promises: tuple[Promise, ...]
    calendars: dict[str, Kept]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies in their order."""
        return tuple(one.policy for one in self.promises)

    def calendar(self, policy: Policy) -> Kept | None:
        """The calendar of a policy; None for around the clock."""
        return self.calendars.get(policy.calendar)

    def promised_at(self, policy: Policy) -> int:
        """Since when a policy promises what it does, by the calendar that it has."""
        kept = self.calendar(policy)
        since = next(one.since for one in self.promises if one.policy is policy)
        return max(since, kept.at) if kept is not None else since


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the version until then, 0 for none."""

    changed: bool
    seq: int
    before: int


class Version(Struct, frozen=True, kw_only=True):
    """One save of the policies."""

    seq: int
    at: int
    by: str


class Progress(Struct, frozen=True, kw_only=True):
    """How many open cases run by what is in force."""

    done: int = 0
    total: int = 0
    finished: bool = True


@lru_cache(maxsize=64)
def _decoded(data: str) -> tuple[Promise, ...]:
    # Versions are never rewritten: those from before conditions are read as conditions, for undo and for clocks that
    # ended under them.
    kept = [one | {"policy": _with_condition(one["policy"])} for one in msgspec.json.decode(data)]
    return msgspec.convert(kept, tuple[Promise, ...])


_LISTS = {
    "networks": "case.network", "channels": "case.channel", "kinds": "case.kind", "topics": "case.topic",
    "visibility": "message.visibility",
}  # fmt: skip


def _with_condition(policy: dict[str, Any]) -> dict[str, Any]:
    """A stored policy in its present shape: lists of values were once all that could be asked."""
    if "applies" not in policy:
        return policy
    asked = policy["applies"]
    tests: list[dict[str, Any]] = [
        {"field": name, "op": "in", "value": asked[given]}
        for given, name in _LISTS.items()
        if asked.get(given)
    ]
    if asked.get("severity"):
        tests.append({"field": "case.severity", "op": "at_least", "value": asked["severity"]})
    return {name: value for name, value in policy.items() if name != "applies"} | {"when": {"all": tests}}


def in_force(tx: Tx) -> Book:
    """Policies and calendars as they are now."""
    row = store.newest_policies(tx)
    return Book(
        seq=row["seq"] if row is not None else 0,
        promises=_decoded(row["data"]) if row is not None else (),
        calendars={one.calendar.id: one for one in calendars.listed(tx)},
    )


def policy_at(tx: Tx, seq: int, policy_id: str) -> Policy | None:
    """A policy as some version had it."""
    row = store.policies_at(tx, seq)
    found = _decoded(row["data"]) if row is not None else ()
    return next((one.policy for one in found if one.policy.id == policy_id), None)


def save(
    tx: Tx, log: Log, who: Who, policies: tuple[Policy, ...], now: Instant, *, seen: int | None = None
) -> Saved:
    """Put policies in force; open cases follow in the background, closed clocks keep what they ran under.

    `seen`: the version that the writer started from. Raises InvalidPolicyError, StaleError.
    """
    book = in_force(tx)
    if seen is not None and seen != book.seq:
        raise StaleError(
            "Somebody saved the policies while you were editing. Load the page again and look at theirs first."
        )
    kept = rules.check(policies, {one: held.calendar for one, held in book.calendars.items()}, now)
    if kept == book.policies:
        return Saved(changed=False, seq=book.seq, before=book.seq)
    since = {one.policy.id: one.since for one in book.promises if one.policy in kept}
    promises = tuple(Promise(policy=one, since=since.get(one.id, now)) for one in kept)
    seq = store.insert_policies(tx, {"data": _encode(promises).decode(), "user_id": who.id, "at": now})
    record(tx, who, "sla.save", str(seq), now, f"{len(kept)} policies")
    recompute(tx, log, who, now)
    return Saved(changed=True, seq=seq, before=book.seq)


def restore(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> Saved:
    """Put earlier policies in force again; 0 for none. Raises InvalidPolicyError when they cannot be."""
    row = store.policies_at(tx, seq) if seq else None
    if seq and row is None:
        raise InvalidPolicyError("There is no such version of the policies; nothing was changed.")
    earlier = _decoded(row["data"]) if row is not None else ()
    return save(tx, log, who, tuple(one.policy for one in earlier), now)


def versions(tx: Tx) -> list[Version]:
    """The newest saves, newest first."""
    return [
        Version(seq=row["seq"], at=row["at"], by=row["user_name"] or "")
        for row in store.policy_versions(tx, VERSIONS_SHOWN)
    ]


def check_calendar(tx: Tx, calendar: Calendar, now: Instant) -> None:
    """Raises InvalidPolicyError when a policy would become unreachable by a calendar."""
    book = in_force(tx)
    users = tuple(policy for policy in book.policies if policy.calendar == calendar.id)
    rules.check(users, {calendar.id: calendar}, now)


def save_calendar(
    tx: Tx, log: Log, who: Who, calendar: Calendar, now: Instant, *, seen: int | None = None
) -> calendars.Saved:
    """Save a calendar and let the clocks follow. Raises what `calendars.service.save` does, and InvalidPolicyError."""
    saved = calendars.save(tx, log, who, calendar, now, seen=seen)
    if saved.changed:
        check_calendar(tx, calendars.find(tx, calendar.id).calendar, now)
        _follow(tx, log, who, calendar.id, now)
    return saved


def restore_calendar(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> calendars.Saved:
    """Put an earlier version of a calendar in force and let the clocks follow."""
    saved = calendars.restore(tx, log, who, seq, now)
    held = calendars.at_version(tx, saved.seq)
    if saved.changed and held is not None:
        check_calendar(tx, held, now)
        _follow(tx, log, who, held.id, now)
    return saved


def read_in(tx: Tx, log: Log, who: Who, calendar_id: str, data: bytes, now: Instant) -> calendars.Read:
    """Read holidays into a calendar and let the clocks follow; raises what `calendars.service.read_in` does."""
    done = calendars.read_in(tx, log, who, calendar_id, data, now)
    if done.saved.changed:
        check_calendar(tx, calendars.find(tx, calendar_id).calendar, now)
        _follow(tx, log, who, calendar_id, now)
    return done


def remove_calendar(tx: Tx, log: Log, who: Who, calendar_id: str, now: Instant) -> calendars.Saved:
    """Remove a calendar. Raises InvalidPolicyError while a policy uses it."""
    used = [policy.name for policy in in_force(tx).policies if policy.calendar == calendar_id]
    if used:
        raise InvalidPolicyError(
            f"{', '.join(used)} counts by this calendar. Give it another one first; nothing was removed."
        )
    return calendars.remove(tx, log, who, calendar_id, now)


def _follow(tx: Tx, log: Log, who: Who, calendar_id: str, now: Instant) -> None:
    if any(policy.calendar == calendar_id for policy in in_force(tx).policies):
        recompute(tx, log, who, now)


def recompute(tx: Tx, log: Log, who: Who, now: Instant) -> None:
    """Let the open cases be recomputed in the background, from the first one on."""
    run = new_id(now)
    values = {"run": run, "after": 0, "done": 0, "total": store.count_open(tx), "finished_at": None}
    store.put_progress(tx, values)
    log.append(tx, [NewEvent(type=RECOMPUTE, subject=run, at=now, actor=who.id)])


def progress(tx: Tx) -> Progress:
    """How far the newest recomputation is."""
    row = store.progress(tx)
    if row is None:
        return Progress()
    return Progress(done=row["done"], total=row["total"], finished=row["finished_at"] is not None)
