"""What the outbox does with the log: it watches what customers say, and what networks report."""

import msgspec
from msgspec import Struct

from earful.intake import service as intake
from earful.intake.service import REPORTED
from earful.log.contract import Event, Log, NewEvent
from earful.model.desk import SendState
from earful.model.time import Instant
from earful.outbox import reports, waiting
from earful.outbox.service import CHANGED
from earful.store.tx import Tx


class WaitingConsumer:
    """Holds scheduled replies as soon as something is said that their writers have not seen."""

    name = "waiting"
    types = frozenset({"case.messages"})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: what waits is read in the transaction that holds it."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Hold what waits in the cases that were spoken in."""
        touched = list(dict.fromkeys(one.case_id for one in events if one.case_id))
        waiting.hold_for_news(tx, self._log, touched, now)
        return []


class _Reported(Struct):
    channel_id: str
    namespace: str
    native_id: str
    client_id: str = ""


class _Moved(Struct):
    state: str = ""


_reported = msgspec.json.Decoder(_Reported)
_moved = msgspec.json.Decoder(_Moved)


class ReportConsumer:
    """Lets replies be delivered, read or failed as their network says, before or after we knew that they were sent."""

    name = "reports"
    types = frozenset({REPORTED, CHANGED})

    def __init__(self, log: Log) -> None:
        self._log = log

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: replies are read in the transaction that moves them."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Bring in what was reported of the replies that these events name."""
        for event in events:
            if event.type == REPORTED:
                named = _reported.decode(event.data)
                key = (named.channel_id, named.namespace, named.native_id)
                if named.client_id:
                    reports.prove(tx, self._log, named.client_id, key, event.at, now)
            elif _moved.decode(event.data).state == SendState.SENT:
                found = reports.native_key(tx, event.subject)
                if found is None:
                    continue
                key = found
            else:
                continue
            for report in intake.reports_of(tx, *key):
                reports.report(tx, self._log, key, SendState(report["state"]), report["why"], now)
        return []
