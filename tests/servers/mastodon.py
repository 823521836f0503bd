"""mastodon-mock: a third-party, stateful stand-in for a Mastodon server, spoken to over real HTTP."""

import importlib.util
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from tests.servers.process import Server, free_port

_CONFIG = """
[streaming]
heartbeat_seconds = 1.0
"""


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    return "" if importlib.util.find_spec("mastodon_mock") else "needs the Python package mastodon-mock"


class Person:
    """An account of the test server, used as its owner would."""

    def __init__(self, server: str, name: str, token: str) -> None:
        self.name = name
        self.token = token
        self._http = httpx2.Client(
            base_url=server, headers={"authorization": f"Bearer {token}"}, timeout=20, trust_env=False
        )
        self.id = str(self.ask("GET", "/api/v1/accounts/verify_credentials")["id"])

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """One call of the API, which must succeed."""
        response = self._http.request(method, path, **arguments)
        if response.status_code >= 300:
            raise AssertionError(f"{method} {path}: {response.status_code} {response.text[:300]}")
        return response.json()

    def post(self, text: str, *, visibility: str = "public", reply_to: str | None = None) -> dict[str, Any]:
        """Write a status."""
        form = {"status": text, "visibility": visibility, "in_reply_to_id": reply_to}
        answer: dict[str, Any] = self.ask(
            "POST", "/api/v1/statuses", json={k: v for k, v in form.items() if v is not None}
        )
        return answer

    def edit(self, status_id: str, text: str) -> None:
        """Change a status."""
        self.ask("PUT", f"/api/v1/statuses/{status_id}", json={"status": text})

    def delete(self, status_id: str) -> None:
        """Delete a status."""
        self.ask("DELETE", f"/api/v1/statuses/{status_id}")

    def mentions(self) -> list[dict[str, Any]]:
        """Statuses that mention this person, newest first."""
        page = self.ask("GET", "/api/v1/notifications", params={"types[]": "mention"})
        return [each["status"] for each in page if each["status"]]

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class MastodonServer:
    """One running server; `person` makes accounts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._home = Path(tempfile.mkdtemp(prefix="earful-mastodon-"))
        config = self._home / "config.toml"
        config.write_text(_CONFIG)
        command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--host", "127.0.0.1"]
        self._server = Server(
            [*command, "--port", str(self.port), "--config", str(config), "--log-level", "warning"],
            self._home / "log",
            env={"PYTHONPATH": ""},
        )
        self._numbers = itertools.count(1)
        self._people: list[Person] = []
        self._server.wait(self._answers)

    def stop(self) -> None:
        """End the server."""
        for person in self._people:
            person.close()
        self._server.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def person(self, name: str) -> Person:
        """A new account; its name gets a number, for the server is shared by many tests."""
        unique = f"{name}{next(self._numbers)}x{os.getpid() % 1000}"
        with httpx2.Client(base_url=self.url, timeout=20, trust_env=False) as http:
            application = http.post(
                "/api/v1/apps",
                data={
                    "client_name": "tests",
                    "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
                    "scopes": "read write",
                },
            ).json()
            token = http.post(
                "/oauth/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": application["client_id"],
                    "client_secret": application["client_secret"],
                    "scope": "read write",
                },
            ).json()["access_token"]
            answer = http.post(
                "/api/v1/accounts",
                headers={"authorization": f"Bearer {token}"},
                data={
                    "username": unique,
                    "email": f"{unique}@example.test",
                    "password": "correct-horse",
                    "agreement": "true",
                    "locale": "en",
                },
            )
            person = Person(self.url, unique, answer.json()["access_token"])
        self._people.append(person)
        return person

    def break_next(self, path: str, effect: dict[str, Any], *, times: int = 1) -> None:
        """Let the next calls of a path fail, as the server's own fault injection does it."""
        rule = {"match": {"path": path}, "effect": effect, "count": times}
        response = httpx2.post(f"{self.url}/api/v1/_mock/faults", json=rule, trust_env=False)
        if response.status_code >= 300:
            raise AssertionError(response.text)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/api/v2/instance", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False
