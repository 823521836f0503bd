"""What the inbox shows of people: flags beside names, and in a case who it perhaps is, with what was put together."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from earful.desk.cases import merging
from earful.desk.people import flags, linking, suggesting
from earful.desk.people.flags import Flagged
from earful.desk.people.rules import Flag
from earful.desk.people.suggesting import Hint
from earful.model.desk import CaseDetail, CaseRow, TimelineMessage
from earful.model.message import Direction, MessageKind
from earful.model.time import Instant
from earful.store.tx import Tx


class Panel(Struct, frozen=True, kw_only=True):
    """People in a case. `splittable`: what its customer said, from which some may become a case of its own."""

    flags: list[Flagged]
    hints: list[Hint]
    put: list[merging.Done]
    splittable: list[TimelineMessage]


def marks(tx: Tx, rows: Sequence[CaseRow], now: Instant) -> Mapping[str, list[Flag]]:
    """person -> flags that count now, for the rows of a list."""
    return flags.standing(tx, sorted({row.person_id for row in rows}), now)


def panel(tx: Tx, detail: CaseDetail, now: Instant) -> Panel:
    """What the page shows of a case."""
    person_id = detail.row.person_id
    said = [
        item
        for item in detail.timeline
        if isinstance(item, TimelineMessage)
        and item.direction is Direction.INBOUND
        and item.kind is not MessageKind.SYSTEM
    ]
    return Panel(
        flags=[one for one in flags.of_person(tx, person_id, now) if one.counts],
        hints=suggesting.about(tx, linking.circle_of(tx, person_id)),
        put=merging.of_case(tx, detail.row.id),
        splittable=said if len(said) > 1 else [],
    )
