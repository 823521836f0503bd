"""The stream of all posts on real sockets, told by a double of Jetstream of our own: no package has the real server."""

from earful.channels.bluesky.connector import BlueskyConnector
from earful.channels.bluesky.firehose import CURSOR
from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.socket import open_socket
from earful.channels.kit.stream import StreamRefused
from earful.model.message import MessageKind, Network
from earful.playground.networks.bluesky import PASSWORD, BlueskySimulator
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run, tools
from tests.channels.served import served


def test_posts_that_name_us_arrive_and_their_deletion_too_also_after_a_break() -> None:
    async def story() -> None:
        async with served(Network.BLUESKY) as network:
            assert isinstance(network, BlueskySimulator)
            wiring = network.wiring()
            given = wiring.settings | {"poll_seconds": 3_600, "look_again_minutes": 60, "direct": False}
            inlet, ana = MemoryInlet(), network.world.customer("ana", "Ana")

            def streamed() -> list[bytes]:
                return [one.body for one in inlet.deliveries if one.transport == "stream" and one.body]

            def connector() -> BlueskyConnector:
                settings, secrets = BlueskySettings(**given), BlueskySecrets(app_password=PASSWORD)
                return BlueskyConnector(settings, secrets, tools())

            async with receiving(connector(), inlet):
                await inlet.until(lambda: inlet.signs_of_life > 0)
                network.world.say(ana, "Nice weather")
                said = network.world.say(ana, "My Brewline leaks <b>again</b>")
                await inlet.until(lambda: len(streamed()) == 1)
                assert b"My Brewline leaks" in streamed()[0]
                (kept,) = inlet.kept.values()
                assert (kept.message.native_id, kept.message.kind) == (
                    network.native_id(said),
                    MessageKind.POST,
                )
                assert kept.message.author is not None
                assert (kept.message.author.handle, kept.message.author.name) == ("ana.test", "Ana")
            assert CURSOR in inlet.cursors
            later = network.world.say(ana, "Brewline, are you there?")
            network.world.delete(said.id)
            async with receiving(connector(), inlet):
                await inlet.until(lambda: kept.deleted and len(streamed()) >= 3)
            assert any(network.native_id(later).rpartition("/")[2].encode() in one for one in streamed())
            assert inlet.troubles == []

    run(story())


def test_a_socket_goes_to_public_addresses_only_and_names_a_refusal() -> None:
    async def story() -> None:
        async with served(Network.BLUESKY) as network:
            for path, allowed, fault in (("nothing", True, StreamRefused), ("", False, AddressRefused)):
                url = f"{network.base_url.replace('http', 'ws')}/xrpc/{path}"
                try:
                    async with open_socket(url, allow_private=allowed, heartbeat_seconds=10):
                        raise AssertionError("it opened")
                except fault:
                    pass

    run(story())
