"""What arrives together is kept together; what cannot be kept harms nobody else. On both databases."""

import asyncio

import pytest
from sqlalchemy import select

from earful.channels.contract import RawDelivery
from earful.intake.keeper import MOST, DeliveryKeeper
from earful.log.runner import system_clock
from earful.store.errors import StoreClosedError
from earful.store.tables import deliveries
from tests.conftest import Desk


def delivery(number: int, native_id: str = "") -> RawDelivery:
    return RawDelivery(
        transport="webhook", body=f"{number}".encode(), native_delivery_id=native_id, verified_by="test"
    )


def test_a_flood_is_kept_once_and_one_that_cannot_be_kept_harms_nobody(desk: Desk) -> None:
    read: list[bool] = []
    count = 2 * MOST + 7

    async def story() -> list[BaseException | None]:
        keeper = DeliveryKeeper(desk.store, system_clock, lambda: read.append(True))
        work = [keeper.keep(desk.channel, delivery(number)) for number in range(count)]
        work.insert(3, keeper.keep("no such channel", delivery(-1)))
        work += [
            keeper.keep(desk.channel, delivery(-2, "same")),
            keeper.keep(desk.channel, delivery(-2, "same")),
        ]
        return await asyncio.gather(*work, return_exceptions=True)

    ended = asyncio.run(story())
    assert [at for at, one in enumerate(ended) if one is not None] == [3]
    rows = desk.store.read_now(
        lambda tx: tx.rows(select(deliveries.c.body, deliveries.c.state).order_by(deliveries.c.seq))
    )
    kept = [bytes(row["body"]) for row in rows if row["state"] == "waiting"]
    assert sorted(kept) == sorted([*(f"{number}".encode() for number in range(count)), b"-2"])
    assert 1 <= len(read) < count


def test_who_waits_hears_that_nothing_was_kept(desk: Desk) -> None:
    async def story() -> None:
        keeper = DeliveryKeeper(desk.store, system_clock, lambda: None)
        desk.store.close()
        with pytest.raises(StoreClosedError):
            await keeper.keep(desk.channel, delivery(1))

    asyncio.run(story())
