"""What every event log promises: order, nothing skipped, cursor and effects together."""

import threading

import pytest

from earful.log.contract import Batch, Event, NewEvent, Position
from earful.log.embedded import EmbeddedLog
from earful.log.runner import step
from earful.store.errors import ConflictError
from earful.store.store import Store
from earful.store.tx import Tx

LOG = EmbeddedLog()


def event(subject: str) -> NewEvent:
    return NewEvent(type="test", subject=subject, at=1)


def append(store: Store, *subjects: str) -> None:
    store.write_now(lambda tx: LOG.append(tx, [event(subject) for subject in subjects]))


def take(store: Store, consumer: str, limit: int = 100) -> list[str]:
    batch = store.read_now(lambda tx: LOG.read(tx, consumer, limit))
    if batch is None:
        return []
    store.write_now(lambda tx: LOG.done(tx, batch, 1))
    return [one.subject for one in batch.events]


def test_each_consumer_reads_everything_in_order_at_its_own_pace(store: Store) -> None:
    append(store, "a", "b", "c")
    assert take(store, "one", 2) == ["a", "b"]
    append(store, "d")
    assert take(store, "one") == ["c", "d"]
    assert take(store, "one") == []
    assert take(store, "two") == ["a", "b", "c", "d"]


def test_an_event_exists_exactly_when_its_cause_does(store: Store) -> None:
    def fails(tx: Tx) -> None:
        LOG.append(tx, [event("ghost")])
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.write_now(fails)
    append(store, "real")
    assert take(store, "one") == ["real"]


def test_a_batch_taken_twice_counts_once(store: Store) -> None:
    append(store, "a")
    batch = store.read_now(lambda tx: LOG.read(tx, "one", 10))
    assert batch is not None
    store.write_now(lambda tx: LOG.done(tx, batch, 1))
    with pytest.raises(ConflictError):
        store.write_now(lambda tx: LOG.done(tx, batch, 1))


def test_a_consumer_that_fails_stays_where_it_was(store: Store) -> None:
    class Clumsy:
        name = "clumsy"
        types = frozenset({"test"})
        fails = True

        def __init__(self) -> None:
            self.seen: list[str] = []

        def prepare(self, tx: Tx, events: list[Event]) -> None:
            return None

        def apply(self, tx: Tx, events: list[Event], prepared: None, now: int) -> list[NewEvent]:
            if self.fails:
                raise RuntimeError("no")
            self.seen += [one.subject for one in events]
            return []

    append(store, "a", "b")
    clumsy = Clumsy()
    with pytest.raises(RuntimeError):
        step(store, LOG, clumsy, 1)
    clumsy.fails = False
    assert step(store, LOG, clumsy, 1) == 2
    assert clumsy.seen == ["a", "b"]
    assert step(store, LOG, clumsy, 1) == 0


def test_nothing_is_skipped_while_eight_writers_append(store: Store) -> None:
    """A plain `seq > cursor` loses a quarter of the events here on PostgreSQL."""
    writers, each = 8, 60
    finished = threading.Event()

    def write(writer: int) -> None:
        with store.engine.connect() if store.path is None else Nothing() as conn:
            for number in range(each):
                if conn is None:
                    append(store, f"{writer}-{number}")
                else:
                    # Straight on the engine: more writers than the store's own.
                    with conn.begin():
                        LOG.append(Tx(conn), [event(f"{writer}-{number}")])

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    seen: list[str] = []

    def read() -> None:
        while not finished.is_set():
            seen.extend(take(store, "reader", 7))

    reader = threading.Thread(target=read)
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finished.set()
    reader.join()
    while more := take(store, "reader"):
        seen.extend(more)
    assert len(seen) == writers * each
    assert len(set(seen)) == writers * each
    for writer in range(writers):
        own = [int(name.split("-")[1]) for name in seen if name.startswith(f"{writer}-")]
        assert own == sorted(own)


def test_a_new_consumer_can_start_at_the_end(store: Store) -> None:
    append(store, "old")
    store.write_now(lambda tx: LOG.place(tx, "late", LOG.end(tx), 1))
    if store.path is None:
        # On PostgreSQL the end is the newest place below every open transaction, the own one included.
        end = store.read_now(LOG.end)
        store.write_now(lambda tx: LOG.place(tx, "late", end, 1))
    append(store, "new")
    assert take(store, "late") == ["new"]


@pytest.mark.parametrize("place", [Position(), Position(3, 9)])
def test_a_place_can_be_written_down(place: Position) -> None:
    assert Position.parse(str(place)) == place


def test_a_batch_says_between_which_places_it_lies(store: Store) -> None:
    append(store, "a", "b")
    batch = store.read_now(lambda tx: LOG.read(tx, "one", 10))
    assert isinstance(batch, Batch)
    assert batch.before == Position()
    assert batch.after > batch.before


class Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
