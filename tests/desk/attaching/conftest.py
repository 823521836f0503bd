"""Desks for all these tests, one of each kind of store; each test has cases of its own on them."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from earful.channels.contract import Reply, Sent
from earful.model.desk import Role
from earful.model.message import Network
from earful.model.time import MINUTE
from earful.playground.connector import PlaygroundConnector
from earful.store.tables import cases, media, outbox
from tests.conftest import fresh_sqlite
from tests.desk.media.test_media import PICTURE
from tests.served import HTMX, Browser, Served
from tests.servers.postgres import PostgresServer


class Place:
    """One desk for many tests: each has cases of its own on it, with a customer of their own."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.kim, self.agent, self.lead = (
            served.signed_in(one) for one in (Role.ADMIN, Role.AGENT, Role.LEAD)
        )


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A desk on the embedded store."""
    folder = tmp_path_factory.mktemp("files")
    desk = Served(folder, fresh_sqlite(folder))
    yield Place(desk)
    desk.close()


@pytest.fixture(scope="session")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, migrated_postgres: str
) -> Iterator[Place]:
    """A desk on PostgreSQL."""
    url = postgres_server.database(like=migrated_postgres)
    desk = Served(tmp_path_factory.mktemp("files"), url)
    yield Place(desk)
    desk.close()
    postgres_server.drop(url)


@pytest.fixture(params=["place", "elsewhere"])
def either(request: pytest.FixtureRequest) -> Place:
    """A desk on each kind of store."""
    found: Place = request.getfixturevalue(request.param)
    return found


_customers = (f"customer{number}" for number in count(1))


class Case:
    """A case on a network that takes files, and what arrived there."""

    def __init__(self, place: Place, text: str = "My kettle leaks", by: str = "") -> None:
        self.served, self.arrived = place.served, list[Reply]()
        self.by = by or next(_customers)
        self.network = PlaygroundConnector(Network.MASTODON, self._take)
        connectors: Any = self.served.earful.receiver.connectors
        connectors[self.served.made.channel_id] = self.network
        (self.message,) = self.served.say(text, by=self.by)
        served = self.served
        self.id = served.case_of(self.message)

    async def _take(self, reply: Reply, _: Sent) -> None:
        self.arrived.append(reply)

    def add(self, browser: Browser, content: bytes = PICTURE, name: str = "leak.png", **more: Any) -> Any:
        return browser.post(
            f"/cases/{self.id}/files",
            data={"in_reply_to": self.message} | more,
            files={"upload": (name, content, "image/x-whatever")},
            headers=HTMX,
        )

    def files(self, **wanted: Any) -> list[Any]:
        rows = self.served.rows(select(media).where(media.c.case_id == self.id).order_by(media.c.made_at))
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def reply(self, browser: Browser, *ids: str, text: str = "Turn the lid as shown.", **more: Any) -> Any:
        data = {"text": text, "audience": "public", "in_reply_to": self.message, "file": list(ids)} | more
        return browser.post(f"/cases/{self.id}/reply", data=data, headers=HTMX)

    def send(self, later: int = MINUTE) -> None:
        self.served.ahead += later
        sender = self.served.earful.sender

        async def turn() -> None:
            for reply_id, state in await sender.due(self.served.now()):
                await sender.one(reply_id, state)

        asyncio.run(turn())
        self.served.settle()

    def page(self, browser: Browser) -> str:
        number = self.served.value(select(cases.c.number).where(cases.c.id == self.id))
        return browser.get(f"/inbox/case/{number}?view=all").text

    def replies(self) -> list[Any]:
        return self.served.rows(select(outbox).where(outbox.c.case_id == self.id).order_by(outbox.c.part))
