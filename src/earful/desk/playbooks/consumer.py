"""Reads the log for playbooks: cases that opened begin theirs, and whatever happens in a case moves its run on."""

from earful.desk.cases.service import CHANGED
from earful.desk.consumer import CASE_RATED, MESSAGES, OPENED
from earful.desk.outcomes.service import CHANGED as OUTCOME
from earful.desk.playbooks import following
from earful.desk.playbooks.history import ACTED, ARRIVED, OFFERED
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

HEARD = frozenset({OPENED, MESSAGES, CASE_RATED})


class PlaybookConsumer:
    """Begins runs and moves them on. It may die anywhere and run again."""

    name = "playbooks"
    types = HEARD | {CHANGED, OUTCOME, OFFERED, ARRIVED, ACTED}

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing: a history is read in the transaction that keeps what follows from it."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Every case once, whatever the events were."""
        touched = {event.case_id for event in events if event.case_id}
        heard = {event.case_id for event in events if event.case_id and event.type in HEARD}
        opened = frozenset(event.case_id for event in events if event.case_id and event.type == OPENED)
        told = following.begin(tx, heard, opened, now)
        return told + following.follow(tx, touched, now)
