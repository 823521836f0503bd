"""Fixtures of real servers: one of each for a whole run and worker, started when first asked for.

A server that cannot run here skips its tests and says which package is missing.
"""

from collections.abc import Iterator

import pytest

from earful.store.migrate import migrate
from tests.servers import mail as mail_module
from tests.servers import mastodon as mastodon_module
from tests.servers import postgres as postgres_module
from tests.servers.feeds import FeedServer
from tests.servers.mail import MailServers
from tests.servers.mastodon import MastodonServer
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailServers]:
    """A real Postfix and a real Dovecot."""
    if why := mail_module.missing():
        pytest.skip(why)
    servers = MailServers()
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def mastodon_server() -> Iterator[MastodonServer]:
    """A running mastodon-mock."""
    if why := mastodon_module.missing():
        pytest.skip(why)
    server = MastodonServer()
    yield server
    server.stop()


@pytest.fixture
def feed_server() -> Iterator[FeedServer]:
    """An HTTP server with a feed, fresh for each test."""
    server = FeedServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A private PostgreSQL cluster, one for each worker."""
    if why := postgres_module.missing():
        pytest.skip(why)
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The URL of a migrated PostgreSQL database that nobody uses: others are copied from it."""
    url = postgres_server.database()
    migrate(url)
    return url


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database: `postgresql+psycopg://...`."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)
