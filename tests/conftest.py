"""Fixtures that every test may use: a fresh store of each kind, and a desk without network on top of it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import insert
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from earful.channels.contract import RawDelivery, Receipt
from earful.intake import service
from earful.log.embedded import EmbeddedLog
from earful.log.runner import drain
from earful.model.message import Actor, Direction, IncomingMessage, MessageKind
from earful.model.time import Instant, instant
from earful.store.migrate import migrate
from earful.store.store import Store
from earful.store.tables import channels, users
from earful.triage.subject import Brand
from earful.wiring import readers
from tests.served import Served
from tests.servers.postgres import PostgresServer

pytest_plugins = ["tests.servers.fixtures"]

TOGETHER = (
    "tests/browser/",
    "tests/conformance/networks/test_reading.py",
    "tests/crash/",
    "tests/bench/",
    "tests/playground/test_replay.py",
    "tests/playground/test_load.py",
    "tests/web/test_pages.py",
    "tests/triage/test_task.py",
    "tests/real/test_kannel.py",
    "tests/real/test_isso.py",
    "tests/conformance/networks/test_mail.py",
    "tests/conformance/networks/test_visitors.py",
)
"""Tests that share something costly (a whole desk in use, a process that forks): one worker runs all of them."""
OF_ONE_NETWORK = ("tests/conformance/networks/test_networks.py", "tests/conformance/networks/test_replies.py")
"""Each network has a desk of its own, which all tests of that network share."""


class ByGroup(LoadScopeScheduling):
    """`--dist loadgroup` that groups by place: pytest 9.2 no longer shows xdist 3.8 the marks of groups."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(OF_ONE_NETWORK):
            return nodeid.partition("[")[2]
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """How tests are given to workers."""
    return ByGroup(config, log) if config.getoption("dist") == "loadgroup" else None


START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NOW = instant(START)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "earful.sqlite3"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def fresh_sqlite(folder: Path) -> str:
    """A migrated embedded database, copied from one that was migrated once."""
    path = folder / "earful.sqlite3"
    path.write_bytes(_migrated())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind, copied from one that was migrated once."""
    if request.param == "sqlite":
        yield fresh_sqlite(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database(like=request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop(url)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store of each kind."""
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An embedded store, where the database does not matter."""
    opened = Store(fresh_sqlite(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def served(store_url: str, tmp_path: Path) -> Iterator[Served]:
    """The web application on a store of each kind."""
    desk = Served(tmp_path, store_url)
    yield desk
    desk.close()


@pytest.fixture
def small_served(tmp_path: Path) -> Iterator[Served]:
    """The web application on the embedded store."""
    desk = Served(tmp_path, fresh_sqlite(tmp_path))
    yield desk
    desk.close()


class Desk:
    """A desk without network: messages in, consumers run to the end, rows to look at."""

    channel = "channel-1"
    user = "user-1"

    def __init__(self, store: Store) -> None:
        self.store = store
        self.log = EmbeddedLog()
        self.now = NOW
        self.consumers = readers(self.log, brand=lambda _tx: Brand(), key="key")
        store.write_now(
            lambda tx: tx.execute(
                insert(channels).values(id=self.channel, network="mastodon", name="acme", created_at=NOW)
            )
        )
        store.write_now(
            lambda tx: tx.execute(
                insert(users).values(
                    id=self.user,
                    email="kim@acme.example",
                    name="Kim Doe",
                    password_hash="",
                    role="agent",
                    sign_off="^KD",
                    active=True,
                    created_at=NOW,
                )
            )
        )

    def clock(self) -> Instant:
        """The desk's own time, moved by tests."""
        return self.now

    def receive(self, *messages: IncomingMessage, delivery: str = "", channel: str = "") -> Receipt:
        """Accept one delivery."""
        raw = RawDelivery(transport="webhook", body=b"{}", native_delivery_id=delivery)
        verb = service.accept(self.log, channel or self.channel, raw, messages, self.now)
        return self.store.write_now(verb)

    def settle(self) -> None:
        """Let every consumer finish."""
        drain(self.store, self.log, self.consumers, self.clock)


@pytest.fixture
def desk(store: Store) -> Desk:
    """A desk on each kind of store."""
    return Desk(store)


@pytest.fixture
def small_desk(sqlite_store: Store) -> Desk:
    """A desk on the embedded store."""
    return Desk(sqlite_store)


Write = Callable[..., IncomingMessage]


def write(
    native_id: str, text: str = "My kettle is broken", *, minute: int = 0, by: str = "ana", **more: object
) -> IncomingMessage:
    """A message as a network would bring it."""
    values: dict[str, object] = {"kind": MessageKind.MENTION} | more
    return IncomingMessage(
        native_id=native_id,
        text=text,
        occurred_at=START + timedelta(minutes=minute),
        author=Actor(native_id=by, handle=f"{by}@example.social", name=by.title()),
        **values,  # type: ignore[arg-type]
    )


def answer(
    native_id: str, parent: str, text: str = "Sorry to hear that", *, minute: int = 0, **more: object
) -> IncomingMessage:
    """A message of ours."""
    return write(
        native_id, text, minute=minute, by="acme", parent_id=parent, direction=Direction.OUTBOUND, **more
    )


def texts(messages: Sequence[IncomingMessage]) -> list[str]:
    """What was said."""
    return [message.text for message in messages]
