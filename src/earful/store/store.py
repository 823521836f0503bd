"""The store: one way to read, one way to write, on SQLite and on PostgreSQL.

Verbs are plain functions of a transaction. `write` commits them; on SQLite one writer thread commits
everything that arrived during the previous sync in a single group (see docs/adr/0003).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Engine

from earful.store.engine import connect, is_sqlite
from earful.store.postgres import PostgresWriter
from earful.store.sqlite import SqliteWriter
from earful.store.tx import Tx

T = TypeVar("T")
READERS = 4


class Writer(Protocol):
    """Takes a verb, commits it, and only then answers."""

    def submit(self, verb: Callable[[Tx], T], *, patient: bool = False) -> "Future[T]": ...

    def close(self) -> None: ...


class Store:
    """Readers apart from the writer; both hand a `Tx` to a plain function."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = connect(url)
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer: Writer = (
            SqliteWriter(connect(url, writer=True)) if is_sqlite(url) else PostgresWriter(self.engine)
        )
        self._closing = threading.Lock()
        self._closed = False
        self._calm = threading.Condition()
        self._pressing = 0

    @property
    def path(self) -> Path | None:
        """The database file of an embedded store."""
        name = self.engine.url.database
        return Path(name) if is_sqlite(self.url) and name else None

    def read_now(self, query: Callable[[Tx], T]) -> T:
        """Run a query in the calling thread, in one read transaction."""
        with self.engine.connect() as conn:
            return query(Tx(conn, reading=True))

    async def read(self, query: Callable[[Tx], T]) -> T:
        """Run a query beside the event loop, in one read transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._reads, self.read_now, query)

    def submit(self, verb: Callable[[Tx], T], *, patient: bool = False) -> "Future[T]":
        """Hand a verb to the writer; the future is done after commit.

        A patient verb lets those go first that somebody waits for. Raises (through the future)
        StoreUnavailableError when nothing was kept, or the verb's own error.
        """
        return self._writer.submit(verb, patient=patient)

    def calm(self, seconds: float) -> bool:
        """Wait until nobody waits for a `write`, at most `seconds`. False when the time was up first."""
        with self._calm:
            return self._calm.wait_for(lambda: not self._pressing, seconds)

    def write_now(self, verb: Callable[[Tx], T]) -> T:
        """Run a verb and wait until it is durable."""
        return self._writer.submit(verb).result()

    async def write(self, verb: Callable[[Tx], T]) -> T:
        """Run a verb; returns after commit."""
        with self._calm:
            self._pressing += 1
        future = self._writer.submit(verb)
        future.add_done_callback(self._relieved)
        return await asyncio.wrap_future(future)

    def _relieved(self, _: "Future[T]") -> None:
        with self._calm:
            self._pressing -= 1
            if not self._pressing:
                self._calm.notify_all()

    def close(self) -> None:
        """Finish what is queued, then let go of the database."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._writer.close()
        self._reads.shutdown(wait=True)
        self.engine.dispose()
