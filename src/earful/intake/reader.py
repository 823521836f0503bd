"""Reads what was kept raw: deliveries that networks pushed become messages, reports and things to fetch.

A delivery waits in the store until it is read, so a process may die anywhere; reading it again changes nothing.
What cannot be read stays, with the reason, until a later version reads it (`earful channels reparse`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping

import msgspec
import structlog
from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.channels.hooks import EraseAsked, Part, ReadUntil, Report, Unreadable
from earful.intake import rules, service, store
from earful.intake.known import Channels, Known
from earful.intake.ledger import store as ledger
from earful.log.contract import Log
from earful.model.message import Network
from earful.model.time import Instant
from earful.store.store import Store
from earful.store.tx import Row, Tx

logger = structlog.get_logger()
AT_ONCE = 256
LOOK_SECONDS = 5.0
LONGEST_KIND = 120

_headers = msgspec.json.Decoder(dict[str, str])


class _Found(Struct, kw_only=True):
    """What a batch of deliveries says, channel by channel."""

    messages: dict[str, list[rules.Coming]]
    reports: dict[str, list[Report]]
    read: dict[str, list[ReadUntil]]
    wanted: dict[str, list[str]]
    oddities: dict[tuple[str, str], list[str]]
    """(channel, kind) -> deliveries in which it came."""
    revoked: dict[str, str]
    erase: list[tuple[str, str, EraseAsked]]
    """(channel, delivery, whose data)"""
    told: dict[str, set[str]]
    """Channel -> what changed at its account."""
    faults: dict[str, str]
    """Delivery -> why it was not read, or not whole."""
    counts: dict[str, int]
    """Delivery -> how many messages it has."""


class Reader:
    """A task that owns no state: what waits is in the store."""

    def __init__(
        self,
        store_: Store,
        log: Log,
        channels: Channels,
        clock: Callable[[], Instant],
    ) -> None:
        self._store = store_
        self._log = log
        self._channels = channels
        self._clock = clock
        self._more = asyncio.Event()

    def wake(self) -> None:
        """Something was kept."""
        self._more.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set."""
        while not stop.is_set():
            self._more.clear()
            try:
                while not stop.is_set() and await asyncio.to_thread(self.read_some):
                    continue
            except Exception:
                logger.exception("reader.failed")
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._more.wait())]
            _, late = await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()

    def read_some(self) -> bool:
        """Read the oldest deliveries that wait. False when there is none that can be read now."""
        known = self._store.read_now(self._channels.all)
        able = [one for one in known if known[one].hook is not None]
        rows = self._store.read_now(lambda tx: store.waiting_deliveries(tx, able, AT_ONCE))
        if not rows:
            return False
        try:
            self._bring(rows, known)
        except Exception as error:  # noqa: BLE001 - whatever it is, no delivery may hold up the others
            if len(rows) > 1:
                # One of them cannot be written: the others must not wait for it.
                for row in rows:
                    self._one(row, known)
            else:
                self._give_up(rows[0], error)
        return True

    def _one(self, row: Row, known: Mapping[str, Known]) -> None:
        try:
            self._bring([row], known)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the delivery
            self._give_up(row, error)

    def _give_up(self, row: Row, error: Exception) -> None:
        logger.error("reader.unwritable", delivery=row["id"], error=str(error)[:300])
        why = f"It was read but could not be kept: {type(error).__name__}: {error}"
        self._store.write_now(lambda tx: store.note_unread(tx, row["id"], why[:1_000]))

    def _bring(self, rows: list[Row], known: Mapping[str, Known]) -> None:
        now = self._clock()
        found = read(rows, known, now)
        ready = {
            channel_id: service.bringing(self._log, channel_id, coming, now)
            for channel_id, coming in found.messages.items()
        }

        def write(tx: Tx) -> None:
            brought: dict[str, int] = defaultdict(int)
            for bringing in ready.values():
                for delivery_id, count in bringing.write(tx).rows.items():
                    brought[delivery_id] += count
            store.note_read(tx, [(row["id"], found.counts[row["id"]], brought[row["id"]]) for row in rows])
            for delivery_id, why in found.faults.items():
                store.note_unread(tx, delivery_id, why[:1_000])
            for (channel_id, kind), where in found.oddities.items():
                ledger.count_oddity(tx, channel_id, kind, len(where), where[-1], now)
            for channel_id, whats in found.wanted.items():
                store.want(tx, channel_id, whats, now)
            for channel_id, why in found.revoked.items():
                store.note_trouble(tx, channel_id, why, now)
            service.report(tx, self._log, found.reports, now)
            service.report_read(tx, self._log, found.read, now)
            service.tell(tx, self._log, found.told, now)
            numbers = {row["id"]: row["native_delivery_id"] or "" for row in rows}
            service.ask_erasing(tx, self._log, found.erase, numbers, now)

        self._store.write_now(write)


def read(rows: list[Row], known: Mapping[str, Known], now: Instant) -> _Found:
    """Read deliveries; nothing is written."""
    found = _Found(
        messages=defaultdict(list), reports=defaultdict(list), read=defaultdict(list), wanted=defaultdict(list),
        oddities=defaultdict(list), revoked={}, erase=[], told=defaultdict(set), faults={}, counts=defaultdict(int),
    )  # fmt: skip
    accounts = _accounts(known)
    for row in rows:
        home = known[row["channel_id"]]
        delivery = RawDelivery(
            transport=row["transport"],
            body=bytes(row["body"]),
            headers=_headers.decode(row["headers"]),
            verified_by=row["verified_by"],
        )
        try:
            parts = home.hook.parse(delivery, Instant(row["received_at"])) if home.hook is not None else []
        except Unreadable as error:
            found.faults[row["id"]] = str(error)
            found.oddities[home.channel.id, "unreadable"].append(row["id"])
            continue
        except Exception as error:  # noqa: BLE001 - a vendor's new shape must not stop the others
            found.faults[row["id"]] = (
                f"It has a shape that this version does not know: {type(error).__name__}: {error}"
            )
            found.oddities[home.channel.id, "unreadable"].append(row["id"])
            continue
        for part in parts:
            _sort(found, row["id"], part, home, known, accounts, now)
    return found


Accounts = Mapping[tuple[Network, str, str], str]
"""(network, account, app) -> channel."""


def _accounts(known: Mapping[str, Known]) -> Accounts:
    return {
        (one.channel.network, one.channel.account, one.hook.app): channel_id
        for channel_id, one in known.items()
        if one.hook is not None and one.channel.account
    }


def _sort(
    found: _Found,
    delivery_id: str,
    part: Part,
    home: Known,
    known: Mapping[str, Known],
    accounts: Accounts,
    now: Instant,
) -> None:
    """Put what a part says where it belongs: the account's channel, if the same app's secret proves it."""
    own = part.network is home.channel.network and part.account in ("", home.channel.account)
    app = home.hook.app if home.hook is not None else ""
    channel_id = home.channel.id if own else accounts.get((part.network, part.account, app))
    if channel_id is None:
        name = f"{part.network.value} {part.account}".strip()
        found.faults[delivery_id] = (
            f"It is for the account {name}, which is not connected with this app. Connect it, then read it again."
        )
        found.oddities[home.channel.id, f"account {name}"[:LONGEST_KIND]].append(delivery_id)
        return
    opens = known[channel_id].opens
    for message in part.messages:
        if opens is not None and (opened := opens.opens(message)) is not None:
            context = message.context | {"window": msgspec.to_builtins(opened)}
            message = msgspec.structs.replace(message, context=context)  # noqa: PLW2901
        problem = rules.problem_of(message, now)
        if problem is None:
            found.messages[channel_id].append((delivery_id, message))
            found.counts[delivery_id] += 1
        else:
            found.faults[delivery_id] = f"One of its messages cannot be kept: {problem}"
            found.oddities[channel_id, "message that cannot be kept"].append(delivery_id)
    for kind in part.strange:
        found.oddities[channel_id, kind[:LONGEST_KIND]].append(delivery_id)
    if part.strange:
        found.faults.setdefault(delivery_id, f"This version cannot read: {', '.join(part.strange)[:500]}.")
    found.reports[channel_id].extend(part.reports)
    if part.read:
        found.read[channel_id].extend(part.read)
    found.wanted[channel_id].extend(part.wanted)
    found.erase.extend((channel_id, delivery_id, one) for one in part.erase)
    if part.told:
        found.told[channel_id].update(part.told)
    if part.revoked:
        found.revoked[channel_id] = part.revoked
