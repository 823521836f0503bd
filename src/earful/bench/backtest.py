"""How fast a backtest goes over the cases of a desk: a draft and what is in force in one pass."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from sqlalchemy import text

from earful.bench.rules import WHEN
from earful.bench.server import Keys
from earful.desk.automation import service as automation
from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.backtest import service
from earful.desk.backtest.rules import WEEKS_MOST, Draft, Result
from earful.desk.backtest.service import Wanted
from earful.desk.calendars.rules import Calendar, Week
from earful.desk.playbooks import service as playbooks
from earful.desk.sla import settings
from earful.desk.sla.rules import Policy, Targets
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.model.conditions import ALWAYS
from earful.store.audit import Who
from earful.store.store import Store

CASES = 100_000
"""Cases that are looked at, where there are so many; each with five messages."""
WINDOW = WEEKS_MOST * 7 * 24 * 3_600_000
WORKING = "08:00-18:00"
_RECENT = (
    "UPDATE cases SET opened_at = :since + number * :step, last_message_at = :since + number * :step + 14400000\n"
    "WHERE number <= :most",
    "UPDATE messages SET occurred_at = (\n"
    "  SELECT cases.opened_at FROM cases WHERE cases.id = messages.case_id\n"
    ") + (seq % 5) * 3600000, received_at = (\n"
    "  SELECT cases.opened_at FROM cases WHERE cases.id = messages.case_id\n"
    ") + (seq % 5) * 3600000 + 1000\n"
    "WHERE case_id IN (SELECT id FROM cases WHERE number <= :most)",
)
_CALENDAR = Calendar(
    id="bench", name="Bench", zone="Europe/Vienna",
    week=Week(**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKING)),
)  # fmt: skip
_POLICY = Policy(
    id="bench", name="Bench", calendar="bench",
    targets=Targets(first_answer=(480,) * 5, next_answer=(480,) * 5, resolution=(2400,) * 5),
)  # fmt: skip


def rates(store: Store, keys: Keys, rows: int, say: Callable[[str], object]) -> list[tuple[str, float, int]]:
    """(what was tested, cases a second, cases) of a playbook, rules and policies."""
    drafts = _furnish(store, keys, min(rows, CASES))
    found = []
    for name, draft in drafts:
        result = _run(store, draft)
        rate = result.cases / max(result.took, 1) * 1_000
        say(
            f"desk: a backtest of {name}: {result.cases:,} cases in {result.took / 1_000:.1f} s, {rate:,.0f} a second"
        )
        found.append((name, rate, result.cases))
    return found


def _run(store: Store, draft: Draft) -> Result:
    return service.run(store, Wanted(draft=draft, weeks=WEEKS_MOST), system_clock(), lambda *_far: None)


def _furnish(store: Store, keys: Keys, cases: int) -> Sequence[tuple[str, Draft]]:
    """Cases of the last half year, and a draft of each kind beside what is in force."""
    now, log, who = system_clock(), EmbeddedLog(), Who(id=keys.user_id)
    values = {"since": now - WINDOW + 3_600_000, "step": (WINDOW - 86_400_000) // cases, "most": cases}
    for sql in _RECENT:
        statement = text(sql)
        used = {name: values[name] for name in statement.compile().params}
        store.write_now(lambda tx, statement=statement, used=used: tx.execute(statement, used))  # type: ignore[misc]
    store.write_now(partial(settings.save_calendar, log=log, who=who, calendar=_CALENDAR, now=now))
    store.write_now(partial(settings.save, log=log, who=who, policies=(_POLICY,), now=now))
    rules = [
        Rule(
            id=f"back-{n}", name=f"Back {n}", on=(On.MESSAGE,), when=WHEN[n % len(WHEN)],
            acts=(Act(act=Do.TAG, value=f"back-{n}"),),
        )
        for n in range(10)
    ]  # fmt: skip
    store.write_now(partial(automation.save, log=log, who=who, rules=rules, now=now))
    for one in playbooks.ready():
        store.write_now(partial(playbooks.save, log=log, who=who, playbook=one, now=now))
    book = playbooks.ready()[0]
    longer = msgspec.structs.replace(
        _POLICY, targets=Targets(first_answer=(240,) * 5, resolution=(1200,) * 5)
    )
    return (
        ("a playbook beside six", Draft(playbook=msgspec.structs.replace(book, order=1, when=ALWAYS))),
        ("ten rules", Draft(rules=tuple(rules[:5]))),
        ("policies", Draft(policies=(longer,))),
    )
