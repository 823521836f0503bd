"""Live answers: an open page is told what is said, from where it stopped, and ends with the desk."""

import asyncio

from sqlalchemy import select

from earful.desk.chat import service
from earful.desk.chat.rooms import Rooms
from earful.model.desk import Role
from earful.store.tables import cases
from earful.web.live import Hub
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


def test_both_sides_see_that_the_other_writes_and_nothing_is_kept(small_served: Served) -> None:
    served = small_served
    channel, ana = connect(served), Visitor(served)
    assert ana.ask("POST", "/writing", json={}).status_code == 401  # nobody is known before the first message
    ana.write("One")
    hub: Hub = served.app.state.hub
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    hub._listeners.add(heard)
    assert ana.ask("POST", "/writing", json={}).status_code == 204
    case_id = served.value(select(cases.c.id))
    assert heard.get_nowait() == f'event: visitor\ndata: {{"case_id":"{case_id}"}}\n\n'.encode()
    for _ in range(40):
        answer = ana.ask("POST", "/writing", json={})
    assert answer.status_code == 429
    visitor = served.store.read_now(lambda tx: service.known(tx, channel.id, ana.key, served.now()))
    assert visitor is not None
    rooms: Rooms = served.app.state.rooms
    agent = served.signed_in(Role.AGENT)

    async def story() -> None:
        page = rooms.follow(visitor, 0)
        await anext(page)
        assert b"event: writing" not in await anext(page)
        served.ahead += 1_000
        coming = asyncio.create_task(anext(page))
        await asyncio.sleep(0)
        told = await asyncio.to_thread(agent.post, f"/cases/{case_id}/chat/writing")
        assert told.status_code == 204
        rooms.writes(visitor.id)
        assert b"event: writing" in await asyncio.wait_for(coming, 30)
        rooms._wake(visitor.id)
        assert b"event: writing" not in await anext(page)
        await page.aclose()

    asyncio.run(story())
    assert rooms._writing == {}
