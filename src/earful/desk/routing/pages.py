"""What an agent does: the next case, going away, coming back, handing over."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import HTTPException

from earful.desk.bulk.panel import panel as bulk_panel
from earful.desk.cases.pages import snooze_until
from earful.desk.routing import service, settings
from earful.desk.routing.rules import InvalidPlanError
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell, version_in

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]
HANDED_MOST = 1_000
NONE = "Nobody+waits+in+your+queues.+Well+done."
FULL = "You+have+as+many+open+cases+as+you+can+take.+Answer,+close+or+hand+over+one+first."


@post("/next", guards=WRITE, status_code=200, include_in_schema=False)
async def next_case(request: Ask) -> Response[Any]:
    """Take the next case and open it. `apart_from`: the case that is open now."""
    parts, who, user = parts_of(request), who_asks(request), session_of(request).user
    seen = (await form(request)).get("apart_from", "")[:40]
    given = await parts.store.write(
        lambda tx: service.next_case(tx, parts.log, who, user.id, parts.clock(), seen)
    )
    if given.number is not None:
        return go(f"/inbox/case/{given.number}?view=mine")
    return go(f"/inbox?view=mine&notice={FULL if given.why == 'full' else NONE}")


@get("/settings/away", guards=READ, include_in_schema=False)
async def away_page(request: Ask) -> Response[str]:
    """Being away: until when, and what to do with one's open cases."""
    return await _away(request)


async def _away(request: Ask, problem: str = "") -> Response[str]:
    parts, user = parts_of(request), session_of(request).user

    def read(tx: Tx) -> dict[str, Any]:
        staffed = service.here(tx, parts.clock())
        return {
            "profile": settings.profile(tx, user.id),
            "me": next((one for one in staffed.agents if one.id == user.id), None),
            "held": service.open_cases(tx, user.id, HANDED_MOST),
            "bulk": bulk_panel(tx),
        }

    found = await parts.store.read(read)
    around = await shell(request, "settings", request.query_params.get("notice", "")[:300])
    return page(
        request, "settings/away.html", status=422 if problem else 200, shell=around, problem=problem, **found
    )


@post("/settings/away", guards=WRITE, status_code=200, include_in_schema=False)
async def away(request: Ask) -> Response[Any]:
    """`state`: here or away; `until`: 3h, tomorrow, monday, a local time with `zone`, or empty for open end."""
    parts, who, user, data = (
        parts_of(request),
        who_asks(request),
        session_of(request).user,
        await form(request),
    )
    is_away = data.get("state") == "away"
    until = None
    if is_away and data.get("until"):
        until = snooze_until(data["until"], data.get("zone", "UTC"), parts.clock())
    try:
        await parts.store.write(
            lambda tx: settings.set_away(
                tx, parts.log, who, user.id, away=is_away, until=until, now=parts.clock()
            )
        )
    except InvalidPlanError as error:
        return await _away(request, str(error))
    if is_away:
        return go("/settings/away?notice=You+are+away.+No+case+is+given+to+you+until+you+are+back.")
    return go("/inbox?notice=You+are+here.+Cases+can+come+to+you+again.")


@post(
    "/settings/teams/restore",
    guards=[needs(Permission.ROUTING_MANAGE)],
    status_code=200,
    include_in_schema=False,
)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put earlier teams and routes (`seq`) in force again."""
    parts, who = parts_of(request), who_asks(request)
    seq = version_in(await form(request))
    try:
        await parts.store.write(lambda tx: settings.restore(tx, parts.log, who, seq, parts.clock()))
    except InvalidPlanError as error:
        raise HTTPException(str(error), status_code=422) from error
    return go("/settings/teams?notice=Put+back.")


HANDLERS: list[Any] = [next_case, away_page, away, restore]
