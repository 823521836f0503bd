"""Accept deliveries: raw bytes, messages and events in one transaction, acknowledged after commit."""

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from earful.channels.contract import RawDelivery, Receipt
from earful.intake import changes, rules, store
from earful.log.contract import Log, NewEvent
from earful.model.ids import new_id, new_ids
from earful.model.message import IncomingMessage
from earful.model.time import Instant, rfc3339
from earful.store.store import Store
from earful.store.tx import Tx


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
    plain, rest = rules.split(messages)
    ids = new_ids(now, len(plain))
    rows = [
        store.message_row(message, message_id, channel_id, delivery_id, now)
        for message, message_id in zip(plain, ids, strict=True)
    ]
    raw = {
        "id": delivery_id,
        "channel_id": channel_id,
        "transport": delivery.transport,
        "native_delivery_id": delivery.native_delivery_id or None,
        "verified_by": delivery.verified_by,
        "headers": rules.clean(msgspec.json.encode(delivery.headers).decode()),
        "body": delivery.body,
        "sha256": hashlib.sha256(delivery.body).digest(),
        "received_at": now,
        "messages": len(messages),
        "brought": len(plain),
    }

    def write(tx: Tx) -> Receipt:
        if cursors:
            store.move_cursors(tx, channel_id, cursors, now)
        if not messages:
            store.note_alive(tx, channel_id, now)
            return Receipt()
        if not store.insert_delivery(tx, raw):
            return Receipt(duplicates=len(messages))
        new = store.insert_messages(tx, rows)
        events = [NewEvent(type=changes.RECEIVED, subject=message_id, at=now) for message_id in new]
        changed = 0
        accepted = rows_new = len(new)
        late = rest
        if len(new) < len(plain):
            known = set(new)
            again = [message for message, at in zip(plain, ids, strict=True) if at not in known]
            late = [*again, *rest]
        for message in late:
            brought = changes.bring_in(tx, channel_id, delivery_id, message, now)
            rows_new += brought.new
            if brought.event is None:
                continue
            events.append(brought.event)
            if brought.event.type == changes.RECEIVED:
                accepted += 1
            else:
                changed += 1
        if rows_new != len(plain):
            store.note_brought(tx, delivery_id, rows_new)
        log.append(tx, events)
        store.note_received(tx, channel_id, now)
        return Receipt(accepted=accepted, changed=changed, duplicates=len(messages) - accepted - changed)

    return write


class ChannelInlet:
    """The way in for one channel: what `channels.contract.Inlet` promises."""

    def __init__(
        self, store_: Store, log: Log, channel_id: str, clock: Callable[[], Instant], wake: Callable[[], None]
    ) -> None:
        self._store = store_
        self._log = log
        self._channel_id = channel_id
        self._clock = clock
        self._wake = wake

    async def accept(
        self,
        delivery: RawDelivery,
        messages: Sequence[IncomingMessage],
        *,
        cursors: dict[str, str] | None = None,
    ) -> Receipt:
        """Keep a delivery; returns after commit."""
        verb = accept(self._log, self._channel_id, delivery, messages, self._clock(), cursors)
        receipt = await self._store.write(verb)
        if receipt.accepted or receipt.changed:
            self._wake()
        return receipt

    async def cursor(self, name: str) -> str | None:
        """The cursor as last committed."""
        return await self._store.read(lambda tx: store.cursor(tx, self._channel_id, name))

    async def alive(self) -> None:
        """Note a proof of life."""
        now = self._clock()
        await self._store.write(lambda tx: store.note_alive(tx, self._channel_id, now))

    async def trouble(self, what: str) -> None:
        """Note what is wrong, in words."""
        now = self._clock()
        await self._store.write(lambda tx: store.note_trouble(tx, self._channel_id, what, now))


PURGED_AT_ONCE = 500


def purge(tx: Tx, before: int, now: Instant) -> int:
    """Let raw deliveries from before an instant go. Returns how many; call again while it is `PURGED_AT_ONCE`."""
    return store.purge_old(tx, before, now, PURGED_AT_ONCE)


def refuse(place: str, reason: str, now: Instant) -> Callable[[Tx], None]:
    """The verb that counts a refused delivery by day, place and reason."""
    return lambda tx: store.count_refusal(tx, rfc3339(now)[:10], place, reason, now)
