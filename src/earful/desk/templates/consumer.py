"""Has templates read again when their network says that they changed."""

import msgspec
from msgspec import Struct

from earful.desk.templates import service
from earful.intake.service import ACCOUNT_CHANGED
from earful.log.contract import Event, NewEvent
from earful.model.time import Instant
from earful.store.tx import Tx


class _Changed(Struct):
    what: list[str] = []


_changed = msgspec.json.Decoder(_Changed)


class TemplateConsumer:
    """Notes what is to be read. Reading is not its work: a slow network must not hold up the log."""

    name = "templates"
    types = frozenset({ACCOUNT_CHANGED})

    def prepare(self, tx: Tx, events: list[Event]) -> None:
        """Nothing."""

    def apply(self, tx: Tx, events: list[Event], prepared: None, now: Instant) -> list[NewEvent]:
        """Which channels' templates are not what they were."""
        concerned = {one.subject for one in events if "templates" in _changed.decode(one.data).what}
        if concerned:
            service.changed(tx, concerned, now)
        return []
