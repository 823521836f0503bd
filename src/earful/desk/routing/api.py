"""Teams, routes, queues and the next case, for programs."""

from typing import Any

from litestar import get, post, put
from msgspec import Struct

from earful.desk.routing import queues, service, settings
from earful.desk.routing.queues import State
from earful.desk.routing.rules import InvalidPlanError, Plan, Route, Team
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, program_only, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class Teams(Struct, frozen=True, kw_only=True):
    """Teams and routes, their version, and how the queues stand."""

    seq: int
    teams: list[Team]
    routes: list[Route]
    queues: list[State]


class TeamsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Teams and routes instead of all there were. `seq`: the version that they were made from."""

    teams: list[Team]
    routes: list[Route]
    seq: int | None = None


class NextBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom, and which case they look at now (its id; empty for none)."""

    user_id: str
    apart_from: str = ""


def _teams(tx: Tx) -> Teams:
    plan = settings.in_force(tx)
    return Teams(
        seq=settings.place(tx), teams=list(plan.teams), routes=list(plan.routes), queues=queues.kept(tx)
    )


@get("/api/v1/teams", guards=[needs(Permission.CASES_READ)])
async def teams(request: Ask) -> Teams:
    """Teams and routes in force, and how each queue stood within the last minute or so."""
    return await parts_of(request).store.read(_teams)


@put("/api/v1/teams", guards=[needs(Permission.ROUTING_MANAGE)], exclude_from_csrf=True)
async def put_teams(request: Ask, data: TeamsBody) -> Teams:
    """Put teams and routes in force, instead of all there were. With `seq`, a change that came meanwhile is not
    overwritten but refused with 409."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)
    plan = Plan(teams=tuple(data.teams), routes=tuple(data.routes))

    def verb(tx: Tx) -> Teams:
        settings.save(tx, parts.log, who, plan, parts.clock(), seen=data.seq)
        return _teams(tx)

    try:
        saved = await parts.store.write(verb)
    except settings.StaleError as error:
        raise ProblemError(409, str(error)) from error
    except InvalidPlanError as error:
        raise ProblemError(422, f"{error} Nothing was saved.") from error
    return saved


@post("/api/v1/next", guards=[needs(Permission.CASES_WRITE)], status_code=200, exclude_from_csrf=True)
async def next_case(request: Ask, data: NextBody) -> service.Given:
    """Give somebody the next case: theirs when this answers. Without one `number` is null, and `why` says why."""
    program_only(request)
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> service.Given:
        if data.user_id not in {one.id for one in users.colleagues(tx)}:
            raise ProblemError(422, "This colleague does not exist; nothing was changed.")
        return service.next_case(tx, parts.log, who, data.user_id, parts.clock(), data.apart_from)

    return await parts.store.write(verb)


HANDLERS: list[Any] = [teams, put_teams, next_case]
