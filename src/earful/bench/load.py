"""The load generator: a process of its own that sends signed webhooks and times the answers.

Bodies are made and signed before the clock starts, and a client is little more than a socket, so that what
is measured is the server. Run as `python -m earful.bench.load` with an `Order` as JSON on standard input;
it answers with a `Sent` as JSON. With a rate it offers that many messages a second whatever the answers
take, and latency counts from the moment a request was due; without, each client sends as fast as it is answered.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

import msgspec
import uvloop
from msgspec import Struct

from earful.bench.texts import bodies
from earful.channels.kit import signatures


class Order(Struct, frozen=True, kw_only=True):
    """What to send."""

    port: int
    channel: str
    secret: str
    requests: int
    per_request: int = 50
    clients: int = 16
    rate: float = 0.0
    """Messages a second in all; 0 for as fast as answers come."""
    authors: int = 20_000
    seed: int = 1
    prefix: str = "m"


class Sent(Struct, frozen=True, kw_only=True):
    """What was answered."""

    acknowledged: list[str]
    """webhook-ids answered with 202."""
    refused: dict[str, int]
    """Status line -> how often."""
    seconds: float
    latencies: list[float]
    """Seconds, of the acknowledged."""
    started_at: int
    """Milliseconds since the epoch."""
    cpu_seconds: float


_HEAD = (
    "POST /hooks/{channel} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
    "webhook-id: {id}\r\nwebhook-timestamp: {stamp}\r\nwebhook-signature: {signature}\r\n"
    "content-length: {length}\r\n\r\n"
)


def prepare(order: Order) -> list[tuple[str, bytes]]:
    """(webhook-id, whole request) of everything that will be sent."""
    stamp = int(time.time())
    made: list[tuple[str, bytes]] = []
    for number, body in enumerate(
        bodies(order.seed, order.prefix, order.authors, order.requests, order.per_request)
    ):
        webhook_id = f"{order.prefix}-delivery-{number}"
        head = _HEAD.format(
            channel=order.channel,
            port=order.port,
            id=webhook_id,
            stamp=stamp,
            signature=signatures.sign(order.secret, webhook_id, stamp, body),
            length=len(body),
        )
        made.append((webhook_id, head.encode() + body))
    return made


class _Run:
    def __init__(self, order: Order, requests: list[tuple[str, bytes]]) -> None:
        self.order = order
        self.todo: Iterator[tuple[int, tuple[str, bytes]]] = enumerate(requests)
        self.acknowledged: list[str] = []
        self.refused: dict[str, int] = {}
        self.latencies: list[float] = []
        self.began = 0.0

    async def client(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.order.port)
        gap = self.order.per_request / self.order.rate if self.order.rate else 0.0
        for number, (webhook_id, request) in self.todo:
            due = self.began + number * gap
            now = time.perf_counter()
            if gap and due > now:
                await asyncio.sleep(due - now)
            start = due if gap else now
            writer.write(request)
            status = await _answer(reader)
            if status == "202":
                self.latencies.append(time.perf_counter() - start)
                self.acknowledged.append(webhook_id)
            else:
                self.refused[status] = self.refused.get(status, 0) + 1
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    if length:
        await reader.readexactly(length)
    return head[9:12].decode()


async def send(order: Order, requests: list[tuple[str, bytes]]) -> Sent:
    """Send everything; returns when everything is answered."""
    run = _Run(order, requests)
    cpu, started_at = time.process_time(), time.time_ns() // 1_000_000
    run.began = time.perf_counter()
    await asyncio.gather(*(run.client() for _ in range(order.clients)))
    return Sent(
        acknowledged=run.acknowledged,
        refused=run.refused,
        seconds=time.perf_counter() - run.began,
        latencies=run.latencies,
        started_at=started_at,
        cpu_seconds=time.process_time() - cpu,
    )


def start(order: Order) -> "asyncio.Task[Sent]":
    """Run the generator beside the caller's event loop."""
    return asyncio.create_task(_apart(order))


async def _apart(order: Order) -> Sent:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate(msgspec.json.encode(order))
    if process.returncode:
        raise RuntimeError(f"the load generator ended with status {process.returncode}")
    return msgspec.json.decode(said, type=Sent)


def main() -> None:
    """Read an order, send it, tell what happened."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    requests = prepare(order)
    sent = uvloop.run(send(order, requests))
    sys.stdout.buffer.write(msgspec.json.encode(sent))


if __name__ == "__main__":
    main()
