"""What `earful person erase` does, beside a running desk or without one."""

from collections.abc import Callable

from earful.config import Settings
from earful.desk.erasing import service
from earful.desk.erasing.service import Erasure
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import Who
from earful.store.migrate import migrate
from earful.store.store import Store

BY = Who(id="", name="earful person erase")


class Refused(Exception):
    """It cannot be done; the message says why."""


def erase(settings: Settings, person_id: str, reason: str, moved: Callable[[int, int], None]) -> Erasure:
    """Erase a person; `moved` hears how far it is. The index and files follow when the desk runs. Raises Refused."""
    migrate(settings.database_url)
    store, log = Store(settings.database_url), EmbeddedLog()
    try:
        erasure_id = store.write_now(lambda tx: service.ask(tx, log, BY, person_id, reason, system_clock()))
        while store.write_now(lambda tx: service.step(tx, log, erasure_id, system_clock())):
            found = store.read_now(lambda tx: service.find(tx, erasure_id))
            moved(found.done, found.total)
        return store.read_now(lambda tx: service.find(tx, erasure_id))
    except (service.RefusedError, service.NotFoundError) as error:
        raise Refused(str(error)) from error
    finally:
        store.close()
