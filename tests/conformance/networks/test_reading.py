"""What befalls the reading of networks that are asked: it is told, and nothing that was said meanwhile is lost."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from earful.intake.counts import posts
from earful.model.message import Network
from earful.model.time import MINUTE
from earful.outbox.wire import RefusedReplyError
from earful.playground.networks.app import SIMULATORS
from earful.playground.networks.knobs import Fault
from earful.store.tables import channels
from tests.conformance.networks.town import Town

NETWORKS = [network for network, simulator in SIMULATORS.items() if not simulator.pushes]
READ_ONLY = [network for network, simulator in SIMULATORS.items() if not simulator.answers]
METRICS_ONLY = [network for network, simulator in SIMULATORS.items() if not simulator.speaks]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.value)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One desk, all networks that are asked and all that can only be read."""
    town = Town(tmp_path_factory.mktemp("reading"), *dict.fromkeys([*NETWORKS, *READ_ONLY]))
    yield town
    town.close()


def says(town: Town, network: Network, text: str) -> str:
    """Somebody says something, or the brand where nobody else is heard; returns its native id, not kept yet."""
    simulator = town.networks.simulators[network]
    by = simulator.world.customer("ana") if simulator.speaks else simulator.world.brand
    return simulator.native_id(simulator.world.say(by, text, private=not simulator.has_public))


def arrived(town: Town, network: Network, native_id: str) -> None:
    """Wait until it is kept."""

    def is_kept() -> bool:
        town.settle()
        return native_id in {row["native_id"] for row in town.kept(network)}

    town.until(is_kept)


def trouble(town: Town, network: Network) -> str:
    """What the channel says is wrong."""
    row = town.rows(select(channels).where(channels.c.id == town.channel_ids[network]))[0]
    return str(row["trouble"])


def check(town: Town, network: Network) -> list[str]:
    """What a check of the channel finds."""
    return town.run(town.earful.receiver.connectors[town.channel_ids[network]].check())


@every_network
def test_faults_while_reading_are_told_and_lose_nothing(town: Town, network: Network) -> None:
    assert trouble(town, network) == ""
    knobs = town.networks.simulators[network].knobs
    knobs.share = {Fault.LIMITED: 0.3, Fault.LIMITED_BARE: 0.3, Fault.BROKEN: 1.0}
    native_id = says(town, network, "Said while every request goes wrong.")
    town.until(lambda: trouble(town, network))
    knobs.share = {}
    arrived(town, network, native_id)
    town.until(lambda: not trouble(town, network))


@every_network
def test_a_token_that_was_taken_back_is_named_and_what_is_said_meanwhile_comes_later(
    town: Town, network: Network
) -> None:
    simulator = town.networks.simulators[network]
    assert check(town, network) == []
    simulator.knobs.revoked = True
    native_id = says(town, network, "Said while nobody may listen.")
    town.until(lambda: trouble(town, network))
    assert check(town, network), "a check must say that the token is not good"
    simulator.knobs.revoked = False
    town.reconnect(network)
    arrived(town, network, native_id)
    town.until(lambda: not trouble(town, network))
    assert simulator.violations == []


@every_network
def test_a_permission_to_read_that_is_missing_is_named_by_a_check(town: Town, network: Network) -> None:
    simulator = town.networks.simulators[network]
    if simulator.answers or not simulator.has_permissions:
        pytest.skip("reading needs no permission of its own")
    simulator.knobs.missing_permission = simulator.permission
    found = check(town, network)
    simulator.knobs.missing_permission = ""
    assert any(simulator.permission in one for one in found)
    assert check(town, network) == []


@pytest.mark.parametrize("network", READ_ONLY, ids=lambda network: network.value)
def test_an_answer_where_nobody_can_answer_is_refused_at_once(town: Town, network: Network) -> None:
    native_id = says(town, network, "Who hears me?")
    arrived(town, network, native_id)
    with pytest.raises(RefusedReplyError):
        town.answer(native_id, "We do.", network=network)


@pytest.mark.parametrize("network", METRICS_ONLY, ids=lambda network: network.value)
def test_what_the_brand_posts_comes_with_counts_that_grow(town: Town, network: Network) -> None:
    native_id = says(town, network, "A grinder for left hands.")
    arrived(town, network, native_id)
    town.ahead += 3 * MINUTE

    def grown() -> bool:
        town.settle()
        told = town.earful.store.read_now(lambda tx: posts(tx, town.channel_ids[network]))
        return any(one.text == "A grinder for left hands." and one.counts["views"] >= 3 for one in told.posts)

    town.until(grown)
    assert town.message(native_id, network)["case_id"] is None
