"""Fetches the files of messages before their links end, each once, and removes those of messages that are gone."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx2
import structlog

from earful.channels import registry
from earful.channels.contract import Connector
from earful.channels.kit.media import Fetched, MediaLater, MediaRefused, Source, fetch_media, known
from earful.desk.media import service, store
from earful.desk.media.files import Files
from earful.intake import service as intake
from earful.log.contract import Log
from earful.model.message import Network
from earful.model.time import SECOND, Instant
from earful.store.store import Store
from earful.store.tx import Row, Tx

logger = structlog.get_logger()
LOOK_SECONDS = 2.0
AT_ONCE = 16
BESIDE = 4
"""Files that are fetched at the same time: each may be 16 MB in memory."""
COUNT_AGAIN = 10 * SECOND
FULL = "The folder for files is full; somebody has to make room or raise `media_megabytes`."


class Fetcher:
    """A task that owns no state: what is wanted is in the store."""

    def __init__(
        self,
        store_: Store,
        log: Log,
        files: Files,
        connectors: Mapping[str, Connector],
        http: httpx2.AsyncClient,
        clock: Callable[[], Instant],
        *,
        megabytes: int,
    ) -> None:
        self._store = store_
        self._log = log
        self._files = files
        self._connectors = connectors
        self._http = http
        self._clock = clock
        self._megabytes = megabytes
        self._full = (0, False)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is being fetched then is given up and fetched at the next start."""
        while not stop.is_set():
            try:
                while not stop.is_set() and await self.some():
                    continue
            except Exception:
                logger.exception("media.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)

    async def some(self) -> int:
        """Do what is due, a few at a time. Returns how many."""
        rows = await self._store.read(partial(store.due, now=self._clock(), limit=AT_ONCE))
        gate = asyncio.Semaphore(BESIDE)

        async def one(row: Row) -> None:
            async with gate:
                await (self._fetch(row) if row["state"] == "wanted" else self._let_go(row))

        await asyncio.gather(*map(one, rows))
        return len(rows)

    async def _fetch(self, row: Row) -> None:
        try:
            if await self._is_full():
                raise MediaLater(FULL)
            found = await self._within(row)
            if found is None:
                found = await fetch_media(self._http, await self._source(row), self._clock())
            digest = await asyncio.to_thread(self._files.put, found.content)
        except MediaRefused as fault:
            await self._write(service.refuse, row, why=str(fault))
        except MediaLater as fault:
            await self._write(service.postpone, row, why=str(fault), after_seconds=fault.after_seconds)
        except OSError as fault:
            why = f"It could not be kept: {fault.strerror}."
            await self._write(service.postpone, row, why=why, after_seconds=None)
        except Exception as fault:  # noqa: BLE001 - a network's surprise must not hold up the others
            why = f"It could not be fetched: {type(fault).__name__}."
            await self._write(service.postpone, row, why=why, after_seconds=None)
        else:
            await self._write(service.keep, row, found=found, sha256=digest)
            if not self._files.has(digest):
                # The same content was let go at the same moment.
                await asyncio.to_thread(self._files.put, found.content)

    async def _is_full(self) -> bool:
        """Counted again after a while: adding up takes longer the more there is."""
        looked_at, full = self._full
        now = self._clock()
        if now - looked_at > COUNT_AGAIN:
            full = await self._store.read(partial(service.is_full, megabytes=self._megabytes))
            self._full = (now, full)
        return full

    async def _within(self, row: Row) -> Fetched | None:
        """The file out of the delivery that brought its message; None where files do not come with it."""
        take = registry.media_in(Network(row["network"]))
        attachment = service.source_of(row)
        if take is None or not attachment.native_id:
            return None
        raw = await self._store.read(partial(intake.raw_of, message_id=row["message_id"]))
        content = await asyncio.to_thread(take, raw, attachment) if raw else None
        if content is None:
            raise MediaRefused("The delivery that it came with is not kept any more.")
        return known(content)

    async def _source(self, row: Row) -> Source:
        attachment = service.source_of(row)
        connector: Any = self._connectors.get(row["channel_id"])
        asked = getattr(connector, "media", None)
        if asked is not None and attachment.native_id:
            source: Source = await asked(attachment)
            return source
        if registry.gives_media(Network(row["network"])) or not attachment.url:
            raise MediaLater("Its channel is not connected.")
        return Source(url=attachment.url)

    async def _write(self, verb: Callable[..., None], row: Row, **more: Any) -> None:
        await self._store.write(lambda tx: verb(tx, self._log, row, now=self._clock(), **more))

    async def _let_go(self, row: Row) -> None:
        def verb(tx: Tx) -> None:
            store.remove(tx, row["id"])
            if row["sha256"] and not store.is_used(tx, row["sha256"]):
                tx.after_commit(lambda: self._files.remove(row["sha256"]))

        await self._store.write(verb)
