"""A real isso on loopback: a comment server with a database of its own."""

import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from tests.servers.process import Server, accepts, free_port

PAGE = "/grinders-compared/"
_CONFIG = """
[general]
dbpath = {home}/comments.db
host = http://127.0.0.1:{port}/
max-age = 15m
[server]
listen = http://127.0.0.1:{port}/
public-endpoint = http://127.0.0.1:{port}
[guard]
enabled = true
ratelimit = {most}
direct-reply = 100
reply-to-self = true
[moderation]
enabled = {moderated}
"""


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    return "" if importlib.util.find_spec("isso") else "needs the Python package isso"


class IssoServer:
    """One running server. `most`: how many comments it takes in a minute."""

    def __init__(self, *, most: int = 100, moderated: bool = False) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._home = Path(tempfile.mkdtemp(prefix="earful-isso-"))
        config = self._home / "isso.cfg"
        told = {"home": self._home, "port": self.port, "most": most, "moderated": str(moderated).lower()}
        config.write_text(_CONFIG.format(**told))
        # Its own command by its function: beside the interpreter of a test there may be no script.
        command = [sys.executable, "-c", "import isso; isso.main()", "-c", str(config), "run"]
        self._server = Server(command, self._home / "log")
        self._cookies: dict[int, httpx2.Cookies] = {}
        self._server.wait(lambda: accepts(self.port))

    def stop(self) -> None:
        """End the server."""
        self._server.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def comment(self, text: str, author: str = "Ana", *, parent: int | None = None, **more: str) -> int:
        """A customer comments, as the script in the page does it; returns the number."""
        body = {"text": text, "author": author, "parent": parent, "title": "Grinders compared", **more}
        answer = httpx2.post(f"{self.url}/new", params={"uri": PAGE}, json=body, trust_env=False)
        if answer.status_code >= 300:
            raise AssertionError(f"{answer.status_code} {answer.text}")
        number = int(answer.json()["id"])
        self._cookies[number] = answer.cookies
        return number

    def edit(self, number: int, text: str) -> None:
        """The customer changes it, within the quarter of an hour in which that may be."""
        self._change("PUT", number, json={"text": text})

    def delete(self, number: int) -> None:
        """The customer takes it back."""
        self._change("DELETE", number, json={})

    def _change(self, method: str, number: int, **arguments: Any) -> None:
        with httpx2.Client(trust_env=False, cookies=self._cookies[number]) as http:
            answer = http.request(method, f"{self.url}/id/{number}", **arguments)
        if answer.status_code >= 300:
            raise AssertionError(f"{answer.status_code} {answer.text}")
        self._cookies[number].update(answer.cookies)

    def page(self) -> list[dict[str, Any]]:
        """All comments of the page as everybody sees them, those of the second level too."""
        answer = httpx2.get(f"{self.url}/", params={"uri": PAGE, "plain": "1"}, trust_env=False).json()
        return [each for one in answer["replies"] for each in (one, *one.get("replies", []))]
