"""What the tests of all networks say, and how they look what came of it."""

import pytest

from earful.playground.networks.knobs import Fault
from earful.playground.networks.world import Said
from tests.conformance.networks.town import Town

customers = (f"customer{number}" for number in range(1, 10_000))
"""Names that nobody had before."""


def says(town: Town, text: str, *, private: bool | None = None) -> str:
    """A new customer says something where the network has room for it; returns its native id, kept by the desk."""
    one = town.simulator.world.customer(next(customers))
    private = not town.simulator.has_public if private is None else private
    said = town.simulator.world.say(one, text, private=private)
    native_id = town.simulator.native_id(said)
    town.arrived(native_id)
    return native_id


def seen(town: Town, said: Said) -> None:
    """What is asked for must be there long enough to be seen: nothing tells of what came and went in between."""
    if not town.simulator.pushes:
        town.arrived(town.simulator.native_id(said))


def answered(town: Town) -> None:
    """What follows is about answers."""
    if not town.simulator.answers:
        pytest.skip("nobody can answer there")


def befallen(town: Town, *faults: Fault) -> list[Fault]:
    """Those of the faults that the network has."""
    answered(town)
    found = [fault for fault in faults if fault in town.simulator.faults]
    if not found:
        pytest.skip("the network has no such faults")
    return found


def said_by_us(town: Town, text: str) -> int:
    """How often the network has a text of ours."""
    return sum(one.ours and text in one.text for one in town.simulator.world.said.values())


def ours(town: Town, text: str) -> int:
    """How often the desk has it."""
    return sum(row["direction"] == "outbound" and text in row["text"] for row in town.kept())
