"""What a running Earful is made of, as routes and tasks see it. Built in `wiring.py`, nowhere else."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from earful.channels.contract import Capabilities, Connector
from earful.channels.kit.budget import Left
from earful.config import Settings
from earful.desk.media.files import Files
from earful.intake.keeper import DeliveryKeeper
from earful.intake.known import Channels
from earful.log.embedded import EmbeddedLog
from earful.model.time import Instant
from earful.store.secrets import Vault
from earful.store.store import Store


class Parts(Struct, frozen=True, kw_only=True):
    """The parts of one process."""

    settings: Settings
    store: Store
    log: EmbeddedLog
    vault: Vault
    clock: Callable[[], Instant]
    connectors: Mapping[str, Connector]
    """Connected channels by id; grows and shrinks as channels are switched."""
    capabilities: Callable[[str], Capabilities]
    """What a channel can do, also when it is not connected."""
    allowed: Callable[[str], list[Left]]
    """What a channel's network still permits it."""
    reconnect: Callable[[], None]
    """Look again which channels are to be connected."""
    known: Channels
    """Channels as deliveries see them."""
    keeper: DeliveryKeeper
    """Keeps raw what networks push."""
    playground: Callable[[], str]
    """Where the simulated networks beside this desk are; empty for none."""
    files: Files
    """The files of messages."""
    workspace: str = "Earful"
    """The name at the top of the pages."""
