"""Keeps a connector running for every channel that is switched on and connected."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from earful.channels.contract import Connector
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.intake.inlet import ChannelInlet
from earful.log.contract import Log
from earful.model.time import Instant
from earful.store.secrets import Vault
from earful.store.store import Store
from earful.store.tx import Tx

logger = structlog.get_logger()
LOOK_SECONDS = 5.0
REST_SECONDS = 15.0
"""How long a connector that gave up rests before it is started anew."""

Connect = Callable[[Channel, dict[str, str]], Connector]


class Receiver:
    """Starts, restarts and stops connectors as channels are connected, switched and mended."""

    def __init__(
        self,
        store: Store,
        log: Log,
        vault: Vault,
        connect: Connect,
        clock: Callable[[], Instant],
    ) -> None:
        self._store = store
        self._log = log
        self._vault = vault
        self._connect = connect
        self._clock = clock
        self.connectors: dict[str, Connector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stops: dict[str, asyncio.Event] = {}
        self._made_from: dict[str, tuple[Channel, dict[str, str]]] = {}
        self._look = asyncio.Event()

    def look_again(self) -> None:
        """A channel was connected or switched."""
        self._look.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self._look.clear()
            try:
                await self.bring_up_to_date()
            except Exception:
                logger.exception("receiver.failed")
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._look.wait())]
            _, late = await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()
        for channel_id in list(self._tasks):
            await self._end(channel_id)

    async def bring_up_to_date(self) -> None:
        """Compare what runs with what should."""
        wanted = await self._store.read(self._wanted)
        for channel_id in [known for known in self._tasks if known not in wanted]:
            await self._end(channel_id)
        for channel_id, made_from in wanted.items():
            if self._made_from.get(channel_id) != made_from:
                await self._end(channel_id)
                await self._begin(channel_id, *made_from)

    def _wanted(self, tx: Tx) -> dict[str, tuple[Channel, dict[str, str]]]:
        return {
            channel.id: (_still(channel), secrets)
            for channel, secrets in channels.connectable(tx, self._vault)
        }

    async def _begin(self, channel_id: str, channel: Channel, secrets: dict[str, str]) -> None:
        inlet = ChannelInlet(self._store, self._log, channel_id, self._clock)
        self._made_from[channel_id] = (channel, secrets)
        own = {name: value for name, value in secrets.items() if name != channels.WEBHOOK_SECRET}
        try:
            connector = self._connect(channel, own)
        except Exception as error:  # noqa: BLE001 - whatever it is, an admin must read it
            await inlet.trouble(f"This channel cannot be connected: {error}")
            return
        self.connectors[channel_id] = connector
        stop = self._stops[channel_id] = asyncio.Event()
        self._tasks[channel_id] = asyncio.create_task(self._receive(connector, inlet, stop, channel.name))

    async def _receive(
        self, connector: Connector, inlet: ChannelInlet, stop: asyncio.Event, name: str
    ) -> None:
        while not stop.is_set():
            try:
                await connector.receive(inlet, stop)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                logger.exception("connector.stopped", channel=name)
                await inlet.trouble(f"{type(error).__name__}: {error}. Trying again in {REST_SECONDS:.0f} s.")
            if not stop.is_set():
                await _wait(stop, REST_SECONDS)

    async def _end(self, channel_id: str) -> None:
        self._made_from.pop(channel_id, None)
        self.connectors.pop(channel_id, None)
        stop = self._stops.pop(channel_id, None)
        task = self._tasks.pop(channel_id, None)
        if stop is not None:
            stop.set()
        if task is not None:
            _, late = await asyncio.wait([task], timeout=10)
            for one in late:
                one.cancel()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _still(channel: Channel) -> Channel:
    """A channel without its health, which changes without the connection changing."""
    still: dict[str, Any] = {
        "last_alive_at": None,
        "last_received_at": None,
        "trouble": "",
        "trouble_at": None,
    }
    return msgspec.structs.replace(channel, **still)
