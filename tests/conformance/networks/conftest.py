"""One desk for each network, and what ran for which: EARFUL_CONFORMANCE names the page (`make conformance`)."""

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from earful.model.message import Network
from earful.playground.networks.app import SIMULATORS
from tests.conformance.networks.mail import MailSimulator
from tests.conformance.networks.town import Town
from tests.conformance.networks.visitors import Visitors

PAST = "This was said long before anybody listened."
NETWORKS = [network for network, simulator in SIMULATORS.items() if simulator.speaks]
NETWORKS += [Network.CHAT, Network.EMAIL]
_found: dict[str, dict[str, str]] = {}
HEAD = """# What every network's channel was tried with

Made by `make conformance`, which runs `tests/conformance/networks` against simulated networks: they speak the networks'
wire formats over real HTTP and fail as real ones do. Mail comes by a real Postfix into a real Dovecot; the web chat's
customers are browsers that speak the desk's own protocol. *yes*: it ran and held. *–*: the network has no such thing.

"""


@pytest.fixture(scope="session", params=NETWORKS, ids=lambda network: network.value)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One desk and one network for the tests of it."""
    network = request.param
    own: Callable[[Town], Visitors | MailSimulator] | None = None
    if network is Network.EMAIL:
        own = partial(MailSimulator, servers=request.getfixturevalue("mail_servers"))
    elif network is Network.CHAT:
        own = Visitors
    town = Town(tmp_path_factory.mktemp(network.value), network, own=own, past=PAST)
    yield town
    town.close()


@pytest.fixture
def calm(town: Town) -> Iterator[None]:
    """No knob stays turned from one test to the next."""
    yield
    knobs = town.simulator.knobs
    knobs.next.clear()
    knobs.share.clear()
    knobs.revoked, knobs.missing_permission = False, ""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note the outcome of each test for each network."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    named = re.fullmatch(r"test_(\w+)\[(\w+)\]", item.name)
    # What cannot run on this machine has no column, instead of one that says that there is nothing.
    if named is None or report.when == "teardown" or (report.when == "setup" and not report.failed):
        return
    word = "yes" if report.passed else "–" if report.skipped else "**no**"
    _found.setdefault(named[1].replace("_", " "), {})[named[2]] = word


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page where one is named."""
    page = os.environ.get("EARFUL_CONFORMANCE")
    if not page or not _found:
        return
    networks = list(dict.fromkeys(network for row in _found.values() for network in row))
    lines = ["| | " + " | ".join(networks) + " |", "|---|" + "---|" * len(networks)]
    lines += [
        f"| {what} | " + " | ".join(row.get(network, "–") for network in networks) + " |"
        for what, row in _found.items()
    ]
    Path(page).write_text(HEAD + "\n".join(lines) + "\n")
