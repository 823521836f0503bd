"""Reads the log for the outgoing webhooks: what happened becomes deliveries, in the transaction of the cursor."""

import json

from earful.desk.webhooks import rules, telling
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class WebhookConsumer:
    """Notes down what is to be told; sending is somebody else's."""

    name = "webhooks"
    types = frozenset(rules.TYPES)

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """One delivery for each event and each webhook that asked for its type."""
        told = [
            telling.Told(
                seq=event.seq,
                type=event.type,
                subject=event.subject,
                case_id=event.case_id,
                at=Instant(event.at),
                data=json.loads(event.data),
            )
            for event in events
        ]
        telling.tell(tx, told, now)
        return []
