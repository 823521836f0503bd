"""Accept deliveries: raw bytes, messages and events in one transaction, acknowledged after commit."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import RawDelivery, Receipt
from earful.channels.hooks import EraseAsked, ReadUntil, Report
from earful.desk.conversations.rules import thread_key
from earful.intake import changes, rules, store
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id, new_ids
from earful.model.message import IncomingMessage
from earful.model.time import Instant, instant, rfc3339
from earful.store.tx import Row, Tx

WAITING, READ, UNREAD = "waiting", "read", "unread"
"""States of a delivery: to be read, read whole, and not readable by this version, or not whole."""
ACCOUNT_CHANGED = "channel.changed"
"""Something changed at a channel's account of which its network tells: `what`, a list of words."""
REPORTED = "network.reported"
ERASE_ASKED = "person.erase_asked"
"""A network asks to delete somebody's data: `channel_id`, `native_id`, `told`; subject is the request's number."""


def accept(
    log: Log,
    channel_id: str,
    delivery: RawDelivery,
    messages: Sequence[IncomingMessage],
    now: Instant,
    cursors: dict[str, str] | None = None,
) -> Callable[[Tx], Receipt]:
    """The verb that keeps one delivery.

    What can be computed is computed here, in the caller's thread; the returned function only writes. The
    messages must have passed `rules.problem_of`.
    """
    delivery_id = new_id(now)
    raw = _raw(channel_id, delivery_id, delivery, now) | {"messages": len(messages)}
    bring = bringing(log, channel_id, [(delivery_id, message) for message in messages], now)
    raw["brought"] = bring.plain.get(delivery_id, 0)

    def write(tx: Tx) -> Receipt:
        if cursors:
            store.move_cursors(tx, channel_id, cursors, now)
        if not messages:
            store.note_alive(tx, channel_id, now)
            return Receipt()
        if not store.insert_delivery(tx, raw):
            return Receipt(duplicates=len(messages))
        brought = bring.write(tx)
        if brought.rows != bring.plain:
            store.note_brought(tx, delivery_id, brought.rows.get(delivery_id, 0))
        return brought.receipt

    return write


def keep(coming: Sequence[tuple[str, RawDelivery]], now: Instant) -> Callable[[Tx], None]:
    """The verb that keeps deliveries of channels raw, to be read later; those whose number is known are left out."""
    ids = new_ids(now, len(coming))
    rows = [
        _raw(channel_id, delivery_id, delivery, now) | {"messages": 0, "brought": 0, "state": WAITING}
        for (channel_id, delivery), delivery_id in zip(coming, ids, strict=True)
    ]
    channel_ids = sorted({channel_id for channel_id, _ in coming})

    def write(tx: Tx) -> None:
        store.insert_deliveries(tx, rows)
        for channel_id in channel_ids:
            store.note_received(tx, channel_id, now)

    return write


def _raw(channel_id: str, delivery_id: str, delivery: RawDelivery, now: Instant) -> dict[str, Any]:
    return {
        "id": delivery_id,
        "channel_id": channel_id,
        "transport": delivery.transport,
        "native_delivery_id": delivery.native_delivery_id or None,
        "verified_by": delivery.verified_by,
        "headers": rules.clean(msgspec.json.encode(delivery.headers).decode()),
        "body": delivery.body,
        "sha256": hashlib.sha256(delivery.body).digest(),
        "received_at": now,
    }


class Brought(Struct, frozen=True):
    """What messages did, and how many of each delivery were new rows."""

    receipt: Receipt
    rows: dict[str, int]


class Bringing(Struct, frozen=True):
    """Messages made ready to be written; `plain` counts the first sights of each delivery, if nobody was quicker."""

    plain: dict[str, int]
    write: Callable[[Tx], Brought]


def bringing(log: Log, channel_id: str, coming: Sequence[rules.Coming], now: Instant) -> Bringing:
    """Make messages ready for a channel; what can be computed is computed here, in the caller's thread."""
    plain, rest = rules.split(coming)
    ids = new_ids(now, len(plain))
    rows = [
        store.message_row(message, message_id, channel_id, delivery_id, now)
        for (delivery_id, message), message_id in zip(plain, ids, strict=True)
    ]
    sights = Counter(delivery_id for delivery_id, _ in plain)

    def write(tx: Tx) -> Brought:
        new = store.insert_messages(tx, rows)
        events = [NewEvent(type=changes.RECEIVED, subject=message_id, at=now) for message_id in new]
        changed = 0
        accepted = len(new)
        late, seen = rest, sights
        if len(new) < len(plain):
            known = set(new)
            late = [*(one for one, at in zip(plain, ids, strict=True) if at not in known), *rest]
            seen = Counter(one[0] for one, at in zip(plain, ids, strict=True) if at in known)
        if late:
            seen = Counter(seen)
        for delivery_id, message in late:
            brought = changes.bring_in(tx, channel_id, delivery_id, message, now)
            seen[delivery_id] += brought.new
            if brought.event is None:
                continue
            events.append(brought.event)
            if brought.event.type == changes.RECEIVED:
                accepted += 1
            else:
                changed += 1
        log.append(tx, events)
        store.note_received(tx, channel_id, now)
        duplicates = len(coming) - accepted - changed
        return Brought(Receipt(accepted=accepted, changed=changed, duplicates=duplicates), +seen)

    return Bringing(sights, write)


def report(tx: Tx, log: Log, by_channel: Mapping[str, Sequence[Report]], now: Instant) -> None:
    """Keep what networks say became of replies, each once; the outbox follows."""
    events = []
    for channel_id, reports in by_channel.items():
        for one in reports:
            values = {"channel_id": channel_id, "namespace": one.namespace, "native_id": one.native_id}
            said = values | {"state": one.state, "at": instant(one.at), "why": one.why[:1_000]}
            if store.insert_report(tx, said):
                data = msgspec.json.encode(values | {"state": one.state, "client_id": one.client_id}).decode()
                events.append(NewEvent(type=REPORTED, subject=one.native_id, at=now, data=data))
    log.append(tx, events)


def report_read(tx: Tx, log: Log, by_channel: Mapping[str, Sequence[ReadUntil]], now: Instant) -> None:
    """Keep that customers read what we said in their conversations up to a moment, message by message."""
    found = {}
    for channel_id, marks in by_channel.items():
        found[channel_id] = [
            Report(native_id=native_id, namespace=mark.namespace, state="read", at=mark.at)
            for mark in marks
            for native_id in store.ours_until(
                tx, channel_id, thread_key(mark.namespace, mark.thread, own_thread=True), instant(mark.at)
            )
        ]
    report(tx, log, found, now)


def ask_erasing(
    tx: Tx, log: Log, asked: Sequence[tuple[str, str, EraseAsked]], numbers: Mapping[str, str], now: Instant
) -> None:
    """Append that networks ask to delete somebody's data: (channel, delivery, who); `numbers` names the deliveries."""
    events = []
    for channel_id, delivery_id, one in asked:
        data = {"channel_id": channel_id, "native_id": one.native_id, "told": numbers[delivery_id]}
        said = msgspec.json.encode(data).decode()
        events.append(NewEvent(type=ERASE_ASKED, subject=one.number, at=now, data=said))
    log.append(tx, events)


def tell(tx: Tx, log: Log, told: Mapping[str, Collection[str]], now: Instant) -> None:
    """Append what changed at the accounts of channels, channel -> words of `Part.told`."""
    log.append(
        tx,
        [
            NewEvent(
                type=ACCOUNT_CHANGED,
                subject=channel_id,
                at=now,
                data=msgspec.json.encode({"what": sorted(whats)}).decode(),
            )
            for channel_id, whats in told.items()
            if whats
        ],
    )


PURGED_AT_ONCE = 500


def purge(tx: Tx, before: int, now: Instant) -> int:
    """Let raw deliveries from before an instant go. Returns how many; call again while it is `PURGED_AT_ONCE`."""
    return store.purge_old(tx, before, now, PURGED_AT_ONCE)


def refuse(place: str, reason: str, now: Instant) -> Callable[[Tx], None]:
    """The verb that counts a refused delivery by day, place and reason."""
    return lambda tx: store.count_refusal(tx, rfc3339(now)[:10], place, reason, now)


def reports_of(tx: Tx, channel_id: str, namespace: str, native_id: str) -> list[Row]:
    """What a network reported of one reply."""
    return store.reports_of(tx, channel_id, namespace, native_id)


def read_among(tx: Tx, channel_id: str, native_ids: Sequence[str]) -> set[str]:
    """Those of replies without a namespace that their network reported as read."""
    return store.read_among(tx, channel_id, native_ids) if native_ids else set()


def raw_of(tx: Tx, message_id: str) -> bytes:
    """The delivery that brought one message and no other, as it came; empty when it is not kept any more."""
    return store.raw_of(tx, message_id)
