"""Simulated networks in a process of their own: what a benchmark's channels talk to.

Run as `python -m earful.bench.town` with a `Plan` as JSON in the first line of standard input. It says `ready` once it
can be asked, and when its input ends what it was asked, as JSON.
"""

import asyncio
import base64
import random
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from urllib.parse import urlsplit

import msgspec
import uvicorn
from msgspec import Struct

from earful.bench.texts import text_of
from earful.channels.hooks import Asked
from earful.log.runner import system_clock
from earful.model.message import Network
from earful.model.time import rfc3339
from earful.playground.networks.app import Networks, build
from earful.playground.networks.bluesky import BlueskySimulator
from earful.playground.networks.reddit import RedditSimulator
from earful.playground.networks.simulator import Told

STEP_SECONDS = 0.05
ONE_IN = 500
"""Of so many posts one names the brand."""


class Plan(Struct, frozen=True, kw_only=True):
    """What happens there."""

    port: int
    posts_a_second: int = 0
    """On the stream of all posts of Bluesky."""


class Heard(Struct, frozen=True, kw_only=True):
    """What it saw."""

    posts: int
    naming: int
    """Posts that named the brand."""
    seconds: float
    """For which posts were told."""
    asked: dict[str, int]
    """App -> requests."""


class _Reddit(RedditSimulator):
    """Counts who asks."""

    asked: Counter[str]
    apps: dict[str, str]

    def answer(self, asked: Asked, path: str) -> Told:
        told = super().answer(asked, path)
        kind, _, value = asked.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            app = base64.b64decode(value).decode().partition(":")[0]
            with suppress(msgspec.MsgspecError, KeyError):
                self.apps[msgspec.json.decode(told.body)["access_token"]] = app
        else:
            self.asked[self.apps.get(value, "unknown")] += 1
        return told


class Town:
    """The networks, and what goes on there."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._networks = Networks(f"http://127.0.0.1:{plan.port}", system_clock)
        reddit = _Reddit(f"http://127.0.0.1:{plan.port}/reddit", system_clock)
        reddit.asked, reddit.apps = Counter(), defaultdict(lambda: "unknown")
        self._reddit = self._networks.simulators[Network.REDDIT] = reddit
        bluesky = self._networks.simulators[Network.BLUESKY]
        if not isinstance(bluesky, BlueskySimulator):
            raise TypeError("the simulator of Bluesky is of another kind")
        self._bluesky = bluesky
        self._posts = self._naming = 0
        self._began = self._ended = 0.0

    async def run(self) -> Heard:
        """Until standard input ends."""
        config = uvicorn.Config(
            build(self._networks), host="127.0.0.1", port=self._plan.port, log_level="error",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        telling: asyncio.Task[None] | None = None
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if line == "tell":
                telling = asyncio.create_task(self._tell())
            elif line == "hush" and telling is not None:
                telling.cancel()
                self._ended = time.perf_counter()
        server.should_exit = True
        await serving
        asked = dict(self._reddit.asked)
        return Heard(posts=self._posts, naming=self._naming, seconds=self._ended - self._began, asked=asked)

    async def _tell(self) -> None:
        dice = random.Random(7)  # noqa: S311 - the same posts each time
        stream, self._began = self._bluesky.jetstream, time.perf_counter()
        while True:
            due = int((time.perf_counter() - self._began) * self._plan.posts_a_second)
            for number in range(self._posts, due):
                names = number % ONE_IN == 0
                text = f"{text_of(dice)} {'@ Brewline' if names else ''}"
                record = {
                    "$type": "app.bsky.feed.post", "text": text, "langs": ["en"],
                    "createdAt": rfc3339(system_clock()),
                    "facets": [
                        {
                            "index": {"byteStart": 0, "byteEnd": 5},
                            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "photo"}],
                        }
                    ],
                    "reply": {
                        name: {"uri": f"at://did:plc:{number}/app.bsky.feed.post/3k{number}", "cid": "b"}
                        for name in ("root", "parent")
                    },
                }  # fmt: skip
                commit = {
                    "did": f"did:plc:{dice.randrange(10**15):024d}", "collection": "app.bsky.feed.post",
                    "rkey": f"3k{number:011d}", "operation": "create", "record": record, "cid": f"bafy{number}",
                }  # fmt: skip
                stream.tell(system_clock(), commit)
                self._naming += names
            self._posts = max(due, self._posts)
            await asyncio.sleep(STEP_SECONDS)


class Running:
    """A town in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.address = f"http://127.0.0.1:{plan.port}"

    async def start(self) -> None:
        """Returns when it can be asked. Raises RuntimeError when it does not come up."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        await self.order(msgspec.json.encode(self._plan).decode())
        if self._process.stdout is None or (await self._process.stdout.readline()).strip() != b"ready":
            raise RuntimeError("the simulated networks did not come up")

    async def order(self, line: str) -> None:
        """Say something to it: `tell` or `hush`."""
        if self._process.stdin is not None:
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()

    async def stop(self) -> Heard:
        """End it, and hear what it saw."""
        said, _ = await self._process.communicate(b"")
        return msgspec.json.decode(said, type=Heard)


def host_of(address: str) -> str:
    """The address as a WebSocket's."""
    return f"ws://{urlsplit(address).netloc}"


def main() -> None:
    """Read a plan, live it, tell what was seen."""
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    heard = asyncio.run(Town(plan).run())
    sys.stdout.buffer.write(msgspec.json.encode(heard))


if __name__ == "__main__":
    main()
