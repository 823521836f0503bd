"""What the inbox shows of routing: queues that cannot be answered in time, to those who run the desk."""

from msgspec import Struct

from earful.desk.routing import queues
from earful.desk.routing.queues import State
from earful.model.desk import Role
from earful.store.tx import Tx


class Panel(Struct, frozen=True, kw_only=True):
    """Queues in trouble; nobody but leads and admins is shown any."""

    troubled: list[State]


def panel(tx: Tx, role: Role) -> Panel:
    """What the list shows above its rows."""
    shown = queues.kept(tx) if role is not Role.AGENT else []
    return Panel(troubled=[one for one in shown if one.troubled])
