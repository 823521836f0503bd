"""Where on a case's timeline something stands that has a deadline."""

import msgspec

from earful.desk.inbox import timeline
from earful.log.contract import NewEvent
from earful.model.time import HOUR
from tests.conftest import NOW, Desk


def test_what_is_late_stands_where_it_was_due_and_what_is_due_later_where_it_was_told(desk: Desk) -> None:
    def told(type_: str, what: str, due_at: int) -> NewEvent:
        data = msgspec.json.encode({"what": what, "detail": "resolution", "due_at": due_at}).decode()
        return NewEvent(type=type_, subject="case-1", case_id="case-1", at=NOW, data=data)

    events = [
        told("sla.breached", "breached", NOW - HOUR),
        told("playbook.started", "playbook_started", NOW + 18 * HOUR),
    ]
    desk.store.write_now(lambda tx: desk.log.append(tx, events))
    found = desk.store.read_now(lambda tx: timeline.acts(tx, "case-1"))
    assert [one.at for one in found] == [NOW - HOUR, NOW]
