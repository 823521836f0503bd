"""Runs consumers: read a batch, prepare, then effects and cursor in one transaction. It may die anywhere."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from earful.log.contract import Batch, Event, NewEvent
from earful.log.embedded import EmbeddedLog
from earful.model.time import Instant
from earful.store.errors import ConflictError, StoreClosedError, StoreUnavailableError
from earful.store.store import Store
from earful.store.tx import Tx

logger = structlog.get_logger()
BATCH = 250
"""Events in one step. The writer is busy for its length, and a network may be waiting: about 40 ms."""
PRESSED_BATCH = 80
"""Events in one step while deliveries come without a pause."""
PAUSE_SECONDS = 0.15
"""How long a step waits for a moment in which nobody waits for the store, before it takes its turn anyway."""
POLL_SECONDS = 1.0
"""How often a consumer looks by itself; it is woken sooner by a commit in this process."""
SOON_SECONDS, SOON = 0.05, 20
"""How often, and how many times, it looks again on PostgreSQL for what it was woken by: an event is only seen when no
older transaction is still writing."""
FAULT_SECONDS = 2.0


class Consumer(Protocol):
    """One reader of the log."""

    name: str
    types: frozenset[str]
    """Event types it acts on; others only move its cursor."""

    def prepare(self, tx: Tx, events: list[Event]) -> Any:
        """Read and compute, outside the writing transaction. Nothing may be written here."""
        ...

    def apply(self, tx: Tx, events: list[Event], prepared: Any, now: Instant) -> list[NewEvent]:
        """Write the effects; the returned events and the cursor go into the same transaction."""
        ...


def step(store: Store, log: EmbeddedLog, consumer: Consumer, now: Instant, limit: int = BATCH) -> int:
    """Take one batch. Returns 0 when the consumer is up to date, else its events, others counting as one."""

    def look(tx: Tx) -> tuple[Batch, Any] | None:
        batch = log.read(tx, consumer.name, limit, consumer.types)
        if batch is None:
            return None
        return batch, consumer.prepare(tx, batch.events) if batch.events else None

    taken = store.read_now(look)
    if taken is None:
        return 0
    batch, prepared = taken

    def effects(tx: Tx) -> None:
        if batch.events:
            log.append(tx, consumer.apply(tx, batch.events, prepared, now))
        log.done(tx, batch, now)

    # A cursor that passes what its reader does not care for is moved together with whatever else is written.
    store.submit(effects, patient=bool(batch.events)).result()
    return len(batch.events) or 1


class Runner:
    """A thread per consumer, woken by events that it acts on and by a slow clock."""

    def __init__(
        self, store: Store, log: EmbeddedLog, consumers: list[Consumer], clock: Callable[[], Instant]
    ) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._stop = threading.Event()
        self._wakes = [(consumer.types, threading.Event()) for consumer in consumers]
        self._threads = [
            threading.Thread(
                target=self._run, args=(consumer, wake), name=f"consumer-{consumer.name}", daemon=True
            )
            for consumer, (_, wake) in zip(consumers, self._wakes, strict=True)
        ]
        log.listen(self._woken_by)

    def start(self) -> None:
        """Start every consumer where it left off."""
        for thread in self._threads:
            thread.start()

    def _woken_by(self, types: frozenset[str]) -> None:
        for acts_on, wake in self._wakes:
            if not types.isdisjoint(acts_on):
                wake.set()

    def stop(self) -> None:
        """Let each finish its batch, then stop."""
        self._log.leave(self._woken_by)
        self._stop.set()
        for _, wake in self._wakes:
            wake.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self, consumer: Consumer, wake: threading.Event) -> None:
        soon, may_be_hidden = 0, self._store.path is None
        while not self._stop.is_set():
            soon = SOON if may_be_hidden and wake.is_set() else soon
            wake.clear()
            # Accepting comes first: what is accepted is safe and can be worked on later, a caller cannot wait.
            limit = BATCH if self._store.calm(PAUSE_SECONDS) else PRESSED_BATCH
            try:
                taken = step(self._store, self._log, consumer, self._clock(), limit)
            except (ConflictError, StoreUnavailableError) as error:
                logger.warning("consumer.retry", consumer=consumer.name, why=str(error))
                self._stop.wait(FAULT_SECONDS)
                continue
            except StoreClosedError:
                return
            except Exception:
                # The cursor has not moved: nothing is skipped, and doctor shows the lag.
                logger.exception("consumer.failed", consumer=consumer.name)
                self._stop.wait(FAULT_SECONDS)
                continue
            if not taken:
                wake.wait(SOON_SECONDS if soon > 0 else POLL_SECONDS)
                soon -= 1


def drain(store: Store, log: EmbeddedLog, consumers: list[Consumer], clock: Callable[[], Instant]) -> int:
    """Run all consumers in this thread until none has anything to do. Returns the events taken."""
    names, total = [consumer.name for consumer in consumers], 0
    while late := store.read_now(lambda tx: log.late(tx, names)):
        total += sum(step(store, log, consumer, clock()) for consumer in consumers if consumer.name in late)
    return total


def system_clock() -> Instant:
    """Now."""
    return Instant(time.time_ns() // 1_000_000)
