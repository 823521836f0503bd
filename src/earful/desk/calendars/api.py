"""Calendars for programs."""

from typing import Any

from litestar import get, put
from msgspec import Struct

from earful.desk.calendars import service
from earful.desk.calendars.rules import Calendar, InvalidCalendarError
from earful.desk.sla import settings
from earful.desk.sla.rules import InvalidPolicyError
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class CalendarsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every calendar that there shall be."""

    calendars: list[Calendar]


@get("/api/v1/calendars", guards=[needs(Permission.CASES_READ)])
async def calendars(request: Ask) -> list[Calendar]:
    """Every calendar: zone, weekly hours, holidays, days with hours of their own."""
    return [one.calendar for one in await parts_of(request).store.read(service.listed)]


@put("/api/v1/calendars", guards=[needs(Permission.SLA_MANAGE)], exclude_from_csrf=True)
async def put_calendars(request: Ask, data: CalendarsBody) -> list[Calendar]:
    """Put calendars in force by their `id`, and remove those that are not named; deadlines follow in the background.

    Refused as a whole when one cannot be used, or when a policy counts by one that would be removed.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    named = {one.id for one in data.calendars}

    def verb(tx: Tx) -> list[Calendar]:
        now = parts.clock()
        for kept in service.listed(tx):
            if kept.calendar.id not in named:
                settings.remove_calendar(tx, parts.log, who, kept.calendar.id, now)
        for one in data.calendars:
            settings.save_calendar(tx, parts.log, who, one, now)
        return [one.calendar for one in service.listed(tx)]

    try:
        saved = await parts.store.write(verb)
    except (InvalidCalendarError, InvalidPolicyError) as error:
        raise ProblemError(422, f"{error} Nothing was saved.") from error
    return saved


HANDLERS: list[Any] = [calendars, put_calendars]
