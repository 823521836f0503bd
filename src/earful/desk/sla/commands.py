"""`earful sla`: check files of calendars and policies, read them into a desk, and write a desk's out."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from earful.config import Settings
from earful.desk.calendars import service as calendars
from earful.desk.sla import files, settings
from earful.desk.sla.files import File
from earful.desk.sla.rules import InvalidPolicyError
from earful.desk.toml.commands import Refused, read_file, reading, writing
from earful.log.embedded import EmbeddedLog
from earful.log.runner import system_clock
from earful.store.audit import EARFUL
from earful.store.tx import Tx


def check(file: Path, desk: Settings | None) -> str:
    """Read and check a file; with a desk, its policies may count by that desk's calendars. Raises Refused."""
    known = None
    if desk is not None:
        known = {one.calendar.id: one.calendar for one in reading(desk, calendars.listed)}
    return _counted(read_file(file, partial(files.read, known=known, now=system_clock())))


def _counted(found: File) -> str:
    return f"{len(found.calendars)} calendars and {len(found.policies)} policies"


def read_in(desk: Settings, given: Sequence[Path]) -> list[str]:
    """Put calendars and policies in force, all or none: those of the same id are changed, others added as the last.

    Raises Refused.
    """

    def verb(tx: Tx) -> list[str]:
        now, log, done = system_clock(), EmbeddedLog(), []
        for file in given:
            book = settings.in_force(tx)
            known = {name: one.calendar for name, one in book.calendars.items()}
            found = read_file(file, partial(files.read, known=known, now=now))
            try:
                for calendar in found.calendars:
                    settings.save_calendar(tx, log, EARFUL, calendar, now)
                fresh = {one.id: one for one in found.policies}
                kept = [fresh.pop(one.id, one) for one in book.policies]
                settings.save(tx, log, EARFUL, (*kept, *fresh.values()), now)
            except (InvalidPolicyError, calendars.InvalidCalendarError) as error:
                raise Refused(f"{file}: {error}") from error
            done.append(f"{file}: {_counted(found)}")
        return done

    return writing(desk, verb)


def write_out(desk: Settings, path: Path) -> list[Path]:
    """Write the calendars and policies in force to a file."""
    book = reading(desk, settings.in_force)
    held = File(calendars=tuple(one.calendar for one in book.calendars.values()), policies=book.policies)
    path.write_text(files.write(held), encoding="utf-8")
    return [path]
