"""State and events give the same page as a fresh load, for every event; and no event is missed."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select

from earful.desk.cases import service as cases
from earful.log.contract import NewEvent, Position
from earful.model.time import HOUR
from earful.outbox.rules import UNDO
from earful.outbox.sender import Sender
from earful.store.tables import events, messages, outbox
from earful.web.live import REPLAY, Hub
from tests.served import Browser, Served, message

ROW = re.compile(r'<li class="row.*?</li>', re.DOTALL)
CASE = re.compile(r'data-case="([^"]+)"')
VIEWS = ("open", "mine", "unassigned", "waiting", "snoozed", "closed", "all")


def rows_of(page: str) -> dict[str, str]:
    """case id -> its row, without what ages by itself."""
    found = {}
    for row in ROW.findall(page):
        name = CASE.search(row)
        assert name is not None
        found[name.group(1)] = re.sub(r"<time.*?</time>", "", row)
    return found


class Page:
    """The list of a view as a browser keeps it: loaded once, then changed by events alone."""

    def __init__(self, served: Served, browser: Browser, view: str) -> None:
        self._served, self._browser, self._view = served, browser, view
        self._place = served.store.read_now(served.earful.log.end)
        self.rows = self.fresh()

    def fresh(self) -> dict[str, str]:
        return rows_of(self._browser.get(f"/inbox/rows?view={self._view}").text)

    def catch_up(self) -> int:
        """Refetch the rows of the cases that events name; returns how many events there were."""
        log = self._served.earful.log
        self._place, told = self._served.store.read_now(lambda tx: log.told_after(tx, self._place, REPLAY))
        ids = sorted({one.case_id for one in told})
        if ids:
            found = rows_of(self._browser.get(f"/inbox/rows?view={self._view}&ids={','.join(ids)}").text)
            for case_id in ids:
                self.rows.pop(case_id, None)
            self.rows |= found
        return len(told)


class Story:
    """A case, and everything that can happen to it, one step after the other."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.agent = served.signed_in()
        served.say("The first one", by="zoe")
        self.said = message("My kettle leaks", by="ana")
        served.hook([self.said])
        served.settle()
        found = select(messages.c.id, messages.c.case_id).where(
            messages.c.native_id == self.said["native_id"]
        )
        row = served.rows(found)[0]
        self.message_id, self.case_id = str(row["id"]), str(row["case_id"])

    def act(self, path: str, **data: str) -> None:
        answer = self.agent.post(f"/cases/{self.case_id}/{path}", data=data, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.text[:300]

    def hear(self, **more: Any) -> None:
        said = self.said | more
        assert self.served.hook([said]).status_code == 202
        self.served.settle()

    def wake(self) -> None:
        self.served.ahead += 4 * HOUR
        woken = self.served.write(
            lambda tx: cases.wake_snoozed(tx, self.served.earful.log, self.served.now())
        )
        assert woken == 1

    def send(self) -> None:
        self.served.ahead += 2 * UNDO
        sender = Sender(
            self.served.store,
            self.served.earful.log,
            self.served.earful.receiver.connectors,
            self.served.now,
            read_file=self.served.earful.files.read,
        )

        async def turn() -> None:
            for reply_id, state in await sender.due(self.served.now()):
                await sender.one(reply_id, state)

        asyncio.run(turn())
        self.served.settle()

    def newest_reply(self) -> str:
        return str(self.served.value(select(outbox.c.id).order_by(outbox.c.queued_at.desc()).limit(1)))

    def cancel(self) -> None:
        answer = self.agent.post(f"/outbox/{self.newest_reply()}/cancel", headers={"hx-request": "true"})
        assert answer.status_code == 200

    def reply(self, text: str = "Sorry!") -> None:
        self.act("reply", text=text, audience="public", in_reply_to=self.message_id)


STEPS: list[tuple[str, Callable[[Story], None]]] = [
    ("a new customer", lambda s: s.hear(native_id="new", author={"native_id": "ben"}, text="Where is it?")),
    ("a reply in the case", lambda s: s.hear(native_id="more", parent_id=s.said["native_id"], text="Hello??")),
    ("an edit", lambda s: s.hear(native_id="more", text="Hello!?", change="edit", edited_at="2026-11-02T09:00:00Z")),
    ("assigned", lambda s: s.act("assign", assignee_id=s.served.made.admin)),
    ("tagged", lambda s: s.act("tags", add="leak")),
    ("untagged", lambda s: s.act("tags", remove="leak")),
    ("renamed", lambda s: s.act("title", title="The leaking kettle")),
    ("a note", lambda s: s.act("notes", text="for us")),
    ("waiting", lambda s: s.act("status", status="waiting")),
    ("snoozed", lambda s: s.act("snooze", until="3h")),
    ("woken by time", lambda s: s.wake()),
    ("a reply is queued", lambda s: s.reply()),
    ("and taken back", lambda s: s.cancel()),
    ("another is queued", lambda s: s.reply("Very sorry!")),
    ("and sent", lambda s: s.send()),
    ("closed", lambda s: s.act("close", outcome="claimed", note="done")),
    ("opened again", lambda s: s.act("reopen")),
    ("closed once more", lambda s: s.act("close", outcome="brushed_off")),
    ("undone", lambda s: s.act("restore", status="open", outcome="answered")),
    ("assigned to nobody", lambda s: s.act("assign", assignee_id="")),
    ("deleted", lambda s: s.hear(native_id="more", change="delete", occurred_at="2026-11-03T09:00:00Z")),
]  # fmt: skip


def test_state_and_events_are_the_fresh_state_for_every_event(served: Served) -> None:
    story = Story(served)
    pages = {view: Page(served, story.agent, view) for view in VIEWS}
    seen_types: set[str] = set()
    for name, step in STEPS:
        step(story)
        for view, page in pages.items():
            told = page.catch_up()
            assert told, f"{name}: nobody was told"
            assert page.rows == page.fresh(), f"after {name}, {view} differs from a fresh load"
        seen_types = {
            row["type"] for row in served.rows(select(events.c.type).where(events.c.case_id.is_not(None)))
        }
    assert seen_types == {
        "case.opened",
        "case.messages",
        "case.changed",
        "case.noted",
        "case.reply",
        "outcome.changed",
    }


async def gather(stream: AsyncIterator[bytes], enough: Callable[[str], bool]) -> str:
    text = ""
    async with asyncio.timeout(60):
        async for piece in stream:
            text += piece.decode()
            if enough(text):
                return text
    raise AssertionError(f"the stream ended: {text[-300:]}")


def append(served: Served, *subjects: str) -> None:
    new = [NewEvent(type="case.changed", subject=name, case_id=name, at=served.now()) for name in subjects]
    served.write(lambda tx: served.earful.log.append(tx, new))


def cases_in(text: str) -> list[str]:
    return re.findall(r'"case_id":"([^"]+)"', text)


def test_whoever_comes_back_gets_what_was_missed_then_what_comes(served: Served) -> None:
    append(served, "long-ago")
    place = served.store.read_now(served.earful.log.end)
    append(served, "missed-1", "missed-2")

    async def story() -> None:
        hub, stop = Hub(served.earful.parts), asyncio.Event()
        work = asyncio.create_task(hub.run(stop))
        stream = hub.follow(place)
        text = await gather(stream, lambda text: "missed-2" in text)
        assert cases_in(text) == ["missed-1", "missed-2"]
        await asyncio.to_thread(append, served, "new-1")
        text = await gather(stream, lambda text: "new-1" in text)
        last = re.findall(r"id: (\S+)", text)[-1]
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.to_thread(append, served, "away-1")
        again = hub.follow(Position.parse(last))
        assert cases_in(await gather(again, lambda text: "away-1" in text)) == ["away-1"]
        stop.set()
        await work

    asyncio.run(story())


def test_nothing_falls_between_replay_and_what_comes(served: Served) -> None:
    """Pages come and go while somebody writes all the time: each hears of everything since it was made."""

    async def story() -> None:
        hub, stop = Hub(served.earful.parts), asyncio.Event()
        work = asyncio.create_task(hub.run(stop))
        for turn in range(12):
            place = await served.store.read(served.earful.log.end)
            names = [f"turn{turn}-{number}" for number in range(8)]

            async def write(names: list[str] = names) -> None:
                for name in names:
                    await asyncio.to_thread(append, served, name)
                    await asyncio.sleep(0.01)

            writing = asyncio.create_task(write())
            await asyncio.sleep(0.011 * (turn % 5))
            stream = hub.follow(place)
            text = await gather(stream, lambda text, names=names: set(names) <= set(cases_in(text)))  # type: ignore[misc]
            assert not set(cases_in(text)) - set(names) - {f"turn{turn - 1}-{n}" for n in range(8)}
            await writing
            await stream.aclose()  # type: ignore[attr-defined]
        stop.set()
        await work

    asyncio.run(story())


def test_a_page_that_comes_before_the_reader_stands_misses_nothing(served: Served) -> None:
    """The reader's first look at the log may come late: what is written meanwhile must not fall behind it."""

    async def story() -> str:
        hub, stop = Hub(served.earful.parts), asyncio.Event()
        place = await served.store.read(served.earful.log.end)
        stream = hub.follow(place)
        await anext(stream)
        waiting = asyncio.create_task(gather(stream, lambda text: "late" in text))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(append, served, "late")
        work = asyncio.create_task(hub.run(stop))
        text = await waiting
        stop.set()
        await work
        return text

    assert cases_in(asyncio.run(story())) == ["late"]


def test_a_page_that_was_away_for_too_long_loads_again(small_served: Served) -> None:
    place = small_served.store.read_now(small_served.earful.log.end)
    append(small_served, *(f"c{number}" for number in range(REPLAY + 1)))

    async def story() -> str:
        hub, stop = Hub(small_served.earful.parts), asyncio.Event()
        work = asyncio.create_task(hub.run(stop))
        text = await gather(hub.follow(place), lambda text: "event: " in text)
        stop.set()
        await work
        return text

    assert "event: reload" in asyncio.run(story())


def test_a_slow_browser_is_told_to_load_again_and_holds_up_nobody(small_served: Served) -> None:
    async def story() -> None:
        hub, stop = Hub(small_served.earful.parts), asyncio.Event()
        stop.set()
        await hub.run(stop)
        slow = hub.follow(None)
        await anext(slow)
        waiting = asyncio.create_task(anext(slow))
        await asyncio.sleep(0)
        for number in range(2_000):
            hub.tell(f"event: case\ndata: {number}\n\n".encode())
        text = (await waiting).decode()
        text += await gather(slow, lambda text: "event: reload" in text)
        assert text.endswith("event: reload\ndata: {}\n\n")

    asyncio.run(story())


@pytest.mark.parametrize("after", ["x", "1", "1-", "-", "a-b"])
def test_a_place_that_is_none_is_refused(small_served: Served, after: str) -> None:
    answer = small_served.signed_in().get(f"/live?after={after}")
    assert answer.status_code == 400
