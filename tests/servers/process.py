"""Starting a server, knowing when it is ready, and stopping it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

READY_SECONDS = 120.0
"""A busy machine takes its time; a test that passes never waits so long."""


def free_port() -> int:
    """A TCP port of loopback that nobody listens on right now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Ask again and again until `ready`; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.02)
    raise TimeoutError(f"{what} was not ready within {seconds} s")


def greets(port: int, greeting: bytes) -> bool:
    """Whether a server on loopback begins to speak as expected."""
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=2)) as connection:
        return connection.recv(64).startswith(greeting)
    return False


def accepts(port: int) -> bool:
    """Whether somebody listens on that port of loopback."""
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=2)):
        return True
    return False


def node() -> str | None:
    """A Node: the machine's, or that of a Python wheel; None where there is neither."""
    wheel = Path(sys.prefix) / "bin" / "node"
    return shutil.which("node") or (str(wheel) if wheel.exists() else None)


class Server:
    """A child process in the foreground, with its output in a file."""

    def __init__(self, command: Sequence[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                list(command),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
            )

    def wait(self, ready: Callable[[], bool]) -> None:
        """Until it is ready; fails at once, with its last words, when it died.

        A failure leaves no process behind.
        """

        def alive_and_ready() -> bool:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text(errors='replace')[-2000:]}")
            return ready()

        try:
            wait_until(alive_and_ready, str(self._process.args))
        except BaseException:
            self.stop()
            raise

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and insist after ten seconds."""
        if self._process.poll() is None:
            self._process.send_signal(sign)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
