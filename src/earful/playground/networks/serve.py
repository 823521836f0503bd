"""Runs the simulated networks: by themselves, or beside a demo in its own process."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import uvicorn
from rich.console import Console

from earful.log.runner import system_clock
from earful.playground.networks.app import Networks, build

HOST = "127.0.0.1"
"""Never anything else: whoever reaches it speaks as the customers."""


def run(port: int, desk: str) -> None:
    """Serve until stopped."""
    listener = _listen(port)
    if listener is None:
        sys.exit(f"Port {port} is taken. Stop what listens there, or choose another with --port.")
    address = f"http://{HOST}:{port}"
    Console(stderr=True, highlight=False).print(f"\n  The playground is ready. Open [bold]{address}[/]\n")
    app = build(Networks(address, system_clock), desk=desk)
    uvicorn.Server(_config(app)).run(sockets=[listener])


class _Beside(uvicorn.Server):
    """A second server in the loop of the first, to which signals belong."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


@contextlib.asynccontextmanager
async def beside(networks: Networks, listener: socket.socket, desk: str) -> AsyncIterator[None]:
    """Serve as long as the block lasts, in the running loop."""
    server = _Beside(_config(build(networks, desk=desk)))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=10)


def _listen(port: int) -> socket.socket | None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        return None
    return listener


def listen_near(port: int) -> socket.socket:
    """A listener on a port, or on any free one when it is taken."""
    return _listen(port) or _listen(0) or _nothing()


def _nothing() -> socket.socket:
    raise OSError("there is no free port")


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1,
    )  # fmt: skip
