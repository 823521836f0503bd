"""Writes what ran for which network: EARFUL_CONFORMANCE names the page (`make conformance`)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_found: dict[str, dict[str, str]] = {}
HEAD = """# What every network's channel was tried with

Made by `make conformance`, which runs `tests/conformance/networks` against simulated networks: they speak the networks'
wire formats over real HTTP and fail as real ones do. Mail comes by a real Postfix into a real Dovecot; the web chat's
customers are browsers that speak the desk's own protocol. *yes*: it ran and held. *–*: the network has no such thing.

"""


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
