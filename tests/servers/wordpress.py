"""A real WordPress on loopback: Debian's, served by PHP's own server, with a MariaDB that listens on a socket only.

`make test-real` makes both ready; a new blog costs some seconds.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from earful.channels.kit.html import to_text
from tests.servers.process import Server, accepts, free_port

HERE = Path(__file__).parent / "wordpress"
TREE = Path(__file__).parents[2] / ".make" / "servers" / "wordpress" / "usr" / "share" / "wordpress"
MARIADB = Path("/usr/sbin/mariadbd")


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if not (TREE / "wp-config.php").exists() or not MARIADB.exists() or shutil.which("php") is None:
        return "WordPress is not installed: make test-real installs and runs it"
    return ""


def _system_tables() -> list[Path]:
    """The SQL of a new MariaDB: tables, then what is in them."""
    found = Path("/usr/share").glob("m*/m*_system_tables*.sql")
    return sorted((one for one in found if "_performance" not in one.name), key=lambda one: len(one.name))


class WordPressServer:
    """A blog with one post, and these users: owner, earful (an editor), reader (a subscriber)."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="earful-wordpress-"))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        socket = self._home / "socket"
        env = {
            "EARFUL_TEST_SOCKET": str(socket), "EARFUL_TEST_URL": self.url, "EARFUL_TEST_PLUGINS": str(HERE / "quiet")
        }  # fmt: skip
        self._servers: list[Server] = []
        try:
            self._servers.append(self._database(socket))
            made = json.loads(self._run("php", str(HERE / "setup.php"), str(TREE), env=env))
            command = ["php", "-d", "sendmail_path=/bin/false", "-S", f"127.0.0.1:{port}", "-t", str(TREE)]
            self._servers.append(Server(command, self._home / "php.log", env=env))
            self._servers[-1].wait(lambda: accepts(port))
        except BaseException:
            self.stop()
            raise
        self.post = int(made["post"])
        self.passwords = {name: str(made[name]) for name in ("owner", "earful", "reader")}
        self._owner = httpx2.Client(
            base_url=self.url, auth=("owner", self.passwords["owner"]), timeout=30, trust_env=False
        )

    def _database(self, socket: Path) -> Server:
        data, start, log = self._home / "data", self._home / "start.sql", self._home / "mariadb.log"
        data.mkdir()
        command = [
            str(MARIADB), "--no-defaults", f"--datadir={data}", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]  # fmt: skip
        # What mariadb-install-db does, which needs a package more.
        tables = "".join(path.read_text() for path in _system_tables())
        self._run(*command, "--bootstrap", told=f"create database mysql;\nuse mysql;\n{tables}")
        start.write_text("create database wordpress;\n")
        server = Server([*command, f"--socket={socket}", "--skip-networking", f"--init-file={start}"], log)
        server.wait(lambda: "ready for connections" in log.read_text(errors="replace"))
        return server

    def _run(self, *command: str, told: str = "", env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            command,
            input=told,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, **(env or {})},
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout[-1000:]} {done.stderr[-1000:]}")
        return done.stdout

    def comment(self, text: str, name: str = "Ana", *, below: int = 0) -> int:
        """A visitor fills in the form below the post; returns the number of the comment."""
        form = {
            "comment_post_ID": str(self.post), "comment_parent": str(below), "author": name, "comment": text,
            "email": f"{ascii(name).encode().hex()}@example.test", "url": "", "submit": "Post Comment",
        }  # fmt: skip
        answer = httpx2.post(f"{self.url}/wp-comments-post.php", data=form, trust_env=False, timeout=30)
        if answer.status_code != 302:
            raise AssertionError(f"{answer.status_code} {to_text(answer.text)[-500:]}")
        return int(answer.headers["location"].rpartition("#comment-")[2])

    def change(self, number: int, **fields: str) -> None:
        """The owner changes a comment: its `content`, or its `status` (hold, approved, spam, trash)."""
        self._owner.post(f"/wp-json/wp/v2/comments/{number}", json=fields).raise_for_status()

    def delete(self, number: int) -> None:
        """The owner deletes a comment for good."""
        self._owner.delete(f"/wp-json/wp/v2/comments/{number}", params={"force": "true"}).raise_for_status()

    def shown(self) -> list[dict[str, Any]]:
        """The comments as everybody sees them, oldest first."""
        query = {"rest_route": "/wp/v2/comments", "order": "asc", "post": str(self.post)}
        answer = httpx2.get(self.url, params=query, trust_env=False, timeout=30)
        return list(answer.raise_for_status().json())

    def stop(self) -> None:
        """End everything."""
        for server in reversed(self._servers):
            server.stop()
        shutil.rmtree(self._home, ignore_errors=True)
