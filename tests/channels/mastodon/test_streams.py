"""What streams tell arrives without a look."""

from earful.channels.mastodon.connector import MastodonConnector
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.model.message import Network
from earful.playground.networks.mastodon import MastodonSimulator
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.channels.served import served


def test_streams_tell_of_mentions_and_of_what_becomes_of_private_ones() -> None:
    async def story() -> None:
        async with served(Network.MASTODON) as network:
            assert isinstance(network, MastodonSimulator)
            wiring = network.wiring()
            # Two looks are an hour apart: nothing but the streams can tell.
            settings = MastodonSettings(**wiring.settings | {"look_again_seconds": 3_600})
            connector = MastodonConnector(settings, MastodonSecrets(**wiring.secrets), allow_private=True)
            inlet, ana = MemoryInlet(), network.world.customer("ana")
            async with receiving(connector, inlet):
                await inlet.until(lambda: "mastodon:own" in inlet.cursors and inlet.signs_of_life >= 2)
                first = network.world.say(ana, "My kettle leaks.")
                second = network.world.say(ana, "My number is BL-1", private=True)
                network.world.edit(second.id, "My number is BL-2")
                network.world.delete(first.id)
                await inlet.until(lambda: sum(one.edits + one.deleted for one in inlet.kept.values()) == 2)
            now = {one.message.native_id: (one.message.text, one.deleted) for one in inlet.kept.values()}
            assert now == {first.id: ("My kettle leaks.", True), second.id: ("My number is BL-2", False)}
            assert network.violations == []

    run(story())
