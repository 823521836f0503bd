"""A private PostgreSQL cluster for the test run, without fsync: fast, and gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg

from tests.servers.process import free_port

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


def _programs() -> Path | None:
    """Where Debian puts the newest server's programs; elsewhere they are found by PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name)
    )
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if _programs() is None:
        return "needs the Debian package postgresql"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


class PostgresServer:
    """One cluster on a free port of loopback; `database` makes an empty database each time."""

    def __init__(self) -> None:
        programs = _programs()
        if programs is None:
            raise RuntimeError(missing())
        self._programs = programs
        self._home = Path(tempfile.mkdtemp(prefix="earful-postgres-"))
        self._data = self._home / "data"
        self.port = free_port()
        # The server refuses to run as root and must reach its directory.
        self._as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_owner:
            shutil.chown(self._home, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self._data), "-A", "trust", "-U", "earful", "-E", "UTF8", "--no-locale", "-N"
        )
        options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
        place = f"-p {self.port} -c unix_socket_directories={self._home}"
        log = str(self._home / "log")
        self._run(
            "pg_ctl", "-D", str(self._data), "-o", f"{place} {options}", "-l", log, "-w", "-t", "60", "start"
        )

    def database(self, like: str = "") -> str:
        """The URL of a new database, `postgresql+psycopg://...`: empty, or a copy of one that nobody uses."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        template = f' template "{like.rpartition("/")[2]}"' if like else ""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}"{template}')
        return f"postgresql+psycopg://earful@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, also when somebody is still connected."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')

    def stop(self) -> None:
        """End the cluster and remove it."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def _dsn(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=earful dbname={database}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._programs / program), *arguments]
        done = (
            subprocess.run(
                command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", timeout=120
            )
            if program == "initdb"
            else subprocess.run(
                # pg_ctl leaves the server behind with our pipes, so its words go to the log file instead.
                command,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                timeout=120,
            )
        )
        if done.returncode:
            words = (done.stdout or b"").decode(errors="replace")
            log = self._home / "log"
            words += log.read_text(errors="replace") if log.exists() else ""
            raise RuntimeError(f"{program} failed: {words[-2000:]}")
