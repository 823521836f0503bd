"""The desk over a million cases and five million messages: saved views, a long case, search, and what rules cost.

Pages are asked of the real server by one client; predicates are asked in this process, as the log's readers ask them.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from sqlalchemy import select

from earful.bench import backtest, nexts, postgres
from earful.bench import rules as automation
from earful.bench.filling import caught_up, fill, follow_up
from earful.bench.pages import times
from earful.bench.report import Figure, percentile
from earful.bench.server import Keys, Server, furnish, settings
from earful.config import Settings
from earful.desk.conditions import reading, rules
from earful.desk.conditions import service as conditions
from earful.desk.views import service as views
from earful.desk.views.consumer import ViewConsumer
from earful.doctor import CONSUMERS
from earful.log.embedded import EmbeddedLog
from earful.log.runner import drain, system_clock
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tables import messages

NAME = "desk"
ROWS = {"tiny": 2_000, "small": 50_000, "full": 1_000_000}
ROUNDS = {"tiny": 2, "small": 10, "full": 20}
MORE, LONG = 4, 200
"""Messages after the first of each case, and messages of the long one."""
RULES, BATCH = 40, 250
"""Rules at work, and messages that they are asked about at once."""
VIEWS = (
    {"all": [
        {"field": "case.status", "op": "is", "value": "open"},
        {"field": "case.severity", "op": "at_least", "value": 3},
        {"field": "case.topic", "op": "in", "value": ["delivery", "billing"]},
    ]},
    {"all": [
        {"field": "case.kind", "op": "is", "value": "complaint"},
        {"field": "case.network", "op": "in", "value": ["x", "email"]},
        {"field": "case.priority", "op": "at_least", "value": 50},
    ]},
    {"all": [
        {"field": "case.status", "op": "is_not", "value": "closed"},
        {"field": "case.tags", "op": "has_any", "value": ["press", "vip"]},
        {"field": "time.age", "op": "at_least", "value": "2d"},
    ]},
)  # fmt: skip
"""Three conditions each: a handful of cases, hundreds of thousands, and one that the clock moves."""
SEARCHES = (
    "/inbox?view=all&q=kettle",
    "/inbox?view=all&q=refund+order+4821",
    "/inbox?view=closed&q=crash+Utr",
)
VIEW_BAR, CASE_BAR, SEARCH_BAR, NEXT_BAR = 100, 80, 200, 20
RULES_BAR, BACKTEST_BAR = 2_000, 1_667
Say = Callable[[str], object]


async def run(folder: Path, size: str, say: Say) -> list[Figure]:
    """Fill and time each database in turn."""
    figures = _one(settings(folder / "sqlite"), "SQLite", size, say)
    if why := postgres.missing():
        say(f"desk: PostgreSQL left out: {why}")
        return [*figures, _figure("PostgreSQL", float("inf"), "", 0, f"not run: {why}")]
    cluster = postgres.Cluster()
    try:
        return figures + _one(settings(folder / "postgresql", cluster.url), "PostgreSQL", size, say)
    finally:
        cluster.stop()


def _one(here: Settings, database: str, size: str, say: Say) -> list[Figure]:
    keys = furnish(here)
    store, rows, now = Store(here.database_url), ROWS[size], system_clock()
    started = time.perf_counter()
    try:
        fill(store, keys, rows, now)
        follow_up(store, keys, rows, MORE, now, long=LONG)
        caught_up(store, CONSUMERS, now)
        say(f"desk: {rows:,} cases, {rows * (1 + MORE):,} messages on {database}: {_since(started)}")
        started = time.perf_counter()
        made = _views(store, keys)
        say(f"desk: {len(made)} views filled: {_since(started)}")
        rate = _rules(store)
        followed, came = automation.rate(store, keys)
        say(
            f"desk: {automation.RULES} rules and the ready playbooks followed {automation.ASKED:,} messages; "
            f"{came} acts and runs came of it"
        )
        given = nexts.times(store, keys)
        tested = backtest.rates(store, keys, rows, say)
    finally:
        store.close()
    addresses = [f"/inbox?view={one}" for one in made]
    with Server(here) as server:
        took = times(server.port, keys, [*addresses, "/inbox/case/1", *SEARCHES], ROUNDS[size])
    desk = f"{rows:,} cases, {rows * (1 + MORE):,} messages"
    asked = f"{RULES} conditions of 3 tests, facts read anew, {BATCH} messages at once"
    return [
        _figure(
            f"a saved view of three conditions, p95, {database}", _p95(took, addresses), "ms", VIEW_BAR, desk
        ),
        _figure(
            f"a case with {LONG} messages, p95, {database}",
            _p95(took, ["/inbox/case/1"]),
            "ms",
            CASE_BAR,
            desk,
        ),
        _figure(
            f"what next, p95, {database}",
            percentile(given, 0.95),
            "ms",
            NEXT_BAR,
            f"{len(given)} cases given to one agent in turn, each committed; {desk}",
        ),
        _figure(f"search, p95, {database}", _p95(took, SEARCHES), "ms", SEARCH_BAR, desk),
        _figure(f"conditions of rules, {database}", rate, "msg/s", RULES_BAR, asked, at_least=True),
        _figure(
            f"rules and playbooks, {database}",
            followed,
            "msg/s",
            RULES_BAR,
            f"{automation.RULES} rules of 3 tests and six playbooks, read from the log, acts and runs written",
            at_least=True,
        ),
        *(
            _figure(
                f"backtest of {name}, {database}",
                rate,
                "cases/s",
                BACKTEST_BAR,
                f"{cases:,} cases of half a year with five messages, beside what is in force",
                at_least=True,
            )
            for name, rate, cases in tested
        ),
    ]


def _figure(what: str, value: float, unit: str, bar: float, note: str, *, at_least: bool = False) -> Figure:
    return Figure(benchmark=NAME, what=what, value=value, unit=unit, bar=bar, note=note, at_least=at_least)


def _since(started: float) -> str:
    return f"{time.perf_counter() - started:.0f} s"


def _p95(took: dict[str, list[float]], addresses: Iterable[str]) -> float:
    return percentile([one for address in addresses for one in took[address]], 0.95)


def _views(store: Store, keys: Keys) -> list[str]:
    """Make the views and let their reader fill them; returns their ids."""
    log, who = EmbeddedLog(), views.Asker(who=Who(id=keys.user_id), may_share=True)
    made = []
    for number, data in enumerate(VIEWS):
        wanted = views.Wanted(name=f"View {number}", condition=reading.read(data), shared=True)
        verb = partial(views.create, log=log, asker=who, wanted=wanted, now=system_clock())
        made.append(store.write_now(verb).id)
    drain(store, log, [ViewConsumer()], system_clock)
    return made


def _rules(store: Store) -> float:
    """Messages a second that all rules are asked about."""
    held = [reading.read(VIEWS[number % len(VIEWS)]) for number in range(RULES)]
    asked, groups = [rules.predicate(one) for one in held], rules.groups(held)
    newest = select(messages.c.id).order_by(messages.c.seq.desc()).limit(20 * BATCH)
    ids = [row["id"] for row in store.read_now(lambda tx: tx.rows(newest))]
    started, now = time.perf_counter(), system_clock()
    for first in range(0, len(ids), BATCH):
        part = ids[first : first + BATCH]
        found = store.read_now(partial(conditions.of_messages, message_ids=part, groups=groups))
        for facts in found.values():
            for holds in asked:
                holds(facts, now)
    return len(ids) / (time.perf_counter() - started)
