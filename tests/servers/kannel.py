"""A real Kannel on loopback, between a carrier's SMSC (npm `smpp`) and whoever takes what it delivers."""

import http.server
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from earful.channels.hooks import Asked
from tests.servers.process import Server, accepts, free_port, node

ROOT = Path(__file__).parents[2]
SMPP = ROOT / "node_modules" / "smpp"
NUMBER = "13013"
USER, PASSWORD, KEY = "earful", "sendsms-pass", "shared-key-1"
PATIENCE = 60.0
GET_URL = "?id=%I&from=%p&to=%P&at=%T&coding=%c&charset=%C&text=%b"
"""As docs/how-to/connect-phone.md has it."""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing() -> str:
    """Why it cannot run here, in words; empty when it can."""
    if _program("bearerbox") is None or _program("smsbox") is None:
        return "no Kannel: install the Debian package kannel (make packages)"
    if node() is None or not SMPP.exists():
        return "no SMSC: `npm ci` installs the package smpp"
    return ""


class Taker:
    """Whoever Kannel delivers to: keeps the requests as a hook gets them."""

    def __init__(self) -> None:
        self.port = free_port()
        self.asked: queue.Queue[Asked] = queue.Queue()
        taker = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, _, query = self.path.partition("?")
                headers = {name.lower(): value for name, value in self.headers.items()}
                taker.asked.put(
                    Asked(method="GET", url=self.path, query={}, headers=headers, body=query.encode())
                )
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where a channel would be."""
        return f"http://127.0.0.1:{self.port}/hooks/sms"

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class Kannel:
    """SMSC, bearerbox and smsbox, each in a folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kannel-"))
        self.taker = Taker()
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()
        """What the carrier was told, in order."""
        smpp, admin, self._boxes, self._sendsms = (free_port() for _ in range(4))
        program = node()
        if program is None:
            raise RuntimeError(missing())
        self._smsc = subprocess.Popen(
            [program, str(Path(__file__).with_name("smsc.cjs")), str(smpp)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")},
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()
        self._next("listening")
        config = self._folder / "kannel.conf"
        config.write_text(self._config(smpp, admin))
        self._bearerbox = self._start("bearerbox", config, lambda: accepts(self._boxes))
        try:
            self._next("bound")
            self._smsbox = self._start("smsbox", config, self._knows_us)
        except BaseException:
            self._bearerbox.stop()
            self._smsc.kill()
            raise

    @property
    def url(self) -> str:
        """Of its smsbox."""
        return f"http://127.0.0.1:{self._sendsms}"

    def _start(self, name: str, config: Path, ready: Callable[[], bool]) -> Server:
        server = Server([_program(name) or name, str(config)], self._folder / f"{name}.log")
        server.wait(ready)
        return server

    def _knows_us(self) -> bool:
        """smsbox answers and has heard of the carrier."""
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.url}/cgi-bin/sendsms", params={"username": USER, "password": PASSWORD})
            return answer.status_code < 600
        return False

    def _config(self, smpp: int, admin: int) -> str:
        here = self.taker.url.replace("://", f"://kannel:{KEY}@")
        groups = [
            {
                "group": "core", "admin-port": admin, "admin-password": "p", "admin-interface": "127.0.0.1",
                "smsbox-port": self._boxes, "smsbox-interface": "127.0.0.1", "box-allow-ip": "127.0.0.1",
                "dlr-storage": "internal", "log-level": 1,
            },
            {
                "group": "smsc", "smsc": "smpp", "smsc-id": "carrier", "host": "127.0.0.1", "port": smpp,
                "transceiver-mode": "true", "smsc-username": "kannel", "smsc-password": "p", "system-type": '""',
                "address-range": '""',
            },
            {
                "group": "smsbox", "bearerbox-host": "127.0.0.1", "sendsms-port": self._sendsms,
                "sendsms-interface": "127.0.0.1", "http-request-retry": 3, "http-queue-delay": 1, "log-level": 1,
            },
            {
                "group": "sendsms-user", "username": USER, "password": PASSWORD, "concatenation": "true",
                "max-messages": 10,
            },
            {
                "group": "sms-service", "keyword": "default", "get-url": f'"{here}{GET_URL}"', "max-messages": 0,
                "omit-empty": "true", "concatenation": "true",
            },
        ]  # fmt: skip
        return (
            "\n\n".join("\n".join(f"{name} = {value}" for name, value in one.items()) for one in groups)
            + "\n"
        )

    def _listen(self) -> None:
        for line in self._smsc.stdout or ():
            self.said.put(json.loads(line))

    def _next(self, what: str) -> dict[str, Any]:
        """The next thing of a kind that the carrier was told."""
        end = time.monotonic() + PATIENCE
        while True:
            found = self.said.get(timeout=max(end - time.monotonic(), 0.1))
            if what in found:
                return found

    def submitted(self) -> dict[str, Any]:
        """The next message that went out."""
        return self._next("submitted")

    def customer_writes(self, number: str, text: str, coding: int) -> None:
        """A phone sends an SMS to our number. SMPP: data coding 0 is GSM, 8 is UCS-2."""
        if self._smsc.stdin is None:
            raise RuntimeError("the SMSC has no standard input")
        line = json.dumps({"from": number, "to": NUMBER, "text": text, "coding": coding})
        self._smsc.stdin.write(line + "\n")
        self._smsc.stdin.flush()

    def delivered(self) -> Asked:
        """The next request that Kannel made."""
        return self.taker.asked.get(timeout=PATIENCE)

    def stop(self) -> None:
        """End everything."""
        self._smsbox.stop()
        self._bearerbox.stop()
        self._smsc.kill()
        self._smsc.wait()
        self.taker.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
