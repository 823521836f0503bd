"""A private PostgreSQL cluster for the length of a benchmark, durable as in production."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from earful.bench.ports import free_port

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "autovacuum": "off",  # the benchmark analyses what it filled, once; a vacuum in the middle would be noise
}


def programs() -> Path | None:
    """Where Debian puts the newest server's programs; elsewhere they are found by PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name)
    )
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def version() -> str:
    """The server's version; empty when there is none."""
    where = programs()
    if where is None:
        return ""
    said = subprocess.run([str(where / "postgres"), "--version"], capture_output=True, text=True, check=False)
    words = said.stdout.split()
    return words[2] if len(words) > 2 else ""


def missing() -> str:
    """Why a cluster cannot be started here; empty when it can."""
    if programs() is None:
        return "no PostgreSQL server programs found (Debian: install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


class Cluster:
    """One cluster on a free port of loopback, gone after `stop`."""

    def __init__(self) -> None:
        where = programs()
        if where is None:
            raise RuntimeError(missing())
        self._programs = where
        self._home = Path(tempfile.mkdtemp(prefix="earful-bench-postgres-"))
        self._port = free_port()
        # The server refuses to run as root and must reach its directory.
        self._as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as_owner:
            shutil.chown(self._home, "postgres", "postgres")
        data, log = str(self._home / "data"), str(self._home / "log")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "earful", "-E", "UTF8", "--no-locale", "-N")
        options = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
        place = f"-p {self._port} -c unix_socket_directories={self._home} {options}"
        self._run("pg_ctl", "-D", data, "-o", place, "-l", log, "-w", "-t", "60", "start")

    @property
    def url(self) -> str:
        """The URL of its one database."""
        return f"postgresql://earful@127.0.0.1:{self._port}/postgres"

    def stop(self) -> None:
        """End the cluster and remove it."""
        self._run("pg_ctl", "-D", str(self._home / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        # pg_ctl leaves the server behind with our pipes, so nobody may wait for them: words go to a file.
        words = self._home.parent / f"{self._home.name}.out"
        with words.open("wb") as out:
            done = subprocess.run(
                [*self._as_owner, str(self._programs / program), *arguments],
                check=False,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                timeout=120,
            )
        said = words.read_text(errors="replace")
        words.unlink()
        if done.returncode:
            raise RuntimeError(f"{program} failed: {said[-2_000:]}")
