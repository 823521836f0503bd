"""Live answers: an open page is told what is said, from where it stopped, and ends with the desk."""

import asyncio

from earful.desk.chat import service
from earful.desk.chat.rooms import Rooms
from tests.desk.chat.visitor import Visitor, connect
from tests.served import Served


def test_an_open_page_is_told_what_comes_and_nothing_twice(served: Served) -> None:
    channel, ana, ben = connect(served), Visitor(served), Visitor(served)
    ana.write("One")
    ben.write("Somebody else")
    parts = served.earful.parts
    visitor = served.store.read_now(lambda tx: service.known(tx, channel.id, ana.key, served.now()))
    assert visitor is not None

    async def story() -> None:
        rooms, stop = Rooms(parts), asyncio.Event()
        running = asyncio.create_task(rooms.run(stop))
        page = rooms.follow(visitor, 0)
        assert b"retry" in await anext(page)
        first = await anext(page)
        assert (b'"text":"One"' in first, b"Somebody else" in first) == (True, False)
        coming = asyncio.create_task(anext(page))
        await asyncio.to_thread(ana.write, "Two")
        told = await asyncio.wait_for(coming, 30)
        assert (b'"text":"Two"' in told, b'"text":"One"' in told) == (True, False)
        place = int(told.partition(b"id: ")[2].partition(b"\n")[0])
        again = rooms.follow(visitor, place)
        await anext(again)
        assert b'"text":"Two"' in await anext(again)
        stop.set()
        await running
        for stream in (page, again):
            assert [frame async for frame in stream if b"event: line" in frame] == []

    asyncio.run(story())
