"""A double of a network (not of Earful): takes replies, counts them, and fails when told to."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from earful.channels.contract import Capabilities, Inlet, Reply, Sent
from earful.model.message import Network


class FakeNetwork:
    """Keeps what reached it in `arrived`, by our own id, however often it came."""

    network = Network.MASTODON
    capabilities = Capabilities(
        receive="push",
        public_reply=True,
        private_reply=True,
        max_length=500,
        edits=False,
        deletes=False,
        idempotent_send=False,
    )

    def __init__(self) -> None:
        self.arrived: list[Reply] = []
        self.before: list[Callable[[], None]] = []
        """Run before a reply is taken; an exception means that it never got there."""
        self.after: list[Callable[[], None]] = []
        """Run after it was taken; an exception means that nobody heard of it."""
        self.cannot_tell: Exception | None = None

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        await stop.wait()

    async def send(self, reply: Reply) -> Sent:
        if self.before:
            self.before.pop(0)()
        self.arrived.append(reply)
        if self.after:
            self.after.pop(0)()
        return self._proof(reply)

    async def find(self, reply: Reply) -> Sent | None:
        if self.cannot_tell is not None:
            raise self.cannot_tell
        return self._proof(reply) if reply in self.arrived else None

    async def check(self) -> list[str]:
        return []

    @staticmethod
    def _proof(reply: Reply) -> Sent:
        return Sent(
            native_id=f"status-{reply.client_id}", occurred_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        )


def raising(error: Exception) -> Callable[[], None]:
    """A hook that fails."""

    def fail() -> None:
        raise error

    return fail
