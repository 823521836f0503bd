"""How fast automation rules and playbooks follow the log: messages of many cases, all rules and playbooks asked."""

import time
from functools import partial

import msgspec
from sqlalchemy import select

from earful.bench.server import Keys
from earful.desk.automation import service as automation
from earful.desk.automation.consumer import AutomationConsumer
from earful.desk.automation.rules import Act, Do, On, Rule
from earful.desk.consumer import MESSAGES
from earful.desk.playbooks import service as playbooks
from earful.desk.playbooks.consumer import PlaybookConsumer
from earful.log.contract import NewEvent
from earful.log.embedded import EmbeddedLog
from earful.log.runner import Consumer, drain, system_clock
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tables import messages
from earful.store.tx import Tx

RULES, ASKED = 20, 5_000
"""Rules at work, and messages that they are asked about."""
WHEN = (
    {"all": [
        {"field": "case.topic", "op": "is", "value": "delivery"},
        {"field": "message.text", "op": "contains", "value": "lawyer"},
        {"field": "case.severity", "op": "at_least", "value": 2},
    ]},
    {"all": [
        {"field": "case.tags", "op": "has", "value": "press"},
        {"field": "message.visibility", "op": "is", "value": "direct"},
        {"not": {"field": "case.assignee", "op": "is_set", "value": True}},
    ]},
    {"any": [
        {"field": "rating.severity", "op": "at_least", "value": 4},
        {"field": "rating.churn_risk", "op": "at_least", "value": 0.9},
        {"field": "author.followers", "op": "at_least", "value": 100_000},
    ]},
    {"all": [
        {"field": "case.number", "op": "between", "value": [1_000, 1_020]},
        {"field": "case.network", "op": "in", "value": ["x", "email"]},
        {"field": "case.message_count", "op": "at_least", "value": 2},
    ]},
)  # fmt: skip
"""Three tests each; as on a desk, most messages match none."""


def rate(store: Store, keys: Keys) -> tuple[float, int]:
    """(messages a second past all rules and the ready playbooks, acts and runs that came of them)."""
    log, who = EmbeddedLog(), Who(id=keys.user_id)
    made = [
        Rule(
            id=f"rule-{n}", name=f"Rule {n}", on=(On.MESSAGE,), when=WHEN[n % len(WHEN)],
            acts=(Act(act=Do.TAG, value=f"rule-{n}"), Act(act=Do.PRIORITY, value="80")),
        )
        for n in range(RULES)
    ]  # fmt: skip
    now = system_clock()
    store.write_now(partial(automation.save, log=log, who=who, rules=made, now=now))
    for one in playbooks.ready():
        store.write_now(partial(playbooks.save, log=log, who=who, playbook=one, now=now))
    readers: list[Consumer] = [AutomationConsumer(log), PlaybookConsumer()]
    drain(store, log, readers, system_clock)
    newest = (
        select(messages.c.id, messages.c.case_id)
        .where(messages.c.direction == "inbound")
        .order_by(messages.c.seq.desc())
        .limit(ASKED)
    )
    rows = store.read_now(lambda tx: tx.rows(newest))

    def tell(tx: Tx) -> None:
        log.append(
            tx,
            [
                NewEvent(
                    type=MESSAGES,
                    subject=row["case_id"],
                    case_id=row["case_id"],
                    at=now,
                    data=msgspec.json.encode({"messages": [row["id"]]}).decode(),
                )
                for row in rows
            ],
        )

    store.write_now(tell)
    started = time.perf_counter()
    drain(store, log, readers, system_clock)
    took = time.perf_counter() - started
    acts = sum(one.acts for one in store.read_now(lambda tx: automation.listed(tx, system_clock())))
    began = sum(store.read_now(playbooks.running).values())
    return len(rows) / took, acts + began
