"""Reads the log for automation rules: what happens to cases becomes what they look at."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.desk.automation import acting, service, store
from earful.desk.automation.acting import Happening
from earful.desk.automation.rules import On
from earful.desk.consumer import MESSAGES, OPENED
from earful.desk.outcomes.service import CHANGED as OUTCOME
from earful.desk.playbooks.rules import FRESH
from earful.desk.sla.service import BREACHED
from earful.log.contract import Event, Log, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

RETURNED, WARNING = "case.returned", "sla.warning"
KINDS = {RETURNED: On.RETURNED, OUTCOME: On.OUTCOME, WARNING: On.WARNING, BREACHED: On.BREACHED}


class _Data(Struct):
    messages: list[str] = []
    depth: int = 0


_data = msgspec.json.Decoder(_Data)


class AutomationConsumer:
    """Acts in the transaction that moves its cursor, and notes each cause: dying anywhere, it acts once."""

    name = "automation"
    types = frozenset({OPENED, MESSAGES, *KINDS})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> bool:
        """Whether any rule is at work."""
        return bool(service.at_work(tx))

    def apply(self, tx: Tx, events: list[Event], prepared: bool, now: Instant) -> list[NewEvent]:
        """Let the rules act, in the order of what happened. What an import brought starts nothing."""
        live = service.at_work(tx) if prepared else []
        if not live:
            return []
        told = {event.seq: _data.decode(event.data) for event in events}
        said = store.said(tx, sorted({one for data in told.values() for one in data.messages}))
        others = [event.case_id for event in events if event.type in KINDS and event.case_id]
        lively = store.not_only_imported(tx, sorted(set(others)))
        found: list[Happening] = []
        for event in events:
            case_id, data = event.case_id or "", told[event.seq]
            if event.type in KINDS:
                if case_id in lively:
                    kinds = frozenset({KINDS[event.type]})
                    found.append(
                        Happening(events=kinds, case_id=case_id, cause=f"event:{event.seq}", depth=data.depth)
                    )
                continue
            came = [said[one] for one in data.messages if one in said and _fresh(said[one], now)]
            came.sort(key=lambda row: (row["occurred_at"], row["id"]))
            for at, row in enumerate(came):
                first = event.type == OPENED and at == 0
                both = frozenset({On.MESSAGE, On.OPENED}) if first else frozenset({On.MESSAGE})
                found.append(Happening(events=both, case_id=case_id, cause=row["id"], message_id=row["id"]))
        acting.follow(tx, self._log, live, found, now)
        return []


def _fresh(row: Mapping[str, Any], now: Instant) -> bool:
    """What an import brought, or what was said days ago, starts nothing: nobody could have acted on it."""
    return not row["backfill"] and now - row["occurred_at"] <= FRESH
