"""One desk and the simulated networks, on loopback in this process, driven step by step with a clock that tests move.

Requests between them are real HTTP; what a running desk does by itself (read, thread, send, look) happens here when a
test says so, so that every run sees the same steps.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from sqlalchemy import Select, select

from earful.channels import registry
from earful.channels.kit.media import known
from earful.config import Settings
from earful.desk.attaching import service as attaching
from earful.desk.automation import service as automation
from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.channels import service as channels
from earful.intake.ledger import service as ledger
from earful.log.runner import drain
from earful.model.ids import new_id
from earful.model.message import Network, Visibility
from earful.model.time import HOUR, Instant
from earful.outbox import service as outbox_service
from earful.outbox.wire import Draft
from earful.playground.networks.app import Networks
from earful.playground.networks.app import build as build_networks
from earful.playground.networks.simulator import Simulator
from earful.playground.networks.world import Said
from earful.playground.show import tell_where
from earful.store.audit import EARFUL, Who
from earful.store.tables import case_tags, messages, outbox
from earful.store.tables import channels as channel_table
from earful.store.tx import Row, Tx
from earful.web.app import build
from earful.wiring import Earful
from tests.conformance.networks.mail import MailSimulator
from tests.conformance.networks.visitors import Visitors
from tests.served import _idle
from tests.servers.earful import prepare
from tests.servers.process import free_port

T = TypeVar("T")
PATIENCE = 20.0
AUTOMATIC = "automatic"
"""What the rule of a town with a past puts on every case that opens."""


class Town:
    """A desk with one channel on a simulated network, or on several: the first is what most of this is about."""

    def __init__(
        self,
        folder: Path,
        network: Network,
        *others: Network,
        own: Callable[["Town"], Visitors | MailSimulator] | None = None,
        past: str = "",
    ) -> None:
        """`own` makes the simulator of a network that the playground has none of. `past`: what a customer of the first
        network said long before the desk listened to it, with a rule that acts on everything that is new."""
        self.network = network
        self.ahead = 0
        desk_port, networks_port = free_port(), free_port()
        # Behind a proxy, so that every visitor of the chat has an address of their own.
        self.settings = Settings(
            data=str(folder), host="127.0.0.1", port=desk_port, proxies=1, allow_private_addresses=True
        )
        self._own = [own(self)] if own is not None else []
        self.networks = Networks(f"http://127.0.0.1:{networks_port}", self.now, *self._own)
        self.simulator: Simulator = self.networks.simulators[network]
        self.earful = Earful(self.settings, self.now, pace=0.02)
        self.consumers = self.earful.consumers()
        self.made = prepare(self.earful.store, self.earful.vault, channel="")
        self.past = self._had_a_past(past) if past and self.simulator.has_past else None
        self.channel_ids = {one: self._connect(one) for one in (network, *others)}
        self.channel_id = self.channel_ids[network]
        self.name = f"brand-{network.value}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[uvicorn.Server] = []
        self._serve(build_networks(self.networks), networks_port)
        self._serve(build(self.earful.parts, _idle, setup_code="code"), desk_port)
        self._stop = asyncio.Event()
        self._receiving = asyncio.run_coroutine_threadsafe(self.earful.receiver.run(self._stop), self._loop)
        self.until(lambda: set(self.channel_ids.values()) <= set(self.earful.receiver.connectors))
        self.until(self._are_alive)
        self.until(lambda: all(self.networks.simulators[one].knows_where for one in self.channel_ids))

    def close(self) -> None:
        """Stop everything."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._receiving.result(30)
        for server in self._servers:
            server.should_exit = True
        for one in self._own:
            one.leave()
        self.until(lambda: not any(one.started for one in self._servers if not one.should_exit))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self.earful.store.close()

    def now(self) -> Instant:
        """The time here."""
        return Instant(time.time_ns() // 1_000_000 + self.ahead)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop of the town."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def until(self, holds: Any, seconds: float = PATIENCE) -> None:
        """Wait for what must come; fail when it does not."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"it did not come; {self._standing()}"
            time.sleep(0.005)

    def rows(self, query: Select[Any]) -> list[Row]:
        """Rows of the desk's database."""
        return self.earful.store.read_now(lambda tx: tx.rows(query))

    def settle(self) -> None:
        """Everything that was said has arrived, was read, threaded and rated."""
        self.until(lambda: self.networks.pusher.idle)
        while self.earful.reader.read_some():
            pass
        drain(self.earful.store, self.earful.log, self.consumers, self.now)

    def arrived(self, *ids: str) -> None:
        """Wait until these native ids are kept: pushed or asked for, each in its own time."""

        def are_kept() -> bool:
            self.settle()
            return set(ids) <= {row["native_id"] for row in self.kept()}

        self.until(are_kept)
        # What is asked for comes at any time, also between the reading and the look.
        self.settle()

    def kept(self, network: Network | None = None) -> list[Row]:
        """The messages of a network's channel as the desk has them, oldest first."""
        channel_id = self.channel_ids[network or self.network]
        return self.rows(select(messages).where(messages.c.channel_id == channel_id).order_by(messages.c.seq))

    def message(self, native_id: str, network: Network | None = None) -> Row:
        """One message of a channel."""
        channel_id = self.channel_ids[network or self.network]
        found = self.rows(
            select(messages).where(messages.c.channel_id == channel_id, messages.c.native_id == native_id)
        )
        assert len(found) == 1, f"{len(found)} messages have the id {native_id}"
        return found[0]

    def answer(
        self,
        native_id: str,
        text: str,
        audience: Visibility | None = None,
        network: Network | None = None,
        files: Sequence[tuple[str, bytes, str]] = (),
    ) -> str:
        """An agent answers a message, with files (name, content, what it shows); returns the reply's id. It is queued,
        and not sent yet."""
        row = self.message(native_id, network)
        can = self.earful.receiver.connectors[row["channel_id"]].capabilities
        reply_id = new_id(self.now())
        who = Who(id=self.made.admin, name="Kim Doe")
        draft = Draft(
            id=reply_id,
            in_reply_to=row["id"],
            audience=audience or Visibility(row["visibility"]),
            text=text,
            files=[self.put(who, row["case_id"], *one) for one in files],
        )
        self.earful.store.write_now(
            lambda tx: outbox_service.queue(tx, self.earful.log, who, draft, can, self.now())
        )
        return reply_id

    def put(self, who: Who, case_id: str, name: str, content: bytes, alt: str) -> str:
        """An agent puts a file to their draft; returns its id."""
        found, digest = known(content), self.earful.files.put(content)

        def verb(tx: Tx) -> str:
            made = attaching.add(tx, who, case_id, name, found, digest, self.now())
            attaching.describe(tx, who, made.id, alt, self.now())
            return made.id

        return self.earful.store.write_now(verb)

    def _had_a_past(self, text: str) -> Said:
        world = self.simulator.world
        self.ahead = -6 * HOUR
        said = world.say(world.customer("oldtimer"), text, private=not self.simulator.has_public)
        self.ahead = 0
        self.simulator.unheard()
        acts = (Act(act=Do.TAG, value=AUTOMATIC),)
        rule = Rule(id="greet", name="Greet", on=(On.OPENED,), when={"all": []}, acts=acts)
        self.earful.store.write_now(
            lambda tx: automation.save(tx, self.earful.log, EARFUL, [rule], self.now())
        )
        return said

    def reply(self, reply_id: str) -> Row:
        """A reply as the outbox has it."""
        return self.rows(select(outbox).where(outbox.c.id == reply_id))[0]

    def send(self, *, seconds: int = 60) -> None:
        """Let time pass and do what is due then: send, or look for what may be out."""
        with self.sending(seconds=seconds):
            pass

    @contextlib.contextmanager
    def sending(self, *, seconds: int = 60) -> Iterator[None]:
        """The same, with what is to happen while it is on its way; in the end it is done."""
        self.ahead += seconds * 1000

        async def due() -> None:
            for reply_id, state in await self.earful.sender.due(self.now()):
                await self.earful.sender.one(reply_id, state)

        under_way = asyncio.run_coroutine_threadsafe(due(), self._loop)
        yield
        under_way.result(60)
        for one in self._own:
            one.look()
        self.settle()

    @contextlib.contextmanager
    def late_answer(self) -> Iterator[None]:
        """The network does what it is asked to, and answers only when this ends."""
        answering = self.simulator.knobs.answering
        self._loop.call_soon_threadsafe(answering.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(answering.set)

    def fetch_history(self) -> None:
        """An admin asks the channel for what is older."""
        self.earful.store.write_now(
            lambda tx: ledger.ask(tx, EARFUL, self.channel_id, "backfill", None, self.now())
        )

    def tags(self, native_id: str) -> list[str]:
        """The tags of the case that a message is in; none where it is in no case."""
        case_id = self.message(native_id)["case_id"]
        return [
            row["tag"] for row in self.rows(select(case_tags.c.tag).where(case_tags.c.case_id == case_id))
        ]

    def reconnect(self, network: Network) -> None:
        """An admin connects a network's channel anew, as they do when its consent was taken back."""
        for on in (False, True):
            self.earful.store.write_now(
                lambda tx, on=on: channels.switch(
                    tx, EARFUL, self.channel_ids[network], on=on, now=self.now()
                )
            )
            self.run(self.earful.receiver.bring_up_to_date())

    def trouble(self) -> str:
        """What the channel says is wrong."""
        return str(
            self.rows(select(channel_table).where(channel_table.c.id == self.channel_id))[0]["trouble"]
        )

    def _standing(self) -> str:
        pusher = self.networks.pusher
        told = "everything was pushed" if pusher.idle else "pushes are under way"
        return f"the channel says {self.trouble()!r}; {told}, refused {pusher.refused[-3:]}"

    def _are_alive(self) -> bool:
        wanted = channel_table.c.id.in_(self.channel_ids.values())
        return all(row["last_alive_at"] is not None for row in self.rows(select(channel_table).where(wanted)))

    def _connect(self, network: Network) -> str:
        simulator = self.networks.simulators[network]
        wiring = simulator.wiring()
        name = f"brand-{network.value}"

        def connect(tx: Tx) -> str:
            made = channels.create(
                tx,
                self.earful.vault,
                EARFUL,
                network=network,
                name=name,
                handle=simulator.world.brand.handle,
                settings=wiring.settings,
                secrets=wiring.secrets,
                account=registry.account(network, wiring.settings),
                now=self.now(),
            )
            tell_where(tx, self.earful, simulator, name)
            return made.id

        return self.earful.store.write_now(connect)

    def _serve(self, app: Any, port: int) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="warning", lifespan="on", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        self._servers.append(server)
        asyncio.run_coroutine_threadsafe(server.serve(), self._loop)
        self.until(lambda: server.started)
