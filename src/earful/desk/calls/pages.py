"""Writing down a call or a visit: a form, and what became of it."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.desk.calls import rules, service
from earful.desk.calls.rules import Entry, Kind
from earful.desk.calls.service import RefusedError
from earful.desk.users.rules import Permission
from earful.model.ids import new_id
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, page, parts_of, shell

LOG = [needs(Permission.CALLS_LOG)]
PATH = "/calls"
FIELDS = ("id", "kind", "direction", "number", "name", "place", "said", "answer", "outcome", "channel_id")
SHOWN = (*FIELDS, "when", "minutes")


@get(f"{PATH}/new", guards=LOG, include_in_schema=False)
async def new_page(request: Ask) -> Response[str]:
    """The form; `kind`, `name` and `number` fill it in."""
    query = request.query_params
    given = {name: query.get(name, "")[:200] for name in ("kind", "name", "number", "direction")}
    return await _form(request, given)


async def _form(
    request: Ask, given: dict[str, str], wrong: tuple[str, str] = ("", ""), *, status: int = 200
) -> Response[str]:
    parts = parts_of(request)
    kind = Kind.VISIT if given.get("kind") == Kind.VISIT else Kind.CALL
    known = await parts.store.read(lambda tx: service.logs(tx, kind))
    return page(
        request,
        "calls/form.html",
        status=status,
        shell=await shell(request, "inbox"),
        kind=kind,
        given=dict.fromkeys(SHOWN, "") | given | {"id": given.get("id") or new_id(parts.clock())},
        wrong=wrong,
        channels=known,
        outcomes=rules.OUTCOMES,
    )


@post(PATH, guards=LOG, status_code=200, include_in_schema=False)
async def write_down(request: Ask) -> Response[Any]:
    """Keep what the form says."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    now = parts.clock()
    try:
        entry = _entry(given)
        logged = await parts.store.write(
            lambda tx: service.write_down(tx, parts.log, parts.vault, who, entry, now)
        )
    except RefusedError as error:
        return await _form(request, given, (error.field, str(error)), status=422)
    if logged.new_channel:
        parts.reconnect()
    return go(f"{PATH}/{logged.message_id}")


def _entry(given: dict[str, str]) -> Entry:
    try:
        at = rules.instant_of(given.get("when", ""), given.get("zone", "UTC"))
    except ValueError as error:
        raise RefusedError("started_at", str(error)) from error
    values: dict[str, Any] = {name: given[name] for name in FIELDS if given.get(name)}
    minutes = given.get("minutes", "").strip()
    if minutes and not (minutes.isascii() and minutes.isdecimal() and int(minutes[:6]) <= rules.MOST_MINUTES):
        raise RefusedError("minutes", "Minutes are a whole number, at most a day's.")
    try:
        return msgspec.convert(values | {"started_at": at, "minutes": int(minutes or 0)}, Entry)
    except msgspec.ValidationError as error:
        name = str(error).partition("`$.")[2].partition("`")[0]
        raise RefusedError(name, f"{error}.") from error


@get(f"{PATH}/{{message_id:str}}", guards=LOG, include_in_schema=False)
async def done_page(request: Ask, message_id: FromPath[str]) -> Response[str]:
    """What was written down, with the way to its case and back."""
    found = await parts_of(request).store.read(lambda tx: service.place_of(tx, message_id))
    if found is None:
        raise NotFoundException("This was not written down here.")
    return page(request, "calls/done.html", shell=await shell(request, "inbox"), found=found)


@get(f"{PATH}/{{message_id:str}}/case", guards=LOG, include_in_schema=False)
async def case_page(request: Ask, message_id: FromPath[str]) -> Response[Any]:
    """On to the case, which is there a moment after the entry."""
    found = await parts_of(request).store.read(lambda tx: service.place_of(tx, message_id))
    if found is not None and found.number is not None:
        return go(f"/inbox/case/{found.number}")
    return go(f"{PATH}/{message_id}")


@post(f"{PATH}/{{message_id:str}}/undo", guards=LOG, status_code=200, include_in_schema=False)
async def undo(request: Ask, message_id: FromPath[str]) -> Response[Any]:
    """Take an entry back."""
    parts, who = parts_of(request), who_asks(request)
    try:
        await parts.store.write(lambda tx: service.take_back(tx, parts.log, who, message_id, parts.clock()))
    except RefusedError as error:
        raise ProblemError(404, str(error)) from error
    return go(f"{PATH}/{message_id}")


HANDLERS: list[Any] = [new_page, write_down, done_page, case_page, undo]
