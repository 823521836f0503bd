"""A session and a resend, against the simulated server."""

from earful.channels.bluesky.connector import BlueskyConnector
from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.contract import Reply, ReplyTarget
from earful.model.message import Network, Visibility
from earful.model.time import HOUR
from earful.playground.networks.bluesky import PASSWORD, BlueskySimulator
from tests.channels.running import run
from tests.channels.simulated import simulated


def test_one_sign_in_is_enough_and_a_resend_changes_nothing() -> None:
    async def story() -> None:
        async with simulated(Network.BLUESKY) as (network, tools, clock):
            assert isinstance(network, BlueskySimulator)
            settings = BlueskySettings(handle="brewline.test", server=network.base_url)
            connector = BlueskyConnector(settings, BlueskySecrets(app_password=PASSWORD), tools)
            said = network.world.say(network.world.customer("ana"), "It leaks")
            uri = network.native_id(said)
            here = {"uri": uri, "cid": "c"}
            to = ReplyTarget(
                native_id=uri,
                namespace="at",
                visibility=Visibility.PUBLIC,
                context={"post": here, "root": here},
            )
            reply = Reply(client_id="one", text="We are sorry", audience=Visibility.PUBLIC, to=to)
            assert await connector.find(reply) is None
            first = await connector.send(reply)
            clock.at += 3 * HOUR
            again = await connector.send(reply)
            found = await connector.find(reply)
            assert found is not None
            assert first.native_id == again.native_id == found.native_id
            assert sum(one.ours for one in network.world.said.values()) == 1
            assert network.sign_ins == 1
            assert network.violations == []

    run(story())


def test_a_wrong_app_password_is_named() -> None:
    async def story() -> None:
        async with simulated(Network.BLUESKY) as (network, tools, _):
            settings = BlueskySettings(handle="brewline.test", server=network.base_url)
            connector = BlueskyConnector(settings, BlueskySecrets(app_password="wrong"), tools)
            problems = await connector.check()
            assert "new app password" in problems[0]

    run(story())
