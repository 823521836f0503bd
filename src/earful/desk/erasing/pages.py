"""Erasing somebody from their page: what goes and what stays comes first; then how far it is, for whoever asked."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.desk.erasing import service
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import PUBLIC, needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, shell

ERASE = [needs(Permission.PEOPLE_ERASE)]
PATH = "/erasures"


async def _ask_page(request: Ask, person_id: str, problem: str = "", reason: str = "") -> Response[str]:
    try:
        before = await parts_of(request).store.read(lambda tx: service.before(tx, person_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return page(
        request,
        "erasing/ask.html",
        status=422 if problem else 200,
        shell=await shell(request, "people"),
        before=before,
        problem=problem,
        reason=reason,
    )


@get("/people/{person_id:str}/erase", guards=ERASE, include_in_schema=False)
async def ask_page(request: Ask, person_id: FromPath[str]) -> Response[str]:
    """What there is of a person, and what would stay."""
    return await _ask_page(request, person_id)


@post("/people/{person_id:str}/erase", guards=ERASE, status_code=200, include_in_schema=False)
async def erase(request: Ask, person_id: FromPath[str]) -> Response[Any]:
    """Erase a person: `reason`, and `sure`, for nothing brings them back."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    reason = data.get("reason", "")
    if data.get("sure") != "1":
        words = "Tick that you know that this cannot be taken back. Nothing was erased."
        return await _ask_page(request, person_id, words, reason)
    try:
        erasure_id = await parts.store.write(
            lambda tx: service.ask(tx, parts.log, who, person_id, reason, parts.clock())
        )
    except service.RefusedError as error:
        return await _ask_page(request, person_id, str(error), reason)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return go(f"{PATH}/{erasure_id}")


@get(PATH, guards=ERASE, include_in_schema=False)
async def list_page(request: Ask) -> Response[str]:
    """What was erased, and what is being erased, the newest first."""

    def read(tx: Tx) -> dict[str, Any]:
        return {"erasures": service.newest(tx), "names": {one.id: one.name for one in users.colleagues(tx)}}

    found = await parts_of(request).store.read(read)
    return page(request, "erasing/list.html", shell=await shell(request, "people"), **found)


@get(f"{PATH}/{{erasure_id:str}}", guards=ERASE, include_in_schema=False)
async def one_page(request: Ask, erasure_id: FromPath[str]) -> Response[str]:
    """How far an erasure is."""
    parts = parts_of(request)
    try:
        found = await parts.store.read(lambda tx: service.find(tx, erasure_id))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return page(
        request,
        "erasing/one.html",
        shell=await shell(request, "people"),
        one=found,
        address=f"{parts.settings.address}/erasure/{found.code}",
    )


@get("/erasure/{code:str}", opt=PUBLIC, include_in_schema=False)
async def public_page(request: Ask, code: FromPath[str]) -> Response[str]:
    """For whoever asked: what became of it. Nothing on it says whom it is about."""
    parts = parts_of(request)
    found = await parts.store.read(lambda tx: service.by_code(tx, code[:64]))
    return page(
        request, "erasing/public.html", status=200 if found else 404, one=found, brand=parts.workspace
    )


HANDLERS: list[Any] = [ask_page, erase, list_page, one_page, public_page]
