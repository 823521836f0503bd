"""Writers on PostgreSQL: a few threads, a transaction each, repeated when the server asks for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from earful.store.errors import StoreClosedError, StoreUnavailableError
from earful.store.tx import Tx

T = TypeVar("T")
WRITERS = 4
TRIES = 5
REPEATABLE = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected: PostgreSQL manual, appendix A."""


class PostgresWriter:
    """Runs each verb in its own transaction on one of a few threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="store-write")

    def submit(self, verb: Callable[[Tx], T], *, patient: bool = False) -> "Future[T]":
        """Run a verb in a transaction; there are writers enough, so patience means nothing here.

        Raises StoreClosedError (through the future) after `close`.
        """
        try:
            return self._threads.submit(self._run, verb)
        except RuntimeError:
            refused: Future[T] = Future()
            refused.set_exception(StoreClosedError("The store is closed; nothing was kept."))
            return refused

    def close(self) -> None:
        """Finish what is running and queued."""
        self._threads.shutdown(wait=True)

    def _run(self, verb: Callable[[Tx], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                with self._engine.begin() as conn:
                    tx = Tx(conn)
                    result = verb(tx)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in REPEATABLE and attempt < TRIES:
                    continue
                if isinstance(error, OperationalError):
                    raise StoreUnavailableError(
                        f"The database could not keep the write ({error.orig}); nothing of it was kept."
                    ) from error
                raise
            tx.run_after_commit()
            return result
        raise AssertionError("unreachable: the last try returns or raises")
