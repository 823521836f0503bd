"""Consumers at work: woken by commits, patient with faults, never skipping, and stopped cleanly."""

import threading
from collections.abc import Callable
from typing import Any

from earful.log.contract import Event, NewEvent
from earful.log.embedded import EmbeddedLog
from earful.log.runner import Runner, drain, step, system_clock
from earful.model.time import Instant
from earful.store.store import Store
from earful.store.tx import Tx
from tests.servers.process import wait_until

LOG = EmbeddedLog()


class Reader:
    """Remembers what it took; `fault` may make a step fail."""

    def __init__(
        self, name: str = "reader", makes: str = "", fault: Callable[[list[Event]], None] = lambda _: None
    ) -> None:
        self.name = name
        self.types = frozenset({"test"})
        self.taken: list[str] = []
        self._makes = makes
        self._fault = fault

    def prepare(self, tx: Tx, events: list[Event]) -> list[str]:
        return [event.subject for event in events]

    def apply(self, tx: Tx, events: list[Event], prepared: Any, now: Instant) -> list[NewEvent]:
        self._fault(events)
        tx.after_commit(lambda: self.taken.extend(prepared))
        return [NewEvent(type=self._makes, subject=name, at=now) for name in prepared] if self._makes else []


def append(store: Store, *subjects: str, type_: str = "test") -> None:
    store.write_now(
        lambda tx: LOG.append(tx, [NewEvent(type=type_, subject=name, at=1) for name in subjects])
    )


def test_a_consumer_takes_what_comes_while_it_runs(store: Store) -> None:
    reader = Reader()
    append(store, "before")
    runner = Runner(store, LOG, [reader], system_clock)
    runner.start()
    try:
        for number in range(30):
            append(store, f"n{number}")
        wait_until(lambda: len(reader.taken) == 31, "the consumer", 20)
    finally:
        runner.stop()
    assert reader.taken == ["before", *(f"n{number}" for number in range(30))]


def test_without_being_woken_it_looks_by_itself(sqlite_store: Store) -> None:
    reader = Reader()
    runner = Runner(sqlite_store, LOG, [reader], system_clock)
    runner.start()
    try:
        announced = [NewEvent(type="test", subject="unannounced", at=1)]
        sqlite_store.write_now(lambda tx: EmbeddedLog().append(tx, announced))  # as another process does
        wait_until(lambda: reader.taken == ["unannounced"], "the consumer", 20)
    finally:
        runner.stop()


def test_a_consumer_that_fails_holds_up_nobody_and_goes_on_where_it_was(store: Store) -> None:
    broken = threading.Event()
    broken.set()

    def fault(_events: list[Event]) -> None:
        if broken.is_set():
            raise RuntimeError("no")

    clumsy, steady = Reader("clumsy", fault=fault), Reader("steady")
    runner = Runner(store, LOG, [clumsy, steady], system_clock)
    runner.start()
    try:
        append(store, "a", "b")
        wait_until(lambda: steady.taken == ["a", "b"], "the steady one", 20)
        assert clumsy.taken == []
        assert store.read_now(lambda tx: LOG.behind(tx, "clumsy")) == 2
        broken.clear()
        wait_until(lambda: clumsy.taken == ["a", "b"], "the clumsy one", 20)
    finally:
        runner.stop()


def test_what_a_consumer_says_is_heard_by_the_next(store: Store) -> None:
    class Echo(Reader):
        def __init__(self) -> None:
            super().__init__("echo")
            self.types = frozenset({"echo"})

    first, second = Reader(makes="echo"), Echo()
    append(store, "a", "b")
    drain(store, LOG, [first, second], system_clock)
    assert second.taken == ["a", "b"]


def test_other_types_only_move_the_cursor(store: Store) -> None:
    reader = Reader()
    append(store, "noise", type_="other")
    assert step(store, LOG, reader, Instant(1)) == 1
    assert reader.taken == []
    assert step(store, LOG, reader, Instant(1)) == 0


def test_two_runners_of_one_consumer_take_each_event_once(store: Store) -> None:
    """As when an old process still finishes while the new one starts: one loses, nothing is done twice."""
    left, right = Reader(), Reader()
    runners = [Runner(store, LOG, [left], system_clock), Runner(store, LOG, [right], system_clock)]
    for runner in runners:
        runner.start()
    try:
        for number in range(40):
            append(store, f"n{number}")
        wait_until(lambda: len(left.taken) + len(right.taken) >= 40, "both", 30)
    finally:
        for runner in runners:
            runner.stop()
    assert sorted(left.taken + right.taken) == sorted(f"n{number}" for number in range(40))


def test_stopping_is_quick_also_when_nothing_happens(sqlite_store: Store) -> None:
    runner = Runner(sqlite_store, LOG, [Reader(), Reader("other")], system_clock)
    runner.start()
    done = threading.Thread(target=runner.stop)
    done.start()
    done.join(10)
    assert not done.is_alive()
