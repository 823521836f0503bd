"""The real server, `earful up`, as a process of its own over a data folder of the benchmark."""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

from msgspec import Struct

from earful.bench.ports import free_port
from earful.config import Settings
from earful.desk.channels import service as channels
from earful.desk.users import service as users
from earful.log.runner import system_clock
from earful.model.desk import Role
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.secrets import Vault
from earful.store.store import Store
from earful.store.tx import Tx
from earful.web.access import COOKIE

START_SECONDS = 60.0
LOOK_SECONDS = 0.005


class Keys(Struct, frozen=True, kw_only=True):
    """What a client needs to use a desk."""

    channel: str
    channel_id: str
    secret: str
    cookie: str
    user_id: str


def settings(folder: Path, database: str = "") -> Settings:
    """Settings of a desk that lives in `folder`."""
    return Settings(data=str(folder), database=database, port=free_port())


def furnish(here: Settings) -> Keys:
    """Migrate, and make a channel, an agent and their session."""
    migrate(here.database_url)
    store, vault, now = Store(here.database_url), Vault.open(here.folder), system_clock()

    def verb(tx: Tx) -> Keys:
        channel = channels.create(tx, vault, EARFUL, network=Network.X, name="bench", now=now)
        row = channels.find(tx, "bench")
        if row is None:
            raise LookupError("a channel just made must be there")
        user = users.create_user(
            tx, EARFUL, email="kim@acme.example", name="Kim Doe", role=Role.ADMIN, password=None, now=now
        )
        token = users.start_session(tx, user.id, agent="bench", address="127.0.0.1", now=now)
        return Keys(
            channel="bench",
            channel_id=channel.id,
            secret=channels.webhook_secrets(vault.unseal(row["secrets"]))[0],
            cookie=f"{COOKIE}={token}",
            user_id=user.id,
        )

    try:
        return store.write_now(verb)
    finally:
        store.close()


class Server:
    """`earful up` in a process of its own; usable as a context manager."""

    def __init__(self, here: Settings) -> None:
        self.port = here.port
        self._words = here.folder / "server.log"
        command = [sys.executable, "-m", "earful.cli", "up", "--data", here.data, "--port", str(here.port)]
        if here.database:
            command += ["--database", here.database]
        allowed = {"EARFUL_ALLOW_PRIVATE_ADDRESSES": "true"} if here.allow_private_addresses else {}
        self.started = time.perf_counter()
        with self._words.open("wb") as words:
            self.process = subprocess.Popen(command, stdout=words, stderr=words, env=os.environ | allowed)
        self.ready_after = self._until_ready()

    def _until_ready(self) -> float:
        """Seconds from the start of the process to its first page."""
        while time.perf_counter() - self.started < START_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
                connection.request("GET", "/sign-in")
                answer = connection.getresponse()
                answer.read()
                connection.close()
                if answer.status == 200:
                    return time.perf_counter() - self.started
            except OSError:
                time.sleep(LOOK_SECONDS)
        raise RuntimeError(f"the server did not come up: {self._words.read_text(errors='replace')[-2_000:]}")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def complaints(self) -> list[str]:
        """Lines of its log that speak of a failure."""
        lines = self._words.read_text(errors="replace").splitlines()
        return [line for line in lines if "error" in line or "Traceback" in line]

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        return sum(_cpu(pid) for pid in family(self.process.pid))

    def memory_mib(self) -> float:
        """Resident memory of the process and its children."""
        return sum(_resident(pid) for pid in family(self.process.pid))


def family(pid: int) -> list[int]:
    """A process and its descendants (Linux)."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks: int = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
