"""Promises for programs: the clocks of a case, and the policies."""

from typing import Any

from litestar import get, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.sla import rules, service, settings
from earful.desk.sla.rules import Policy
from earful.desk.users.rules import Permission
from earful.model.desk import CaseClock
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class Policies(Struct, frozen=True, kw_only=True):
    """The policies in force."""

    seq: int
    """Their version; 0 before there were any."""
    policies: list[Policy]


class PoliciesBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The policies to put in force, all of them, in their order."""

    policies: list[Policy]
    seq: int | None = None
    """The version that they were made from: refused with 409 when another came meanwhile."""


@get("/api/v1/cases/{case_id:str}/clocks", guards=[needs(Permission.CASES_READ)])
async def clocks(request: Ask, case_id: FromPath[str]) -> list[CaseClock]:
    """Every clock that a case has or had: what is promised, when it is due, whether it was kept."""

    def read(tx: Tx) -> list[CaseClock]:
        return service.clocks_of(tx, service.known_case(tx, case_id))

    try:
        return await parts_of(request).store.read(read)
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


@get("/api/v1/sla/policies", guards=[needs(Permission.CASES_READ)])
async def policies(request: Ask) -> Policies:
    """The policies in force, in their order: the first that fits a case is its policy."""
    book = await parts_of(request).store.read(settings.in_force)
    return Policies(seq=book.seq, policies=list(book.policies))


@put("/api/v1/sla/policies", guards=[needs(Permission.SLA_MANAGE)], exclude_from_csrf=True)
async def put_policies(request: Ask, data: PoliciesBody) -> Policies:
    """Put policies in force, instead of all there were; open cases follow in the background.

    Targets are business minutes for severity 0 to 4, 0 for no promise. With `seq`, the version they were made from, a
    change that came meanwhile is not overwritten but refused with 409.
    """
    program_only(request)
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> Policies:
        done = settings.save(tx, parts.log, who, tuple(data.policies), parts.clock(), seen=data.seq)
        return Policies(seq=done.seq, policies=list(settings.in_force(tx).policies))

    try:
        saved = await parts.store.write(verb)
    except settings.StaleError as error:
        raise ProblemError(409, str(error)) from error
    except rules.InvalidPolicyError as error:
        raise ProblemError(422, f"{error} Nothing was saved.") from error
    return saved


HANDLERS: list[Any] = [clocks, policies, put_policies]
