"""Keeps the index of answers: what is solved comes in, what turns out not to be, or is deleted, goes out."""

from earful.desk.suggestions import service
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx

OF_MESSAGES = frozenset({"message.edited", "message.deleted"})


class SuggestionConsumer:
    """Learns a case anew whenever its outcome or its words change. It may die anywhere and run again."""

    name = "suggestions"
    types = frozenset({"outcome.changed", "case.absorbed"}) | OF_MESSAGES

    def prepare(self, tx: Tx, events: list[Event]) -> list[str]:
        """The cases of messages that changed."""
        return service.cases_with(tx, [one.subject for one in events if one.type in OF_MESSAGES])

    def apply(self, tx: Tx, events: list[Event], prepared: list[str], now: Instant) -> list[NewEvent]:
        """Bring the index to what the cases say now."""
        changed = [
            name
            for one in events
            if one.type not in OF_MESSAGES
            for name in (one.subject, one.case_id)
            if name
        ]
        service.learn(tx, [*changed, *prepared])
        return []
