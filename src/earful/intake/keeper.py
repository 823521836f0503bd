"""Keeps raw what networks push: whatever arrives while a commit is under way goes into the next one, all in one verb.

One delivery alone would cost a savepoint, a turn of the writer's thread and a note on its channel; a flood shares them.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from earful.channels.contract import RawDelivery
from earful.intake import service
from earful.model.time import Instant
from earful.store.errors import StoreClosedError, StoreUnavailableError
from earful.store.store import Store

MOST = 256
MOST_BYTES = 16 * 1_048_576


class _Waiting(NamedTuple):
    channel_id: str
    delivery: RawDelivery
    kept: "asyncio.Future[None]"


class DeliveryKeeper:
    """For one event loop. Holds nothing that anybody was told is kept."""

    def __init__(self, store: Store, clock: Callable[[], Instant], read_soon: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self.read_soon = read_soon
        self._waiting: deque[_Waiting] = deque()
        self._work: asyncio.Task[None] | None = None

    async def keep(self, channel_id: str, delivery: RawDelivery) -> None:
        """Returns when it is on disk. Raises StoreUnavailableError or StoreClosedError when it is not."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(channel_id, delivery, kept))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write())
        await kept

    async def _write(self) -> None:
        while self._waiting:
            await self._together(self._take())
            self.read_soon()

    def _take(self) -> list[_Waiting]:
        found: list[_Waiting] = []
        size = 0
        while self._waiting and len(found) < MOST and size < MOST_BYTES:
            found.append(self._waiting.popleft())
            size += len(found[-1].delivery.body)
        return found

    async def _together(self, batch: list[_Waiting]) -> None:
        try:
            verb = service.keep([(one.channel_id, one.delivery) for one in batch], self._clock())
            await self._store.write(verb)
        except Exception as fault:  # noqa: BLE001 - whatever it is, who waits must hear of it
            if len(batch) > 1 and not isinstance(fault, StoreUnavailableError | StoreClosedError):
                # One of them cannot be written: the others must not suffer for it.
                for one in batch:
                    await self._together([one])
                return
            for one in batch:
                if not one.kept.done():
                    one.kept.set_exception(fault)
            return
        for one in batch:
            if not one.kept.done():
                one.kept.set_result(None)
