"""Calls and visits that colleagues write down: they become messages by the same way in as everything else."""

import msgspec
from msgspec import Struct

from earful.channels.contract import RawDelivery
from earful.channels.phone.calls import NAMESPACE
from earful.desk.calls import rules, store
from earful.desk.calls.rules import Entry, Kind
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.intake import service as intake
from earful.log.contract import Log
from earful.model.message import Direction
from earful.model.time import Instant
from earful.store.audit import Who, record
from earful.store.secrets import Vault
from earful.store.tx import Tx

SETTINGS: dict[Kind, dict[str, object]] = {Kind.CALL: {"calls": "system"}, Kind.VISIT: {}}
"""Of a channel that is made for the log: one for calls is connected, so that an answer can go out as an SMS."""


class RefusedError(ValueError):
    """It cannot be kept; `field` names what is wrong, the message says why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class Logged(Struct, frozen=True, kw_only=True):
    """Something that was written down."""

    message_id: str
    new_channel: bool
    """The log's channel was made for it."""


class Place(Struct, frozen=True, kw_only=True):
    """Where it went."""

    message_id: str
    number: int | None
    """Of its case; None as long as it has none."""
    taken_back: bool
    ours: bool
    """It begins with what we said: without a case of theirs, it waits for one."""


def logs(tx: Tx, kind: Kind) -> list[Channel]:
    """The channels that such an entry may belong to, the oldest first."""
    network = rules.NETWORK[kind]
    found = [one for one in channels.listed(tx) if one.network is network and one.enabled]
    return sorted(found, key=lambda one: (one.created_at, one.id))


def write_down(tx: Tx, log: Log, vault: Vault, who: Who, entry: Entry, now: Instant) -> Logged:
    """Keep an entry as messages. Raises RefusedError."""
    wrong = rules.problem_of(entry, now)
    if wrong is not None:
        raise RefusedError(*wrong)
    known = logs(tx, entry.kind)
    chosen = next((one for one in known if one.id == entry.channel_id), None)
    if entry.channel_id and chosen is None:
        raise RefusedError("channel_id", "This channel does not exist (any more); choose another one.")
    channel = chosen or (known[0] if known else _made(tx, vault, who, entry.kind, now))
    our = str(channel.settings.get("number", "")) or channel.handle or channel.name
    said = rules.messages(entry, who.name, our, now)
    # What people type in is kept as they typed it, as every delivery is kept as it came.
    delivery = RawDelivery(transport="api", body=msgspec.json.encode(entry), verified_by="session")
    intake.accept(log, channel.id, delivery, said, now)(tx)
    row = store.message(tx, channel.id, NAMESPACE, said[0].native_id)
    if row is None:
        raise LookupError("a message just kept must be there")
    record(tx, who, f"{entry.kind}.log", row["id"], now, channel.name)
    return Logged(message_id=row["id"], new_channel=not known)


def _made(tx: Tx, vault: Vault, who: Who, kind: Kind, now: Instant) -> Channel:
    name = rules.CHANNEL[kind]
    if channels.find(tx, name) is not None:
        raise RefusedError(
            "channel_id", f"The channel {name} is switched off, or of another network. Ask an admin."
        )
    return channels.create(
        tx, vault, who, network=rules.NETWORK[kind], name=name, settings=SETTINGS[kind], now=now
    )


def take_back(tx: Tx, log: Log, who: Who, message_id: str, now: Instant) -> None:
    """Let an entry go: tombstones stay, and what they said is gone. Raises RefusedError when it is none."""
    row = store.place(tx, message_id)
    if row is None or row["namespace"] != NAMESPACE:
        raise RefusedError("id", "This was not written down here; nothing was changed.")
    gone = rules.taken_back(row["native_id"], now)
    there = [
        one for one in gone if store.message(tx, row["channel_id"], NAMESPACE, one.native_id) is not None
    ]
    delivery = RawDelivery(transport="api", body=b"{}", verified_by="session")
    intake.accept(log, row["channel_id"], delivery, there, now)(tx)
    record(tx, who, "log.take_back", message_id, now)


def place_of(tx: Tx, message_id: str) -> Place | None:
    """Where an entry is; None when there is none."""
    row = store.place(tx, message_id)
    if row is None or row["namespace"] != NAMESPACE:
        return None
    return Place(
        message_id=row["id"],
        number=row["number"],
        taken_back=row["deleted_at"] is not None,
        ours=row["direction"] == Direction.OUTBOUND,
    )
