"""Earful itself as a real process: `earful up` in a data folder of its own, to be used, stopped and killed."""

import os
import re
import signal
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from standardwebhooks import Webhook

from earful.config import load
from earful.desk.channels import service as channels
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.message import Network
from earful.model.time import moment
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.secrets import Vault
from earful.store.store import Store
from tests.servers.process import free_port, wait_until

PASSWORD = "quiet kettles sing"
SOURCE = Path(__file__).parents[2] / "src"


class EarfulServer:
    """One installation, started and ended as often as a test likes, always on the same port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_name(f"{folder.name}.log")
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, *, channel: str = "", database: str = "") -> "Prepared":
        """Make an admin, an API token and, if named, a channel, before the first start."""
        settings = load({}, {"data": str(self.folder)} | ({"database": database} if database else {}))
        settings.folder.mkdir(parents=True, exist_ok=True)
        migrate(settings.database_url)
        store = Store(settings.database_url)
        try:
            return prepare(store, Vault.open(settings.folder), channel=channel)
        finally:
            store.close()

    def start(self) -> None:
        """Start, and return once it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start without waiting."""
        path = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "earful.cli",
                    "up",
                    "--data",
                    str(self.folder),
                    "--port",
                    str(self.port),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200", **self._environment},
            )

    def wait(self) -> None:
        """Until it answers; fails at once, with its last words, when it ended."""

        def answers() -> bool:
            process = self._process
            if process is None or process.poll() is not None:
                raise RuntimeError(f"earful ended: {self.words()[-2000:]}")
            with suppress(httpx2.HTTPError):
                return httpx2.get(f"{self.url}/health", trust_env=False, timeout=5).status_code == 200
            return False

        wait_until(answers, "earful", 60)

    def words(self) -> str:
        """Everything it printed so far, over all starts."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def link(self) -> str:
        """The address that it printed when it started last."""
        found = re.findall(r"Open (http\S+)", self.words())
        return str(found[-1])

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end, as Ctrl+C does."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run another `earful` command on the same data."""
        path = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
        return subprocess.run(
            [sys.executable, "-m", "earful.cli", *arguments, "--data", str(self.folder)],
            env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200", **self._environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What a prepared installation has."""

    admin: str
    token: str
    channel_id: str
    secret: str


def prepare(store: Store, vault: Vault, *, channel: str = "", network: Network = Network.CHAT) -> Prepared:
    """An admin (`kim@acme.example`), a token with every scope, and perhaps a channel for webhooks."""

    def write(tx: Any) -> Prepared:
        admin = users.create_user(
            tx, EARFUL, email="kim@acme.example", name="Kim Doe", role=Role.ADMIN, password=PASSWORD, now=NOW
        )
        owner = msgspec.structs.replace(EARFUL, id=admin.id)
        scopes = [Permission.MESSAGES_WRITE, Permission.HEALTH_READ]
        token = users.create_token(tx, owner, name="tests", scopes=scopes, now=NOW)
        if not channel:
            return Prepared(admin=admin.id, token=token, channel_id="", secret="")
        made = channels.ensure(tx, vault, owner, network, channel, NOW)
        row = channels.find(tx, channel)
        assert row is not None
        secret = channels.webhook_secrets(vault.unseal(row["secrets"]))[0]
        return Prepared(admin=admin.id, token=token, channel_id=made.id, secret=secret)

    return store.write_now(write)


NOW: Any = 1_790_000_000_000


def signed(secret: str, body: bytes, *, at_ms: int, webhook_id: str = "") -> dict[str, str]:
    """The headers of Standard Webhooks, made by its own reference library."""
    name = webhook_id or f"msg_{uuid.uuid4().hex}"
    stamp = moment(at_ms)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(stamp.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, stamp, body.decode()),
        "content-type": "application/json",
    }
