"""The live part of the demo: messages come in, and customers answer an agent. No test waits for a clock."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from earful.channels.contract import Reply, ReplyTarget, Sent
from earful.config import Settings
from earful.log.runner import drain
from earful.model.ids import new_id
from earful.model.message import Network, Visibility
from earful.model.time import MINUTE, SECOND, Instant, moment
from earful.outbox import leaving
from earful.outbox import service as outbox
from earful.playground.connector import PlaygroundConnector, capabilities
from earful.playground.later import Answer, choose, read_answers
from earful.playground.load import load
from earful.playground.replay import Players, gaps, replay
from earful.store.audit import Who
from earful.store.tables import cases as cases_table
from earful.store.tables import messages, ratings
from earful.store.tx import Row, Tx
from earful.wiring import Earful
from tests.conftest import NOW, fresh_sqlite

ANSWERS = read_answers()


class Time:
    """A clock that only sleepers move."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def clock(self) -> Instant:
        """The present."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.now = Instant(self.now + round(seconds * SECOND))
        await asyncio.sleep(0)


class Live:
    """A small story, loaded, with its clock."""

    def __init__(self, folder: Path) -> None:
        fresh_sqlite(folder)
        self.time = Time()
        self.earful = Earful(Settings(data=str(folder), brand="Brewline"), clock=self.time.clock)
        self.loaded = load(self.earful, NOW)

    def said(self, prefix: str) -> list[Row]:
        """Messages by the start of their native id, oldest first."""
        query = select(messages).where(messages.c.native_id.like(f"{prefix}%")).order_by(messages.c.seq)
        return self.earful.store.read_now(lambda tx: tx.rows(query))

    def settle(self) -> None:
        """Let every consumer finish."""
        drain(self.earful.store, self.earful.log, self.earful.consumers(), self.time.clock)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Loaded once; the tests of this file play on in it."""
    made = Live(tmp_path_factory.mktemp("live"))
    yield made
    made.earful.store.close()


def test_the_first_minute_is_quick_and_then_it_breathes() -> None:
    some = list(islice(gaps(Random(3)), 60))
    assert some[:2] == [8.0, 12.0]
    assert all(9 <= gap <= 15 for gap in some[2:5])
    assert all(15 <= gap <= 60 for gap in some[6:])
    assert max(some) - min(some[6:]) > 25


def test_messages_come_in_order_and_go_on_after_a_restart(live: Live) -> None:
    async def half() -> None:
        stop = asyncio.Event()

        async def sleep(seconds: float) -> None:
            await live.time.sleep(seconds)
            if len(live.time.slept) > 40:
                stop.set()

        await replay(live.earful, stop, random=Random(1), sleep=sleep)

    asyncio.run(half())
    first = live.said("live-")
    assert len(first) == 40
    live.time.slept.clear()

    async def rest() -> None:
        stop = asyncio.Event()

        async def sleep(seconds: float) -> None:
            await live.time.sleep(seconds)
            if len(live.time.slept) > 30:
                stop.set()

        await replay(live.earful, stop, random=Random(2), sleep=sleep)

    asyncio.run(rest())
    rows = live.said("live-")
    assert [row["native_id"] for row in rows] == [f"live-{number}" for number in range(1, 71)]
    times = [row["occurred_at"] for row in rows]
    assert times == sorted(times)
    assert times[0] == NOW + 8 * SECOND
    live.settle()
    assert all(row["case_id"] for row in live.said("live-"))


def test_replies_to_open_cases_join_them(live: Live) -> None:
    live.settle()
    parents = {row["native_id"]: row["case_id"] for row in live.said("") if row["case_id"]}
    follow = [row for row in live.said("live-") if row["parent_native_id"]]
    assert len(follow) >= 8
    for row in follow:
        assert row["case_id"] == parents[row["parent_native_id"]]


def _reply(live: Live, target: Row, at: Instant) -> tuple[Reply, Network]:
    """An agent answers; up to the moment in which the channel would take it."""
    network = next(name for name, place in live.loaded.channels.items() if place == target["channel_id"])
    can = capabilities(network)
    who = Who(id=live.loaded.users["lea"], name="Léa Moreau")
    draft = outbox.Draft(
        id=new_id(at),
        in_reply_to=target["id"],
        audience=Visibility(target["visibility"]),
        text="Thanks for telling us, we are on it.",
    )

    def write(tx: Tx) -> Reply:
        outbox.queue(tx, live.earful.log, who, draft, can, at)
        reply = leaving.claim(tx, live.earful.log, draft.id, can, at)
        assert reply is not None
        return reply

    return live.earful.store.write_now(write), network


def test_customers_answer_an_agent_on_the_same_thread(live: Live) -> None:
    query = (
        select(messages)
        .join(cases_table, cases_table.c.id == messages.c.case_id)
        .where(
            cases_table.c.status == "open", messages.c.direction == "inbound", messages.c.deleted_at.is_(None)
        )
        .where(messages.c.native_id.like("recent-%"))
    )
    open_messages = live.earful.store.read_now(lambda tx: tx.rows(query))
    targets = list({row["case_id"]: row for row in open_messages if row["kind"] != "call"}.values())[:60]
    at = Instant(live.time.now + MINUTE)
    live.time.now = at
    replies = [_reply(live, target, at) for target in targets]
    live.time.slept.clear()

    async def answer() -> None:
        players = Players(live.earful, Random(5), live.time.sleep)
        players.attach()
        hook = live.earful.on_demo_reply
        assert hook is not None
        for reply, network in replies:
            connector = PlaygroundConnector(network, hook)
            proof = await connector.send(reply)
            live.earful.store.write_now(
                lambda tx, reply=reply, proof=proof: outbox.sent(
                    tx, live.earful.log, reply.client_id, proof, at
                )  # type: ignore[misc]
            )
        await players.settled()

    asyncio.run(answer())
    live.settle()
    answers = live.said("answer-")
    # Two thirds answer; five standard deviations around it, so that chance does not fail the test.
    assert 0.35 * len(targets) < len(answers) < 0.97 * len(targets)
    assert all(12 <= slept <= 30 for slept in live.time.slept)
    case_of = {
        f"sent-{reply.client_id}": target["case_id"]
        for (reply, _), target in zip(replies, targets, strict=True)
    }
    for row in answers:
        assert row["case_id"] == case_of[row["parent_native_id"]]
    texts = Counter(row["text"] for row in answers)
    assert max(texts.values()) <= 2
    statuses = select(cases_table.c.status).where(cases_table.c.id.in_({row["case_id"] for row in answers}))
    assert {row["status"] for row in live.earful.store.read_now(lambda tx: tx.rows(statuses))} == {"open"}


def test_answers_keep_the_language_of_the_customer(live: Live) -> None:
    query = select(messages.c.text, ratings.c.data).join(ratings, ratings.c.message_id == messages.c.id)
    rows = live.earful.store.read_now(lambda tx: tx.rows(query.where(messages.c.native_id.like("answer-%"))))
    lang = {answer.text: answer.lang for answer in ANSWERS}
    assert {lang[row["text"]] for row in rows} > {"en", "de"}


def test_nobody_answers_after_the_end(live: Live) -> None:
    async def late() -> None:
        stop = asyncio.Event()
        stop.set()
        players = Players(live.earful, Random(1), live.time.sleep)
        await players.run(stop)
        await players.on_reply(_some_reply(), Sent(native_id="sent-1", occurred_at=moment(NOW)))
        await players.settled()

    live.time.slept.clear()
    before = len(live.said("answer-"))
    asyncio.run(late())
    assert len(live.said("answer-")) == before


def _some_reply() -> Reply:
    return Reply(
        client_id="nothing-known",
        text="Hello",
        audience=Visibility.PUBLIC,
        to=ReplyTarget(native_id="recent-1", visibility=Visibility.PUBLIC),
    )


def test_an_unknown_reply_is_met_with_silence(live: Live) -> None:
    async def ask() -> None:
        players = Players(live.earful, Random(1), live.time.sleep)
        await players.on_reply(_some_reply(), Sent(native_id="sent-1", occurred_at=moment(NOW)))
        await players.settled()

    asyncio.run(ask())
    assert not [row for row in live.said("answer-") if row["native_id"] == "answer-nothing-known"]


@pytest.mark.parametrize(
    "kind", ["complaint", "question", "request", "praise", "suggestion", "other", "unsure"]
)
@pytest.mark.parametrize("lang", ["en", "de", "fr", "es", "it", "nl", "pt", "und", "fi"])
def test_a_third_is_silent_and_the_rest_fits(kind: str, lang: str) -> None:
    random = Random(7)
    chosen = [choose(ANSWERS, set(), kind=kind, topic="defect", lang=lang, random=random) for _ in range(300)]
    said = [answer for answer in chosen if answer is not None]
    assert 0.25 < 1 - len(said) / len(chosen) < 0.42
    known = {answer.lang for answer in ANSWERS}
    assert {answer.lang for answer in said} == {lang if lang in known else "en"}
    asked = "question" if kind == "unsure" else kind
    assert not any(answer.kinds and asked not in answer.kinds for answer in said)
    if kind == "praise":
        assert {answer.mood for answer in said} == {"thanks"}
    if kind == "complaint":
        assert {answer.mood for answer in said} >= {"relieved", "broken"}


def test_lines_are_not_said_twice_while_there_are_others() -> None:
    random, used = Random(2), set[str]()
    told: list[Answer] = []
    while len(told) < 12:
        answer = choose(ANSWERS, used, kind="complaint", topic="delivery", lang="en", random=random)
        if answer is not None:
            told.append(answer)
            used.add(answer.text)
    assert len({answer.text for answer in told}) == 12


def test_the_rest_of_the_file_plays_to_its_end(live: Live) -> None:
    # Sleeps of the messages that came before are not slept again.
    live.time.slept.clear()
    known = len(live.said("live-"))

    async def play() -> None:
        stop = asyncio.Event()
        players = Players(live.earful, Random(4), live.time.sleep)
        task = asyncio.create_task(players.run(stop))
        while len(live.said("live-")) < len(players._next):  # noqa: ASYNC110 - nothing else to wait for
            await asyncio.sleep(0.01)
        stop.set()
        await task

    asyncio.run(play())
    assert len(live.time.slept) == len(live.said("live-")) - known
    live.settle()
    assert all(row["case_id"] for row in live.said("live-"))
