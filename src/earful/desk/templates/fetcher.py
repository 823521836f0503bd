"""Reads the templates of connected channels: when one is connected, every day, and when they are asked for."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from earful.channels.contract import Connector, TemplateSource, TemplatesUnreadError
from earful.desk.templates import service
from earful.model.time import Instant
from earful.store.store import Store

logger = structlog.get_logger()
LOOK_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
"""How long one channel may take."""
TOO_SLOW = "The templates could not be read: the network took too long. It is tried again."


class TemplateFetcher:
    """A task that owns no state: what is due is in the store."""

    def __init__(
        self, store: Store, connectors: Mapping[str, Connector], clock: Callable[[], Instant]
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                await self.some()
            except Exception:
                logger.exception("templates.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    async def some(self) -> int:
        """Read what is due. Returns of how many channels."""
        sources = {
            channel_id: one for channel_id, one in self._connectors.items() if isinstance(one, TemplateSource)
        }
        if not sources:
            return 0
        due = await self._store.read(partial(service.due, channel_ids=list(sources), now=self._clock()))
        for channel_id in due:
            await self._one(channel_id, sources[channel_id])
        return len(due)

    async def _one(self, channel_id: str, source: TemplateSource) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await source.templates()
        except (TemplatesUnreadError, TimeoutError) as fault:
            why = str(fault) if isinstance(fault, TemplatesUnreadError) else TOO_SLOW
            await self._store.write(lambda tx: service.unread(tx, channel_id, why, self._clock()))
        else:
            await self._store.write(lambda tx: service.keep(tx, channel_id, found, self._clock()))
