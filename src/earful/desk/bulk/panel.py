"""What the list offers to do to many cases at once."""

from msgspec import Struct

from earful.desk.routing import settings as routing
from earful.desk.users import service as users
from earful.model.desk import UserRef
from earful.store.tx import Tx


class Panel(Struct, frozen=True, kw_only=True):
    """The bar above the list."""

    users: list[UserRef]
    teams: list[tuple[str, str]]
    """(queue, name)."""

    @property
    def others(self) -> list[tuple[str, str]]:
        """(id, name) of colleagues."""
        return [(one.id, one.name) for one in self.users]


def panel(tx: Tx) -> Panel:
    """Whom and where cases can be given."""
    teams = [(one.id, one.name) for one in routing.in_force(tx).teams]
    return Panel(users=users.colleagues(tx), teams=teams)
