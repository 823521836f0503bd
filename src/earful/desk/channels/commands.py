"""What `earful channels` does, beside a running desk or without one."""

from earful.config import Settings
from earful.desk.channels import health
from earful.desk.channels import service as channels
from earful.desk.channels.health import ChannelHealth
from earful.desk.inbox.service import READ_ONLY
from earful.intake.ledger import service as ledger
from earful.log.runner import system_clock
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.store import Store


class Refused(Exception):
    """It cannot be done; the message says why."""


def listed(settings: Settings) -> list[ChannelHealth]:
    """Every channel as the store knows it."""
    store = _open(settings)
    try:
        return store.read_now(lambda tx: health.of_all(tx, lambda _: READ_ONLY, system_clock()))
    finally:
        store.close()


def reparse(settings: Settings, name: str, since: Instant | None) -> int:
    """Let deliveries be read again by the running desk, or by the next that starts. Returns how many."""
    store = _open(settings)
    try:
        row = store.read_now(lambda tx: channels.find(tx, name)) if name else None
        if name and row is None:
            raise Refused(f"There is no channel named {name}.")
        channel_id = row["id"] if row is not None else None
        return store.write_now(lambda tx: ledger.read_again(tx, EARFUL, channel_id, since, system_clock()))
    finally:
        store.close()


def _open(settings: Settings) -> Store:
    migrate(settings.database_url)
    return Store(settings.database_url)
