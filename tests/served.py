"""The whole web application in this process, over a store of either kind, with a clock that tests move.

Consumers run when a test says so (`settle`), so that every test sees the same steps.
"""

import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from litestar.testing import TestClient
from sqlalchemy import Select, func, select

from earful.channels.contract import Connector
from earful.config import Settings
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.log.runner import drain
from earful.model.desk import Role
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.connector import PlaygroundConnector
from earful.store.audit import EARFUL
from earful.store.tables import messages
from earful.store.tx import Row, Tx
from earful.web.app import build
from earful.wiring import Earful
from tests.servers.earful import PASSWORD, prepare, signed

T = TypeVar("T")
CHANNEL = "shop"
HTMX = {"hx-request": "true"}


@contextlib.asynccontextmanager
async def _idle() -> AsyncIterator[None]:
    """Nothing runs by itself."""
    yield


class Browser:
    """Cookies and headers of one visitor; all visitors share one running application."""

    def __init__(self, http: TestClient[Any]) -> None:
        self._http = http
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {}

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        headers = {**self.headers, **(more.pop("headers", None) or {})}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._http.cookies.clear()
        answer = self._http.request(method, path, headers=headers, follow_redirects=False, **more)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        """PUT."""
        return self.request("PUT", path, **more)


class Served:
    """One application with an admin (Kim), a token and a chat channel that takes signed webhooks."""

    def __init__(self, folder: Path, database: str, **settings: Any) -> None:
        self.ahead = 0
        """Milliseconds that this desk's clock is ahead."""
        values = {"data": str(folder), "database": database, "host": "testserver.local"} | settings
        self.settings = Settings(**values)
        self.earful = Earful(self.settings, self.now)
        self.store = self.earful.store
        self.made = prepare(self.store, self.earful.vault, channel=CHANNEL)
        self.consumers = self.earful.consumers()
        connectors: dict[str, Connector] = self.earful.receiver.connectors
        connectors[self.made.channel_id] = PlaygroundConnector(Network.MASTODON)
        self.app = build(self.earful.parts, _idle, setup_code="code")
        self._http = TestClient(self.app, base_url="http://testserver.local", raise_server_exceptions=False)
        self._http.__enter__()

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000 + self.ahead)

    def close(self) -> None:
        self._http.__exit__(None, None, None)
        self.store.close()

    def client(self) -> "Browser":
        """A browser or program that nobody knows yet."""
        return Browser(self._http)

    def signed_in(self, role: Role = Role.ADMIN) -> "Browser":
        """A browser with a session of a colleague of that role; Kim for admin."""
        user_id = self.made.admin if role is Role.ADMIN else self.colleague(role)
        cookie = self.write(
            lambda tx: users.start_session(tx, user_id, agent="tests", address="127.0.0.1", now=self.now())
        )
        client = self.client()
        client.cookies["earful_session"] = cookie
        page = client.get("/inbox")
        assert page.status_code == 200, page.text[:300]
        client.headers["x-csrftoken"] = csrf_of(page.text)
        return client

    def colleague(self, role: Role, name: str = "") -> str:
        name = name or f"{role.title()} Doe"
        email = f"{name.lower().replace(' ', '.')}@acme.example"
        return self.write(
            lambda tx: (
                users.create_user(
                    tx, EARFUL, email=email, name=name, role=role, password=PASSWORD, now=self.now()
                ).id
            )
        )

    def token(self, *scopes: Permission) -> dict[str, str]:
        """Headers of a program with a fresh token."""
        who = msgspec.structs.replace(EARFUL, id=self.made.admin)
        made = self.write(
            lambda tx: users.create_token(tx, who, name="program", scopes=list(scopes), now=self.now())
        )
        return {"authorization": f"Bearer {made}"}

    def write(self, verb: Callable[[Tx], T]) -> T:
        return self.store.write_now(verb)

    def rows(self, query: Select[Any]) -> list[Row]:
        return self.store.read_now(lambda tx: tx.rows(query))

    def value(self, query: Select[Any]) -> Any:
        return self.store.read_now(lambda tx: tx.value(query))

    def kept(self) -> int:
        """Messages in the database."""
        return int(self.value(select(func.count()).select_from(messages)))

    def settle(self) -> None:
        """Let every consumer finish."""
        drain(self.store, self.earful.log, self.consumers, self.now)

    def hook(
        self, said: Any, *, channel: str = CHANNEL, secret: str = "", webhook_id: str = "", query: str = ""
    ) -> httpx.Response:
        """Hand in a signed delivery."""
        body = said if isinstance(said, bytes) else msgspec.json.encode(said)
        headers = signed(secret or self.made.secret, body, at_ms=self.now(), webhook_id=webhook_id)
        return self.program().post(f"/hooks/{channel}{query}", content=body, headers=headers)

    def program(self) -> "Browser":
        """A client without cookies."""
        return self.client()

    def say(self, *texts: str, by: str = "ana", **more: Any) -> list[str]:
        """A customer says something; returns the ids of the messages, threaded and rated."""
        said = [message(text, by=by, **more) for text in texts]
        assert self.hook(said).status_code == 202
        self.settle()
        names = [one["native_id"] for one in said]
        found = {
            row["native_id"]: row["id"] for row in self.rows(select(messages.c.native_id, messages.c.id))
        }
        return [found[name] for name in names]

    def case_of(self, message_id: str) -> str:
        return str(self.value(select(messages.c.case_id).where(messages.c.id == message_id)))


_number = iter(range(1, 1_000_000))


def message(text: str = "My kettle is broken", *, by: str = "ana", **more: Any) -> dict[str, Any]:
    """A message as a program would hand it in."""
    return {
        "native_id": f"n{next(_number)}",
        "occurred_at": "2026-11-01T09:00:00Z",
        "author": {"native_id": by, "handle": by, "name": by.title()},
        "text": text,
        "kind": "mention",
    } | more


def csrf_of(page: str) -> str:
    """The token that a page carries for its scripts and forms."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page) or re.search(
        r'name="_csrf_token" value="([^"]+)"', page
    )
    assert found is not None, page[:400]
    return found.group(1)
