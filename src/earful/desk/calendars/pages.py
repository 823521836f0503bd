"""Settings, Calendars: weekly hours, holidays and exceptions, the days to come, versions and undo."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.calendars import forms, ical, rules, service
from earful.desk.calendars.rules import Calendar, InvalidCalendarError, Week
from earful.desk.sla import settings
from earful.desk.sla.rules import InvalidPolicyError
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, shell

MANAGE = [needs(Permission.SLA_MANAGE)]
PATH = "/settings/calendars"
NEW = "new"
OFFICE = "09:00-17:00"
SUGGESTED = Calendar(
    id=NEW,
    name="",
    zone="UTC",
    week=Week(mon=OFFICE, tue=OFFICE, wed=OFFICE, thu=OFFICE, fri=OFFICE),
)
REFUSALS = (InvalidCalendarError, InvalidPolicyError, service.StaleError, ical.UnreadableCalendarError)


class View(Struct, frozen=True, kw_only=True):
    """What the list shows."""

    calendars: list[tuple[Calendar, str]]
    """Each with a sentence about its week."""
    told: dict[str, Any] | None = None


class Editor(Struct, frozen=True, kw_only=True):
    """What a calendar's page shows."""

    form: forms.Form
    seq: int
    days: list[forms.Day]
    versions: list[service.Version]
    zones: list[str]
    problem: str = ""


def _view(tx: Tx, told: dict[str, Any] | None = None) -> View:
    listed = [one.calendar for one in service.listed(tx)]
    return View(calendars=[(one, forms.in_words(one.week)) for one in listed], told=told)


@get(PATH, guards=MANAGE, include_in_schema=False)
async def calendars_page(request: Ask) -> Response[str]:
    """Every calendar. `undo`: the version before a save, to be offered; with 0 there was none."""
    query, told = request.query_params, None
    before = query.get("undo", "")
    if before.isdecimal() and before != "0":
        undo = {"url": f"{PATH}/restore", "values": {"seq": before}}
        told = {"text": query.get("saved", "Calendar saved")[:60], "undo": undo}
    view = await parts_of(request).store.read(lambda tx: _view(tx, told))
    around = await shell(request, "settings", query.get("notice", "")[:300])
    return page(request, "settings/calendars.html", shell=around, view=view)


async def _edit(
    request: Ask, calendar_id: str, given: dict[str, str] | None = None, problem: str = ""
) -> Response[str]:
    parts = parts_of(request)

    def read(tx: Tx) -> Editor:
        today = datetime.fromtimestamp(parts.clock() / 1000, tz=ZoneInfo("UTC")).date()
        held, seq, versions = SUGGESTED, 0, []
        if calendar_id != NEW:
            kept = service.find(tx, calendar_id)
            held, seq, versions = kept.calendar, kept.seq, service.versions(tx, calendar_id)
        if given is None:
            return _editor(forms.form_of(held), held, seq, versions, today, problem)
        sent = given.get("seq", "")
        shown = forms.form_from(given)
        seq = int(sent) if sent.isdecimal() else seq
        try:
            calendar = rules.check(forms.calendar_of(calendar_id, shown))
        except InvalidCalendarError as error:
            return _editor(shown, None, seq, versions, today, problem or str(error))
        return _editor(shown, calendar, seq, versions, today, problem)

    try:
        editor = await parts.store.read(read)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    if is_htmx(request):
        return page(request, "settings/calendar_days.html", editor=editor)
    around = await shell(request, "settings", request.query_params.get("notice", "")[:300])
    status = 422 if problem else 200
    return page(request, "settings/calendar.html", status=status, shell=around, editor=editor)


def _editor(
    shown: forms.Form,
    calendar: Calendar | None,
    seq: int,
    versions: list[service.Version],
    today: date,
    problem: str,
) -> Editor:
    return Editor(
        form=shown,
        seq=seq,
        days=forms.days_of(calendar, today) if calendar is not None else [],
        versions=versions,
        zones=sorted(
            one
            for one in available_timezones()
            if "/" in one and not one.startswith(("Etc/", "posix/", "right/"))
        ),
        problem=problem,
    )


@get(f"{PATH}/{{calendar_id:str}}", guards=MANAGE, include_in_schema=False)
async def calendar_page(request: Ask, calendar_id: FromPath[str]) -> Response[str]:
    """One calendar, or `new`."""
    return await _edit(request, calendar_id)


@post(f"{PATH}/{{calendar_id:str}}/days", guards=MANAGE, status_code=200, include_in_schema=False)
async def days(request: Ask, calendar_id: FromPath[str]) -> Response[str]:
    """The days to come by the form as it is; nothing is kept."""
    return await _edit(request, calendar_id, await form(request))


@post(f"{PATH}/{{calendar_id:str}}", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask, calendar_id: FromPath[str]) -> Response[Any]:
    """Put the form's calendar in force."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    sent = given.get("seq", "")

    def verb(tx: Tx) -> service.Saved:
        shown = forms.form_from(given)
        known = calendar_id != NEW
        made = forms.calendar_of(calendar_id if known else service.free_id(tx, shown.name), shown)
        seen = int(sent) if known and sent.isdecimal() else None
        return settings.save_calendar(tx, parts.log, who, made, parts.clock(), seen=seen)

    try:
        done = await parts.store.write(verb)
    except REFUSALS as error:
        return await _edit(request, calendar_id, given, f"{error} Nothing was saved.")
    if not done.changed:
        return go(f"{PATH}?notice=This+is+in+force+already.")
    return go(f"{PATH}?saved=Calendar+saved&undo={done.before}")


@post(f"{PATH}/{{calendar_id:str}}/holidays", guards=MANAGE, status_code=200, include_in_schema=False)
async def read_in(request: Ask, calendar_id: FromPath[str]) -> Response[Any]:
    """Add the holidays of an iCalendar file (`file`) to a calendar."""
    parts, who = parts_of(request), who_asks(request)
    sent = (await request.form()).get("file")
    data = await sent.read(ical.FILE_MOST + 1) if isinstance(sent, UploadFile) else b""
    try:
        done = await parts.store.write(
            lambda tx: settings.read_in(tx, parts.log, who, calendar_id, data, parts.clock())
        )
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except REFUSALS as error:
        return await _edit(request, calendar_id, None, f"{error}. Nothing was added.")
    if not done.saved.changed:
        return go(f"{PATH}/{calendar_id}?notice=The+calendar+has+all+of+these+holidays+already.")
    return go(f"{PATH}?saved={done.added}+holidays+added&undo={done.saved.before}")


@post(f"{PATH}/{{calendar_id:str}}/remove", guards=MANAGE, status_code=200, include_in_schema=False)
async def remove(request: Ask, calendar_id: FromPath[str]) -> Response[Any]:
    """Remove a calendar that no policy uses."""
    parts, who = parts_of(request), who_asks(request)
    try:
        done = await parts.store.write(
            lambda tx: settings.remove_calendar(tx, parts.log, who, calendar_id, parts.clock())
        )
    except (service.NotFoundError, InvalidPolicyError) as error:
        raise HTTPException(str(error), status_code=422) from error
    return go(f"{PATH}?saved=Calendar+removed&undo={done.before}")


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Put an earlier version (`seq`) of a calendar in force again."""
    parts, who = parts_of(request), who_asks(request)
    seq = (await form(request)).get("seq", "")
    try:
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 19):
            raise InvalidCalendarError("There is no such version; nothing was changed.")
        done = await parts.store.write(
            lambda tx: settings.restore_calendar(tx, parts.log, who, int(seq), parts.clock())
        )
    except (service.NotFoundError, *REFUSALS) as error:
        raise HTTPException(str(error), status_code=422) from error
    if not is_htmx(request):
        return go(f"{PATH}?saved=Earlier+version+in+force&undo={done.before}")
    view = await parts.store.read(_view)
    return page(request, "settings/calendars_update.html", shell=await shell(request, "settings"), view=view)


HANDLERS: list[Any] = [calendars_page, calendar_page, days, save, read_in, remove, restore]
