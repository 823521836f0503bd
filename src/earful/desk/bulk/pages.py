"""Doing one thing to the chosen cases of the list, how far that is, what came of it, and undo."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath

from earful.desk.bulk import rules, service
from earful.desk.bulk.rules import Act, InvalidActError, Wanted
from earful.desk.cases.pages import snooze_until
from earful.desk.inbox import pages as inbox_pages
from earful.desk.inbox import service as inbox
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell, told

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]


def wanted_of(data: dict[str, str], now: int) -> Wanted:
    """The act that a form says. Raises ProblemError for one that there is not."""
    act = data.get("act", "")
    if act not in {one.value for one in Act}:
        raise ProblemError(422, "Choose what to do with these cases; nothing was changed.")
    until = snooze_until(data.get("until", ""), data.get("zone", "UTC"), now) if act == Act.SNOOZE else 0
    return Wanted(
        act=Act(act), user_id=data.get("user_id", ""), queue=data.get("queue", ""), tag=data.get("tag", ""),
        status=data.get("status", ""), until=until, outcome=data.get("outcome", ""),
    )  # fmt: skip


def ids_in_view(tx: Tx, query: dict[str, str], user_id: str) -> list[str]:
    """The cases of a whole list, in its order; one more than can be done at once when there are more."""
    wanted = inbox_pages.filter_of(query)
    found: list[str] = []
    cursor = ""
    while len(found) <= rules.MOST:
        shown = inbox.page(tx, wanted, user_id, cursor)
        found += [row.id for row in shown.rows]
        cursor = shown.next
        if not cursor:
            break
    return found


@post("/bulk", guards=WRITE, status_code=200, include_in_schema=False)
async def start(request: Ask) -> Response[Any]:
    """`act` with what it needs, `ids` of cases or `all` of the list that is open, and `why` if there is a reason."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    user, now = session_of(request).user, parts.clock()
    wanted = wanted_of(data, now)
    ids = [one for one in data.get("ids", "").split(",") if one]
    if data.get("all"):
        query = inbox_pages.query_of(request)
        try:
            ids = await parts.store.read(lambda tx: ids_in_view(tx, query, user.id))
        except ValueError as error:
            raise ProblemError(400, str(error)) from error
    try:
        bulk_id = await parts.store.write(
            lambda tx: service.start(tx, parts.log, who, wanted, ids, data.get("why", ""), now)
        )
    except InvalidActError as error:
        raise ProblemError(422, str(error)) from error
    return await _progress(request, bulk_id) if is_htmx(request) else go(f"/bulk/{bulk_id}")


async def _progress(request: Ask, bulk_id: str, *, part: bool = False) -> Response[str]:
    """How far it is; asks again by itself until it is done, and then says what came of it."""
    try:
        found = await parts_of(request).store.read(lambda tx: service.progress(tx, bulk_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    headers = {}
    if found.finished_at is not None:
        text = f"{found.changed} changed" + (f", {found.refused} left alone" if found.refused else "")
        again = f"/bulk/{bulk_id}/undo" if found.changed and not found.undo_of else ""
        headers = told(f"Put back: {text}" if found.undo_of else text, again)
    return page(
        request,
        "bulk/progress.html",
        headers=headers,
        act=found,
        part=part,
        shell=await shell(request, "inbox"),
    )


@get("/bulk/{bulk_id:str}/progress", guards=READ, include_in_schema=False)
async def progress(request: Ask, bulk_id: FromPath[str]) -> Response[str]:
    """How far an act is."""
    return await _progress(request, bulk_id)


@get("/bulk/{bulk_id:str}", guards=READ, include_in_schema=False)
async def bulk_page(request: Ask, bulk_id: FromPath[str]) -> Response[str]:
    """What an act did: to how many, by whom, why, and what was left alone."""
    try:
        found = await parts_of(request).store.read(lambda tx: service.progress(tx, bulk_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return page(request, "bulk/page.html", shell=await shell(request, "inbox"), act=found)


@post("/bulk/{bulk_id:str}/undo", guards=WRITE, status_code=200, include_in_schema=False)
async def undo(request: Ask, bulk_id: FromPath[str]) -> Response[Any]:
    """Take an act back, as a whole, where nobody changed the case since."""
    parts, who = parts_of(request), who_asks(request)
    try:
        undone = await parts.store.write(lambda tx: service.undo(tx, parts.log, who, bulk_id, parts.clock()))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except InvalidActError as error:
        raise HTTPException(str(error), status_code=422) from error
    return await _progress(request, undone, part=True) if is_htmx(request) else go(f"/bulk/{undone}")


HANDLERS: list[Any] = [start, progress, bulk_page, undo]
