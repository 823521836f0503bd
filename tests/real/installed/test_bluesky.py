"""A Bluesky account on Bluesky's own server: what the account says, what it answers, and what is taken back there."""

from collections.abc import Iterator

import pytest

from earful.channels.bluesky.connector import BlueskyConnector
from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.contract import Reply, ReplyTarget
from earful.model.message import Direction, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run, tools
from tests.servers import pds
from tests.servers.pds import Account, Pds

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pds]:
    if why := pds.missing():
        pytest.skip(why)
    started = Pds(tmp_path_factory.mktemp("pds"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def brand(server: Pds) -> Account:
    return Account(server.address, "brewline.test", "brewline-password")


@pytest.fixture(scope="module")
def ana(server: Pds) -> Account:
    return Account(server.address, "ana.test", "ana-password")


def connector(brand: Account, password: str) -> BlueskyConnector:
    settings = BlueskySettings(handle=brand.handle, server=brand.server, direct=False, poll_seconds=5)
    return BlueskyConnector(settings, BlueskySecrets(app_password=password), tools())


def answer(said: dict[str, str], text: str, client_id: str) -> Reply:
    here = {"uri": said["uri"], "cid": said["cid"]}
    to = ReplyTarget(
        native_id=said["uri"],
        namespace="at",
        visibility=Visibility.PUBLIC,
        context={"post": here, "root": here},
    )
    return Reply(client_id=client_id, text=text, audience=Visibility.PUBLIC, to=to)


def test_an_answer_is_one_record_however_often_it_is_sent(brand: Account, ana: Account) -> None:
    async def story() -> None:
        ours = connector(brand, brand.app_password("one"))
        assert await ours.check() == []
        said = ana.say("@brewline.test my grinder hums")
        reply = answer(said, "Sorry! See https://brewline.example/help #grinder", "reply-1")
        assert await ours.find(reply) is None
        first, again = await ours.send(reply), await ours.send(reply)
        found = await ours.find(reply)
        assert found is not None
        assert first.native_id == again.native_id == found.native_id
        (record,) = [one for one in brand.posts() if one["uri"] == first.native_id]
        value = record["value"]
        assert isinstance(value, dict)
        assert (
            value["reply"] == {"root": said, "parent": said} or value["reply"]["parent"]["uri"] == said["uri"]
        )
        assert [one["features"][0]["$type"].rpartition("#")[2] for one in value["facets"]] == ["link", "tag"]

    run(story())


def test_what_the_account_says_elsewhere_comes_in(brand: Account) -> None:
    async def story() -> None:
        inlet = MemoryInlet()
        said = brand.say("We are open on Sunday")
        async with receiving(connector(brand, brand.app_password("two")), inlet):
            await inlet.until(lambda: any(one.native_id == said["uri"] for one in inlet.messages()))
        (own,) = [one for one in inlet.messages() if one.native_id == said["uri"]]
        assert (own.direction, own.text) == (Direction.OUTBOUND, "We are open on Sunday")

    run(story())


def test_a_post_that_was_taken_back_is_not_there(brand: Account, ana: Account) -> None:
    async def story() -> None:
        ours = connector(brand, brand.app_password("three"))
        said = ana.say("Forget it")
        there = await ours._lookup.exists(said["uri"])
        ana.delete(said["uri"])
        assert (there, await ours._lookup.exists(said["uri"])) == (True, False)

    run(story())


def test_a_wrong_password_is_named(brand: Account) -> None:
    async def story() -> None:
        problems = await connector(brand, "aaaa-bbbb-cccc-dddd").check()
        assert "app password" in problems[0]

    run(story())
