"""A double of the *network*: what was posted there, and how it behaves next. Nothing of ours is replaced."""

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from earful.channels.contract import (
    Capabilities,
    Inlet,
    Reply,
    SendPostponed,
    SendRefused,
    SendUnknown,
    Sent,
)
from earful.model.desk import SendState
from earful.model.message import Network, Visibility
from earful.outbox import service
from earful.outbox.sender import Sender
from earful.store.audit import Who
from earful.store.tables import messages, outbox
from earful.store.tx import Row
from tests.conftest import Desk, write

BOTH_WAYS = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=True,
    max_length=500,
    edits=False,
    deletes=False,
    idempotent_send=False,
)


class Crash(BaseException):
    """The process died here."""


class ScriptedNetwork:
    """Does what `script` says for each send, then everything well; answers truthfully what it has, when it can.

    Words: `take`, `postpone`, `refuse`, `lose` (posted, but the answer is lost), `drop` (not posted, and nobody
    knows), `crash-before`, `crash-after`. For looking: `tell` and `blind`.
    """

    network = Network.MASTODON
    capabilities = BOTH_WAYS

    def __init__(self, sends: list[str], looks: list[str]) -> None:
        self.sends = deque(sends)
        self.looks = deque(looks)
        self.posts: list[str] = []
        self.texts: list[str] = []
        self.audiences: list[Visibility] = []

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Nothing comes by itself."""

    async def send(self, reply: Reply) -> Sent:
        """See the class."""
        word = self.sends.popleft() if self.sends else "take"
        if word == "refuse":
            raise SendRefused("The account is suspended.")
        if word == "postpone":
            raise SendPostponed("Too many requests.", after_seconds=7)
        if word == "drop":
            raise SendUnknown("The connection broke.")
        if word == "crash-before":
            raise Crash
        self.posts.append(reply.client_id)
        self.texts.append(reply.text)
        self.audiences.append(reply.audience)
        if word == "lose":
            raise TimeoutError("no answer in time")
        if word == "crash-after":
            raise Crash
        return self._proof(reply)

    async def find(self, reply: Reply) -> Sent | None:
        """See the class."""
        if (self.looks.popleft() if self.looks else "tell") == "blind":
            raise SendUnknown("The search is down.")
        return self._proof(reply) if reply.client_id in self.posts else None

    async def check(self) -> list[str]:
        """It is always well."""
        return []

    @staticmethod
    def _proof(reply: Reply) -> Sent:
        return Sent(native_id=f"post-{reply.client_id}", occurred_at=datetime(2026, 11, 21, 10, tzinfo=UTC))


class Outbox:
    """A desk's outbox over a scripted network, with a clock that jumps to what is due next."""

    def __init__(self, desk: Desk, sends: list[str] | None = None, looks: list[str] | None = None) -> None:
        self.desk = desk
        self.network = ScriptedNetwork(sends or [], looks or [])
        self.files: dict[str, bytes] = {}
        self._restart()

    def _restart(self) -> None:
        connectors = {self.desk.channel: self.network}
        self.sender = Sender(
            self.desk.store,
            self.desk.log,
            connectors,
            self.desk.clock,
            read_file=self.files.get,
        )

    def customer_says(self, native_id: str = "q", **more: Any) -> str:
        self.desk.receive(write(native_id, "Where is my parcel", **more))
        self.desk.settle()
        found = select(messages.c.id).where(messages.c.native_id == native_id)
        return str(self.desk.store.read_now(lambda tx: tx.value(found)))

    def queue(
        self,
        to: str,
        text: str = "On its way",
        *,
        id_: str = "reply-1",
        audience: Visibility = Visibility.PUBLIC,
        seen: int | None = None,
    ) -> str:
        draft = service.Draft(id=id_, in_reply_to=to, audience=audience, text=text, seen_version=seen)
        who, log, now = Who(id=self.desk.user), self.desk.log, self.desk.now
        return self.desk.store.write_now(
            lambda tx: service.queue(tx, log, who, draft, self.network.capabilities, now)
        )

    def row(self, id_: str = "reply-1") -> Row:
        found = self.desk.store.read_now(lambda tx: tx.row(select(outbox).where(outbox.c.id == id_)))
        assert found is not None
        return found

    def state(self, id_: str = "reply-1") -> SendState:
        return SendState(self.row(id_)["state"])

    def tick(self, seconds: float = 0) -> None:
        """Let time pass, then do everything that is due; a crash loses the process and starts another."""
        self.desk.now += round(seconds * 1000)  # type: ignore[assignment]
        try:
            asyncio.run(self._tick())
        except Crash:
            self._restart()

    async def _tick(self) -> None:
        for reply_id, state in await self.sender.due(self.desk.now):
            await self.sender.one(reply_id, state)

    def run(self, seconds: int, step: int = 5) -> None:
        for _ in range(0, seconds, step):
            self.tick(step)
