"""Erasing for programs: ask for it in a colleague's name, and see how far it is."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.erasing import service
from earful.desk.erasing.service import Erasure
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

ERASE = [needs(Permission.PEOPLE_ERASE)]


class EraseBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody is erased, and in whose name."""

    reason: str
    user_id: str


@post("/api/v1/people/{person_id:str}/erase", guards=ERASE, status_code=202, exclude_from_csrf=True)
async def erase(
    request: Ask, person_id: FromPath[str], data: EraseBody, idempotency_key: Key = None
) -> Response[bytes]:
    """Erase a person with all their accounts: names, words, files, and what colleagues wrote about their cases.

    It is done within minutes and cannot be taken back. Answers with the erasure, whose `code` opens `/erasure/CODE`.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    now = parts.clock()

    def verb(tx: Tx) -> Erasure:
        try:
            acting = users.acting(tx, who, data.user_id, Permission.PEOPLE_ERASE, now)
            return service.find(tx, service.ask(tx, parts.log, acting, person_id, data.reason, now))
        except service.NotFoundError as error:
            raise ProblemError(404, str(error)) from error
        except (service.RefusedError, users.InvalidError) as error:
            raise ProblemError(422, str(error)) from error

    return await once(request, idempotency_key, data, verb, status=202)


@get("/api/v1/erasures/{erasure_id:str}", guards=ERASE)
async def one(request: Ask, erasure_id: FromPath[str]) -> Erasure:
    """How far an erasure is."""
    try:
        return await parts_of(request).store.read(lambda tx: service.find(tx, erasure_id))
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


HANDLERS: list[Any] = [erase, one]
