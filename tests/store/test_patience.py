"""Patient verbs let those go first that somebody waits for, and still have their turn."""

import threading
from collections.abc import Callable

from earful.store.store import Store
from earful.store.tx import Tx


def test_who_is_waited_for_goes_first(sqlite_store: Store) -> None:
    order: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Tx) -> None:
        begun.set()
        go_on.wait(10)

    def note(what: str) -> Callable[[Tx], None]:
        return lambda _: order.append(what)

    held = sqlite_store.submit(hold)
    begun.wait(10)
    patient = sqlite_store.submit(note("consumer"), patient=True)
    urgent = sqlite_store.submit(note("delivery"))
    go_on.set()
    for future in (held, patient, urgent):
        future.result(10)
    assert order == ["delivery", "consumer"]


def test_a_patient_verb_has_its_turn_in_a_flood(sqlite_store: Store) -> None:
    done = threading.Event()

    def again(_: Tx) -> None:
        if not done.is_set():
            sqlite_store.submit(again)

    sqlite_store.submit(again)
    sqlite_store.submit(lambda _: done.set(), patient=True).result(10)
    assert done.is_set()


def test_closing_keeps_what_is_queued(sqlite_store: Store) -> None:
    futures = [sqlite_store.submit(lambda _: 1, patient=bool(at % 2)) for at in range(20)]
    sqlite_store.close()
    assert [future.result(10) for future in futures] == [1] * 20
