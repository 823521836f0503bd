"""Starts Earful again and again within a fraction of a second: every child is forked from a process that has
already imported everything, and is then as much a process of its own as any. Run as
`python -m tests.crash.nursery`; commands come as lines on standard input.

    serve FOLDER PORT          the real server: HTTP, consumers, outbox
    send FOLDER NETWORK SPEED  only the outbox, over a double of the network (see `FileNetwork`)

Answers each command with the child's process id.
"""

import asyncio
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from earful import serve
from earful.channels.contract import Capabilities, Inlet, Reply, Sent
from earful.config import Settings, load
from earful.log.embedded import EmbeddedLog
from earful.model.message import Network
from earful.model.time import Instant
from earful.outbox.sender import Sender
from earful.store.store import Store


class FileNetwork:
    """A double of the *network*: one file is everything that was ever posted there, one line a post.

    While a file `stop-before` (or `stop-after`) lies beside it, a post hangs before (or after) the network has
    it, until the process is killed.
    """

    network = Network.MASTODON
    capabilities = Capabilities(
        receive="push",
        public_reply=True,
        private_reply=True,
        max_length=None,
        edits=False,
        deletes=False,
        idempotent_send=False,
    )

    def __init__(self, folder: Path) -> None:
        self._posts = folder / "posts"
        self._folder = folder

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Nothing comes by itself."""
        await stop.wait()

    async def send(self, reply: Reply) -> Sent:
        """Post; every call is another post, for this network knows no idempotency."""
        await self._stop("stop-before")
        with self._posts.open("a") as file:
            file.write(f"{reply.client_id}\n")
            file.flush()
            os.fsync(file.fileno())
        await self._stop("stop-after")
        return _proof(reply)

    async def find(self, reply: Reply) -> Sent | None:
        """Whether it was posted."""
        with (self._folder / "looks").open("a") as file:
            file.write(f"{reply.client_id}\n")
        posts = self._posts.read_text().split() if self._posts.exists() else []
        return _proof(reply) if reply.client_id in posts else None

    async def check(self) -> list[str]:
        """It is always well."""
        return []

    async def _stop(self, name: str) -> None:
        if (self._folder / name).exists():
            (self._folder / f"{name}.reached").touch()
            await asyncio.Event().wait()


def _proof(reply: Reply) -> Sent:
    return Sent(native_id=f"post-{reply.client_id}", occurred_at=datetime.now(UTC), thread=reply.to.thread)


def _no_files(digest: str) -> bytes | None:
    """Nothing here is sent with a file."""
    return None


async def _send(settings: Settings, network: Path, speed: int) -> None:
    """The outbox with a clock that runs `speed` times as fast."""
    began = time.time_ns() // 1_000_000
    store = Store(settings.database_url)

    def clock() -> Instant:
        now = time.time_ns() // 1_000_000
        return Instant(now + (now - began) * (speed - 1))

    connector = FileNetwork(network)
    sender = Sender(store, EmbeddedLog(), {"channel-1": connector}, clock, read_file=_no_files)
    await sender.run(asyncio.Event())


def main() -> None:
    """Fork a child for every line until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)  # noqa: T201 - the protocol
    for line in sys.stdin:
        command, folder, *more = line.split()
        settings = load({}, {"data": folder} | ({"port": int(more[0])} if command == "serve" else {}))
        child = os.fork()
        if child == 0:
            os.setsid()
            if command == "serve":
                serve.run(settings, demo=False)
            else:
                asyncio.run(_send(settings, Path(more[0]), int(more[1])))
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - the protocol


if __name__ == "__main__":
    main()
