"""A day on which everything goes wrong that can: every knob of four networks turned, thousands of messages, answers in
between. In the end every message is there once, as its author left it, and no customer was answered twice.

`make day` lives a whole one of ten thousand messages and writes what became of it (EARFUL_DAY_PAGE). EARFUL_DAY names a
folder that keeps the desk.
"""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from earful.model.desk import SendState
from earful.model.message import Direction, Network
from earful.outbox.rules import OUT
from earful.playground.networks.knobs import Fault
from earful.playground.networks.world import Said
from earful.store.tables import messages
from tests.conformance.networks.day_page import Told, write
from tests.conformance.networks.town import Town

NETWORKS = (Network.FACEBOOK, Network.X, Network.REDDIT, Network.BLUESKY)
MESSAGES = int(os.environ.get("EARFUL_DAY_MESSAGES", "1500"))
AT_ONCE, ANSWERS = 250, 6
HOURS = 24
SHARES = {
    Fault.DUPLICATE: 0.05, Fault.REORDER: 0.1, Fault.DELAY: 0.02, Fault.LIMITED: 0.01, Fault.LIMITED_BARE: 0.01,
    Fault.BROKEN: 0.02, Fault.LOST_ANSWER: 0.2, Fault.UNREADABLE: 0.01,
}  # fmt: skip
TEXTS = (
    "My parcel is late.",
    "The lid is broken!",
    "Thanks, it works.",
    "Where do I find the manual?",
    "Not again…",
)


class Day:
    """What happens, and what must have come of it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.dice = random.Random(11)
        self.said: dict[Network, list[Said]] = {network: [] for network in NETWORKS}
        self.replies: list[tuple[Network, str, str]] = []

    def knobs(self, *, turned: bool) -> None:
        """Turn all of them, or none."""
        for network in NETWORKS:
            knobs = self.town.networks.simulators[network].knobs
            knobs.share = dict(SHARES) if turned else {}
            knobs.delay_seconds, knobs.wait_seconds = 0.05, 1

    def some(self, count: int) -> None:
        """Customers say, change and take back things, all over the place."""
        for number in range(count):
            network = self.dice.choice(NETWORKS)
            simulator, before = self.town.networks.simulators[network], self.said[network]
            customer = simulator.world.customer(f"customer{int(2_000 * self.dice.random() ** 2)}")
            said = simulator.world.say(customer, f"{self.dice.choice(TEXTS)} #{len(before)}.{number}")
            before.append(said)
            change = self.dice.random()
            # A network that is asked shows what is there; what came and went in between, nobody ever tells.
            # Nor is looked at again what lies further back than a network lets us ask for.
            old = before[-min(len(before), AT_ONCE + self.dice.randrange(100))]
            if change < 0.03 and simulator.has_edits and not old.deleted and len(before) > AT_ONCE:
                simulator.world.edit(old.id, f"{old.text} (I looked again)")
            elif change > 0.98 and simulator.has_deletes and not old.deleted and len(before) > AT_ONCE:
                simulator.world.delete(old.id)

    def settled(self) -> None:
        """Everything new has arrived."""
        for network, said in self.said.items():
            simulator = self.town.networks.simulators[network]
            wanted = {simulator.native_id(one) for one in said[-AT_ONCE:] if not one.deleted}

            def are_there(network: Network = network, wanted: set[str] = wanted) -> bool:
                self.town.settle()
                channel_id = self.town.channel_ids[network]
                of_them = (messages.c.channel_id == channel_id) & messages.c.native_id.in_(wanted)
                return len(self.town.rows(select(messages.c.native_id).where(of_them))) >= len(wanted)

            self.town.until(are_there, seconds=60)
        # What is asked for comes at any time, also between the reading and the look.
        self.town.settle()

    def answer(self, count: int) -> None:
        """Agents answer some of what is newest."""
        for _ in range(count):
            network = self.dice.choice(NETWORKS)
            simulator = self.town.networks.simulators[network]
            one = next(one for one in reversed(self.said[network]) if not one.deleted)
            text = f"We look into it, reference {len(self.replies):04}."
            self.replies.append(
                (network, text, self.town.answer(simulator.native_id(one), text, network=network))
            )


@pytest.mark.timeout(1_200)
def test_after_a_day_of_faults_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    town = Town(Path(os.environ.get("EARFUL_DAY", "")) if "EARFUL_DAY" in os.environ else tmp_path, *NETWORKS)
    day, began = Day(town), time.monotonic()
    try:
        day.knobs(turned=True)
        for number in range(MESSAGES // AT_ONCE):
            network = NETWORKS[number % len(NETWORKS)]
            knobs = town.networks.simulators[network].knobs
            knobs.revoked = number % 7 == 3
            knobs.missing_permission = "write" if number % 7 == 5 else ""
            if number:
                day.answer(ANSWERS)
            day.some(AT_ONCE)
            town.send(seconds=HOURS * 3_600 * AT_ONCE // MESSAGES)
            knobs.missing_permission = ""
            if knobs.revoked:
                knobs.revoked = False
                town.reconnect(network)
            day.settled()
        day.knobs(turned=False)
        for _ in range(8):
            town.send(seconds=900)
        day.settled()
        for network in NETWORKS:
            _compare(day, network)
        _answers(day)
        if page := os.environ.get("EARFUL_DAY_PAGE"):
            took = time.monotonic() - began
            write(Path(page), town, [_told(day, network) for network in NETWORKS], took)
    finally:
        town.close()


def _world(day: Day, network: Network) -> dict[str, Said]:
    simulator = day.town.networks.simulators[network]
    return {simulator.native_id(one): one for one in simulator.world.said.values()}


def _differs(day: Day, network: Network) -> list[str]:
    """What customers said and the desk has not, or not as they left it."""
    rows = {row["native_id"]: row for row in day.town.kept(network)}
    return [
        f"{name} {one} {rows.get(name) and (rows[name]['text'], rows[name]['deleted_at'])}"
        for name, one in _world(day, network).items()
        if not one.ours
        and (
            (name not in rows and not one.deleted)
            or (name in rows and one.deleted != (rows[name]["deleted_at"] is not None))
            or (name in rows and not one.deleted and one.text not in rows[name]["text"])
        )
    ]


def _told(day: Day, network: Network) -> Told:
    said = [one for one in _world(day, network).values() if not one.ours]
    kept = [row["native_id"] for row in day.town.kept(network) if row["direction"] == Direction.INBOUND]
    states = [day.town.reply(reply)["state"] for where, _, reply in day.replies if where is network]
    return Told(
        network=network,
        said=len(said),
        changed=sum(one.edited_at is not None for one in said),
        taken_back=sum(one.deleted for one in said),
        kept=len(set(kept)),
        twice=len(kept) - len(set(kept)),
        missing=len(_differs(day, network)),
        replies=len(states),
        out=sum(state in OUT for state in states),
        refused=states.count(SendState.FAILED),
        unknown=states.count(SendState.UNKNOWN),
        doubled=sum(_there(day, network, text) > 1 for where, text, _ in day.replies if where is network),
    )


def _there(day: Day, network: Network, text: str) -> int:
    """How often the network has an answer of ours."""
    return sum(one.ours and text in one.text for one in _world(day, network).values())


def _compare(day: Day, network: Network) -> None:
    world = _world(day, network)
    # Edits and deletions of networks that are asked are found by looking again, in their own time.
    end = time.monotonic() + 60
    while found := _differs(day, network):
        assert time.monotonic() < end, f"{network.value}: {len(found)} differ, {found[:3]}"
        day.town.settle()
    often = Counter(row["native_id"] for row in day.town.kept(network))
    assert set(often.values()) == {1}
    assert set(often) <= set(world), "the desk has something that nobody said"


def _answers(day: Day) -> None:
    for network, text, reply in day.replies:
        there = _there(day, network, text)
        state = day.town.reply(reply)["state"]
        assert there <= 1, f"{text} is on {network.value} {there} times"
        assert (state in OUT) == (there == 1) or state == SendState.UNKNOWN, (text, state, there)
