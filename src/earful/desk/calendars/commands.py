"""`earful holidays`: an iCalendar file into a calendar, from the command line."""

from functools import partial
from pathlib import Path

from earful.config import Settings
from earful.desk.calendars import ical, service
from earful.desk.sla import settings as promises
from earful.desk.sla.rules import InvalidPolicyError
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import EARFUL
from earful.store.migrate import migrate
from earful.store.store import Store


class Refused(ValueError):
    """Nothing was added; the message says why."""


def read_in(settings: Settings, file: Path, name: str) -> service.Read:
    """Add a file's holidays to the calendar of that name or id. Raises Refused; a running desk follows."""
    migrate(settings.database_url)
    store = Store(settings.database_url)
    try:
        listed = [kept.calendar for kept in store.read_now(service.listed)]
        found = [one for one in listed if name == one.id or name.casefold() == one.name.casefold()]
        if not found:
            there = ", ".join(one.name for one in listed) or "none yet; make one under Settings, Calendars"
            raise Refused(f"There is no calendar {name}. There are: {there}.")
        verb = partial(
            promises.read_in,
            log=EmbeddedLog(),
            who=EARFUL,
            calendar_id=found[0].id,
            data=file.read_bytes(),
            now=system_clock(),
        )
        return store.write_now(verb)
    except (ical.UnreadableCalendarError, service.InvalidCalendarError, InvalidPolicyError) as error:
        raise Refused(f"{file}: {error}. Nothing was added.") from error
    finally:
        store.close()
