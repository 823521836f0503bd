"""Raw deliveries are evidence for a while, not an archive."""

from datetime import timedelta

from sqlalchemy import select

from earful.intake import service
from earful.model.message import Change, IncomingMessage
from earful.model.time import DAY
from earful.store.store import Store
from earful.store.tables import deliveries, messages
from tests.conftest import NOW, START, Desk, write


def bodies(store: Store) -> list[bytes]:
    return store.read_now(
        lambda tx: [row["body"] for row in tx.rows(select(deliveries).order_by(deliveries.c.seq))]
    )


def test_old_deliveries_lose_their_bytes_and_nothing_else(desk: Desk) -> None:
    desk.receive(write("m1"))
    desk.now = NOW + 40 * DAY
    desk.receive(write("m2"))
    purged = desk.store.write_now(lambda tx: service.purge(tx, NOW + 10 * DAY, desk.now))
    assert purged == 1
    assert bodies(desk.store) == [b"", b"{}"]
    rows = desk.store.read_now(lambda tx: tx.rows(select(messages)))
    assert {row["text"] for row in rows} == {"My kettle is broken"}
    assert desk.store.write_now(lambda tx: service.purge(tx, NOW + 10 * DAY, desk.now)) == 0


def test_a_deleted_message_takes_its_raw_bytes_along(desk: Desk) -> None:
    desk.receive(write("m1", "my card is 4111"))
    desk.receive(write("m2"), write("m3"))
    for name in ("m1", "m2"):
        gone = IncomingMessage(native_id=name, occurred_at=START + timedelta(hours=1), change=Change.DELETE)
        desk.receive(gone)
    # The second delivery carries another message too: it goes when its time is over.
    assert bodies(desk.store)[:2] == [b"", b"{}"]
