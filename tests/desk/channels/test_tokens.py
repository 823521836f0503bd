"""Tokens of a channel: renewed once however many ask, and consent that only its asker brings home."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import select

from earful.channels.kit.oauth import Grant, GrantRefused
from earful.channels.kit.tools import shared_client
from earful.desk.channels import service as channels
from earful.desk.channels import tokens
from earful.desk.channels.tokens import CONSENT, LEASE, ConsentRefused, Keeper
from earful.intake.ledger import reading
from earful.model.message import Network
from earful.model.time import Instant
from earful.store.audit import EARFUL, Who
from earful.store.tables import channel_tokens
from tests.channels.kit.endpoint import CLIENT, Endpoint, provider
from tests.served import Served


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def channel_id(served: Served) -> str:
    return served.write(
        lambda tx: (
            channels.create(
                tx,
                served.earful.vault,
                EARFUL,
                network=Network.X,
                name="brand-x",
                settings={"a": 1},
                now=served.now(),
            ).id
        )
    )


def give(served: Served, channel_id: str, *, ends_in: int, refresh: str = "r1") -> None:
    grant = Grant(
        access_token="old",
        refresh_token=refresh,
        expires_at=Instant(served.now() + ends_in),
        scopes=("read",),
    )
    served.write(lambda tx: tokens.keep(tx, served.earful.vault, channel_id, grant, served.now()))


def keeper(served: Served, channel_id: str, http: httpx2.AsyncClient, endpoint: Endpoint) -> Keeper:
    return Keeper(
        served.store, served.earful.vault, http, served.now, channel_id=channel_id, provider=provider(endpoint),
        client=CLIENT,
    )  # fmt: skip


def test_many_who_ask_at_once_renew_once(served: Served, channel_id: str, endpoint: Endpoint) -> None:
    give(served, channel_id, ends_in=60_000)

    async def story() -> list[str]:
        async with shared_client(allow_private=True) as http:
            several = [keeper(served, channel_id, http, endpoint) for _ in range(3)]
            return list(await asyncio.gather(*(one.access() for one in several for _ in range(5))))

    assert set(asyncio.run(story())) == {"a1"}
    assert endpoint.renewed == 1
    row = served.rows(select(channel_tokens))[0]
    assert b'"a1"' not in row["sealed"]  # with its quotes: two letters alone stand in any cipher now and then
    assert row["lease_until"] is None


def test_a_token_that_was_refused_is_renewed_whatever_its_time(
    served: Served, channel_id: str, endpoint: Endpoint
) -> None:
    give(served, channel_id, ends_in=3_600_000)

    async def story() -> tuple[str, str]:
        async with shared_client(allow_private=True) as http:
            one = keeper(served, channel_id, http, endpoint)
            before = await one.access()
            await one.refused(before)
            return before, await one.access()

    assert asyncio.run(story()) == ("old", "a1")


def test_a_renewal_that_was_cut_off_is_done_by_the_next_and_a_no_is_told(
    served: Served, channel_id: str, endpoint: Endpoint
) -> None:
    give(served, channel_id, ends_in=0)
    served.write(lambda tx: tx.execute(channel_tokens.update().values(lease_until=served.now() + LEASE)))
    served.ahead += LEASE + 1

    async def ask() -> str:
        async with shared_client(allow_private=True) as http:
            return await keeper(served, channel_id, http, endpoint).access()

    assert asyncio.run(ask()) == "a1"
    give(served, channel_id, ends_in=0, refresh="stolen")
    with pytest.raises(GrantRefused, match="connect the account again"):
        asyncio.run(ask())
    entry = served.store.read_now(lambda tx: reading.entries(tx, served.now()))[channel_id]
    assert "connect the account again" in entry.token_error


def test_a_consent_comes_home_once_in_time_and_to_whoever_began_it(served: Served, channel_id: str) -> None:
    kim, vault = Who(id=served.made.admin, name="Kim"), served.earful.vault

    def begin() -> str:
        return served.write(lambda tx: tokens.begin(tx, vault, kim, channel_id, served.now()))[0]

    def home(state: str, who: Who = kim) -> tokens.Begun:
        return served.write(lambda tx: tokens.come_back(tx, vault, who, state, served.now()))

    state = begin()
    assert home(state).channel_id == channel_id
    for wrong, who in ((state, kim), ("guess", kim), (begin(), Who(id="lou", name="Lou"))):
        with pytest.raises(ConsentRefused):
            home(wrong, who)
    late = begin()
    served.ahead += CONSENT + 1
    with pytest.raises(ConsentRefused):
        home(late)
