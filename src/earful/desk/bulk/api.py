"""Acts on many cases, for programs."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.bulk import service
from earful.desk.bulk.rules import InvalidActError, Wanted
from earful.desk.bulk.service import Progress
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class BulkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act on many cases: `act` is assign, queue, tag, untag, status, snooze or close, with what it needs."""

    act: str
    cases: list[int]
    """Numbers of cases."""
    user_id: str = ""
    queue: str = ""
    """A team's id."""
    tag: str = ""
    status: str = ""
    until: int = 0
    """Milliseconds UTC."""
    outcome: str = ""
    why: str = ""


@post("/api/v1/cases/bulk", guards=[needs(Permission.CASES_WRITE)], status_code=202, exclude_from_csrf=True)
async def start(request: Ask, data: BulkBody) -> Progress:
    """Begin an act on up to 5,000 cases; it goes on in the background, and `GET /api/v1/bulk/{id}` says how far it is.

    Numbers that there are not are left out. What cannot be done to a case is refused for that case alone.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    values = {name: getattr(data, name) for name in Wanted.__struct_fields__}
    wanted = msgspec.convert(values, Wanted)

    def verb(tx: Tx) -> Progress:
        ids = service.ids_of_numbers(tx, data.cases[:10_000])
        return service.progress(tx, service.start(tx, parts.log, who, wanted, ids, data.why, parts.clock()))

    try:
        begun = await parts.store.write(verb)
    except InvalidActError as error:
        raise ProblemError(422, str(error)) from error
    return begun


@get("/api/v1/bulk/{bulk_id:str}", guards=[needs(Permission.CASES_READ)])
async def one(request: Ask, bulk_id: FromPath[str]) -> Progress:
    """How far an act on many cases is, what it changed and what it left alone, with the reasons."""
    try:
        return await parts_of(request).store.read(lambda tx: service.progress(tx, bulk_id))
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


@post(
    "/api/v1/bulk/{bulk_id:str}/undo",
    guards=[needs(Permission.CASES_WRITE)],
    status_code=202,
    exclude_from_csrf=True,
)
async def undo(request: Ask, bulk_id: FromPath[str]) -> Progress:
    """Take an act back where nobody changed the case since. The same answer however often it is asked for."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    try:
        begun = await parts.store.write(
            lambda tx: service.progress(tx, service.undo(tx, parts.log, who, bulk_id, parts.clock()))
        )
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except InvalidActError as error:
        raise ProblemError(422, str(error)) from error
    return begun


HANDLERS: list[Any] = [start, one, undo]
