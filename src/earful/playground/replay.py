"""The demo goes on: further messages come in, and customers answer when an agent has written to them.

Everything takes the way of a real message: accepted, logged, rated, threaded. Chance and waiting are given
from outside, so that tests need neither.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import Random

import msgspec
import structlog
from sqlalchemy import select

from earful.channels.contract import RawDelivery, Reply, Sent
from earful.desk.channels import service as channels
from earful.intake import service as intake
from earful.model.message import Actor, IncomingMessage, MessageKind, Network, Visibility
from earful.model.rating import Rating
from earful.model.time import moment
from earful.playground import story as telling
from earful.playground.connector import PlaygroundConnector
from earful.playground.later import Next, choose, read_answers, read_next
from earful.playground.messages import COMMENTED, OWN_KIND, incoming
from earful.playground.story import Say
from earful.store.tables import channels as channels_table
from earful.store.tables import messages, outbox, ratings
from earful.store.tx import Row, Tx
from earful.wiring import PLAYGROUND, Earful

logger = structlog.get_logger()
Sleep = Callable[[float], Awaitable[None]]
ANSWER_SECONDS = (12.0, 30.0)
_rating = msgspec.json.Decoder(Rating)


async def replay(
    earful: Earful, stop: asyncio.Event, *, random: Random | None = None, sleep: Sleep = asyncio.sleep
) -> None:
    """Play the customers of a loaded demo until `stop` is set. Start it when the channels run."""
    players = Players(earful, random or Random(), sleep)  # noqa: S311 - a play, not a secret
    players.attach()
    await players.run(stop)


def gaps(random: Random) -> Iterator[float]:
    """Seconds between messages: quick at first, so that whoever just opened the demo sees it live."""
    yield 8.0
    yield 12.0
    passed = 20.0
    while True:
        gap = random.uniform(9, 15) if passed < 60 else random.uniform(15, 60)
        passed += gap
        yield gap


class Players:
    """The customers."""

    def __init__(self, earful: Earful, random: Random, sleep: Sleep) -> None:
        self._earful, self._random, self._sleep = earful, random, sleep
        self._story = telling.read()
        self._next = read_next(self._story.people, self._story.root_of)
        self._answers = read_answers()
        self._used: set[str] = set()
        self._places: dict[Network, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False

    def attach(self) -> None:
        """Hear of the replies that go out, on channels that run already and on those to come."""
        self._earful.on_demo_reply = self.on_reply
        for connector in self._earful.receiver.connectors.values():
            if isinstance(connector, PlaygroundConnector):
                connector.on_reply = self.on_reply

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is still to come, one after the other; then go on answering until `stop` is set."""
        self._places = await self._earful.store.read(_places)
        known = await self._earful.store.read(_known)
        waits = gaps(self._random)
        try:
            for number, one in enumerate(self._next, start=1):
                # After a restart the play goes on where it was.
                if f"live-{number}" in known or one.on not in self._places:
                    continue
                if not await self._pause(next(waits), stop):
                    return
                await self._accept(self._places[one.on], self._say(number, one))
            await stop.wait()
        finally:
            self._stopped = True
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def on_reply(self, reply: Reply, proof: Sent) -> None:
        """An agent's reply went out: its customer will answer, or not. Returns at once."""
        if self._stopped:
            return
        task = asyncio.create_task(self._answer(reply, proof))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until nobody is about to answer."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pause(self, seconds: float, stop: asyncio.Event) -> bool:
        """Wait; False when `stop` was set meanwhile."""
        waits = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(stop.wait())]
        _, late = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for one in late:
            one.cancel()
        return not stop.is_set()

    def _say(self, number: int, one: Next) -> IncomingMessage:
        say = Say(
            at="-0m", id=f"live-{number}", on=one.on, by=one.by, text=one.text, to=one.to, subject=one.subject,
            files=one.files, metrics=one.metrics, lang=one.lang,
        )  # fmt: skip
        self._story.root_of[say.id] = self._story.root_of.get(one.to, say.id)
        return incoming(self._story, say, self._earful.clock())

    async def _answer(self, reply: Reply, proof: Sent) -> None:
        try:
            await self._sleep(self._random.uniform(*ANSWER_SECONDS))
            about = await self._earful.store.read(lambda tx: _about(tx, reply.client_id))
            if about is None:
                return
            rating = _rating.decode(about["data"]) if about["data"] else None
            answer = choose(
                self._answers,
                self._used,
                kind=rating.kind if rating else "other",
                topic=rating.topic if rating else "other",
                lang=rating.language if rating else "en",
                random=self._random,
            )
            if answer is None:
                return
            self._used.add(answer.text)
            network = Network(about["network"])
            await self._accept(about["channel_id"], self._answering(reply, proof, network, answer.text))
        except Exception:
            # A customer of the demo who falls silent harms nothing; the reply itself is out.
            logger.exception("playground.answer_failed", reply=reply.client_id)

    def _answering(self, reply: Reply, proof: Sent, network: Network, text: str) -> IncomingMessage:
        kind = MessageKind.COMMENT if network in COMMENTED else MessageKind.REPLY
        if reply.audience is Visibility.DIRECT:
            kind = MessageKind.DM
        kind = OWN_KIND.get(network, kind)
        return IncomingMessage(
            native_id=f"answer-{reply.client_id}",
            namespace=reply.to.namespace,
            occurred_at=moment(self._earful.clock()),
            author=Actor(
                native_id=reply.to.author_native_id,
                handle=reply.to.author_handle,
                name=reply.to.author_name,
            ),
            text=text,
            kind=kind,
            visibility=reply.audience,
            subject=reply.subject,
            thread=proof.thread,
            parent_id=proof.native_id,
        )

    async def _accept(self, channel_id: str, message: IncomingMessage) -> None:
        raw = RawDelivery(transport="webhook", body=msgspec.json.encode(message), verified_by=PLAYGROUND)
        verb = intake.accept(self._earful.log, channel_id, raw, [message], self._earful.clock())
        await self._earful.store.write(verb)


def _places(tx: Tx) -> dict[Network, str]:
    """Simulated channels that are switched on."""
    return {
        channel.network: channel.id
        for channel in channels.listed(tx)
        if channel.enabled and channel.settings.get(PLAYGROUND)
    }


def _known(tx: Tx) -> set[str]:
    query = select(messages.c.native_id).where(messages.c.native_id.like("live-%"))
    return {row["native_id"] for row in tx.rows(query)}


def _about(tx: Tx, reply_id: str) -> Row | None:
    """What a reply answers: its channel, network and rating."""
    query = (
        select(outbox.c.channel_id, channels_table.c.network, ratings.c.data)
        .join(channels_table, channels_table.c.id == outbox.c.channel_id)
        .join(ratings, ratings.c.message_id == outbox.c.in_reply_to, isouter=True)
        .where(outbox.c.id == reply_id)
    )
    return tx.row(query)
