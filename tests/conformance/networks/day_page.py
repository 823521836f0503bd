"""The day of faults as a page of the documentation, with a picture of the desk's channels after it."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from playwright.sync_api import sync_playwright
from sqlalchemy import func, select

from earful.bench.machine import describe
from earful.desk.users import service as users
from earful.intake.ledger import reading
from earful.model.message import Network
from earful.playground.networks.knobs import WORDS
from earful.store.tables import deliveries
from earful.web.access import COOKIE
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conformance.networks.town import Town

PICTURE = "screenshots/day.png"


class Told(Struct, frozen=True, kw_only=True):
    """What became of one network's day."""

    network: Network
    said: int
    """By customers."""
    changed: int
    taken_back: int
    kept: int
    """Different messages of customers that the desk has."""
    twice: int
    missing: int
    """Lost, or not as its author left it."""
    replies: int
    out: int
    refused: int
    """Replies that the network refused, each with its reason."""
    unknown: int
    """Replies of which nobody can say whether they are out: an agent decides."""
    doubled: int
    """Replies that the network has more than once."""


def write(page: Path, town: Town, days: Sequence[Told], seconds: float) -> None:
    """Write `page` and its picture beside it."""
    machine = describe(os.getloadavg()[0])
    lines = [
        "# A day on which everything goes wrong",
        "",
        "Made by `make day`. Customers of four simulated networks say, change and take back things all day; agents",
        "answer. Every knob is turned: deliveries come twice, late, out of order and in shapes that nobody knows,",
        "requests are limited, broken, or done without an answer, tokens are taken back, permissions are missing.",
        "",
        f"{machine.date}, {machine.cpu}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, Python {machine.python}; "
        f"{sum(one.said for one in days):,} messages in {seconds:.0f} s.",
        "",
        "## What became of what was said",
        "",
        *_table(
            [
                "",
                "said",
                "changed",
                "taken back",
                "in the desk",
                "**missing or different**",
                "**there twice**",
            ],
            [
                [one.network.value, one.said, one.changed, one.taken_back, one.kept, one.missing, one.twice]
                for one in days
            ],
        ),
        "",
        "What a customer of a network that is asked takes back between two looks, nobody ever tells.",
        "",
        "## What became of our answers",
        "",
        *_table(
            [
                "",
                "written",
                "out",
                "refused, with the reason",
                "unknown, for an agent to decide",
                "**out twice**",
            ],
            [
                [one.network.value, one.replies, one.out, one.refused, one.unknown, one.doubled]
                for one in days
            ],
        ),
        "",
        "## What went wrong",
        "",
        *_faults(town, days),
        "",
        "## What the ledger says of it",
        "",
        *_ledger(town, days),
        "",
        f"![The channels of the desk after that day](../{PICTURE})",
        "",
    ]
    page.write_text("\n".join(lines))
    _picture(town, page.parent.parent / PICTURE)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [[f"{one:,}" if isinstance(one, int) else str(one) for one in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *cells)]


def _faults(town: Town, days: Sequence[Told]) -> list[str]:
    struck = [town.networks.simulators[one.network].knobs.struck for one in days]
    rows = [[f"it {words}", *(each[fault] for each in struck)] for fault, words in WORDS.items()]
    return _table(["", *(one.network.value for one in days)], rows)


def _ledger(town: Town, days: Sequence[Told]) -> list[str]:
    entries = town.earful.store.read_now(lambda tx: reading.entries(tx, town.now()))
    rows = []
    for one in days:
        channel_id = town.channel_ids[one.network]
        entry = entries[channel_id]
        detail = town.earful.store.read_now(lambda tx, name=channel_id: reading.detail(tx, name))
        pushed = town.rows(
            select(func.count().label("n")).where(
                deliveries.c.channel_id == channel_id, deliveries.c.transport == "webhook"
            )
        )[0]["n"]
        gap = "none" if entry.gap_since is None else "open"
        rows.append(
            [
                one.network.value, pushed, entry.to_read, entry.unread, sum(odd.count for odd in detail.oddities), gap,
            ]
        )  # fmt: skip
    head = ["", "deliveries kept", "to be read", "cannot be read", "kept, but not understood", "gap"]
    return _table(head, rows)


def _picture(town: Town, path: Path) -> None:
    token = town.earful.store.write_now(
        lambda tx: users.start_session(
            tx, town.made.admin, agent="pictures", address="127.0.0.1", now=town.now()
        )
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
        context.add_cookies([{"name": COOKIE, "value": token, "url": town.settings.address}])
        shown = context.new_page()
        shown.goto(f"{town.settings.address}/channels")
        shown.screenshot(path=str(path), animations="disabled")
        browser.close()
