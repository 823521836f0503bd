"""How every channel does: what pages, programs and the command show alike."""

from collections.abc import Callable

from msgspec import Struct

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Left
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.intake.ledger import reading
from earful.intake.ledger.reading import Entry
from earful.intake.ledger.rules import time_left
from earful.model.message import Network
from earful.model.time import HOUR, MINUTE, Instant
from earful.store.tx import Tx

LATE = 30 * MINUTE
"""A connected channel without a proof of life for longer is late."""


class ChannelHealth(Struct, frozen=True, kw_only=True):
    """One channel and how it does."""

    id: str
    name: str
    network: Network
    health: str
    """`ok`, `late`, `trouble` or `off`."""
    alive_at: int | None
    """Last proof of life: the network answered, though it may have had nothing new."""
    received_today: int
    received_total: int
    sent_today: int
    waiting_to_send: int = 0
    trouble: str = ""
    """What is wrong: what happened, what was kept, what to do."""
    trouble_at: int | None = None
    can: list[str] = []
    """What it can do, in short phrases."""
    history: bool = False
    """What is older can be fetched."""
    ledger: Entry = reading.NOTHING
    allowed: list[Left] = []
    """What its network still permits in each of its limits; empty where it is not connected or has none."""
    lost_in: int | None = None
    """Milliseconds until the network keeps no longer what we did not take; None where it keeps it."""


def of(
    channel: Channel,
    numbers: channels.Numbers,
    entry: Entry,
    can: Capabilities,
    now: Instant,
    allowed: list[Left],
) -> ChannelHealth:
    """How a channel does, in one word and some numbers."""
    alive = channel.last_alive_at
    late = channel.connected and (now - (alive or channel.created_at)) > LATE
    state = "ok"
    if not channel.enabled:
        state = "off"
    elif channel.trouble or entry.token_error:
        state = "trouble"
    elif late:
        state = "late"
    abilities = ["public replies"] if can.public_reply else []
    abilities += ["private replies"] if can.private_reply else []
    if channel.settings.get("playground"):
        abilities.append("simulated")
    in_danger = state != "ok" or entry.gap_since is not None
    return ChannelHealth(
        id=channel.id,
        name=channel.name,
        network=channel.network,
        health=state,
        alive_at=alive,
        received_today=numbers.received_today,
        received_total=numbers.received_total,
        sent_today=numbers.sent_today,
        waiting_to_send=numbers.waiting,
        trouble=channel.trouble or entry.token_error,
        trouble_at=channel.trouble_at,
        can=abilities or ["metrics only" if can.metrics_only else "read only"],
        history=can.history,
        ledger=entry,
        allowed=allowed,
        lost_in=time_left(alive, can.kept_seconds, now, gap_since=entry.gap_since) if in_danger else None,
    )


def of_all(
    tx: Tx,
    capabilities: Callable[[str], Capabilities],
    now: Instant,
    allowed: Callable[[str], list[Left]] = lambda _channel_id: [],
) -> list[ChannelHealth]:
    """Every channel, by name. What networks still permit is known only where the connectors run: `allowed`."""
    numbers = channels.numbers(tx, now - 24 * HOUR)
    entries = reading.entries(tx, now)
    return [
        of(
            one,
            numbers.get(one.id, channels.Numbers()),
            entries.get(one.id, reading.NOTHING),
            capabilities(one.id),
            now,
            allowed(one.id),
        )
        for one in channels.listed(tx)
    ]
