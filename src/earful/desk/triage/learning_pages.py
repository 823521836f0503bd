"""Settings, Triage, Learning: what people taught, what came of it in figures, and taking it back."""

from typing import Any

from litestar import Response, get, post
from msgspec import Struct

from earful.desk.triage import learning, settings
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.triage import workspace
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell

MANAGE = [needs(Permission.TRIAGE_MANAGE)]
PATH = "/settings/triage/learning"
A_SECOND = 500
"""Corrections that are replayed in about a second."""
NOTHING = (
    "There is nothing to learn from: no correction stands that was not rolled back. Nothing was changed."
)


class View(Struct, frozen=True, kw_only=True):
    """What the page shows. `came`: the version that was just made. `seconds`: how long a replay may take."""

    standing: learning.Standing
    seconds: int
    came: learning.Learned | None = None
    problem: str = ""
    told: dict[str, Any] | None = None


async def _show(request: Ask, came: str = "", problem: str = "", told: Any = None) -> Response[str]:
    standing = await parts_of(request).store.read(learning.standing)
    view = View(
        standing=standing,
        seconds=1 + standing.total // A_SECOND,
        came=next((one for one in standing.versions if one.id == came), None),
        problem=problem,
        told=told,
    )
    name = "settings/triage_learning_area.html" if is_htmx(request) else "settings/triage_learning.html"
    return page(
        request, name, status=422 if problem and not is_htmx(request) else 200,
        shell=await shell(request, "settings"), view=view,
    )  # fmt: skip


@get(PATH, guards=MANAGE, include_in_schema=False)
async def learning_page(request: Ask) -> Response[str]:
    """Where learning stands. `came`: a version just made; `changed` and `state`: one just rolled or brought back, and
    the state that it had."""
    query = request.query_params
    told = None
    if query.get("changed"):
        back = query.get("act") == "bring-back"
        told = {
            "text": "Brought back" if back else "Rolled back",
            "undo": {
                "url": f"{PATH}/restore",
                "values": {"version": query["changed"][:40], "state": query.get("state", "")[:20]},
            },
        }
    return await _show(request, came=query.get("came", "")[:40], told=told)


@post(f"{PATH}/replay", guards=MANAGE, status_code=200, include_in_schema=False)
async def replay(request: Ask) -> Response[Any]:
    """Learn from all corrections now: read and measured apart from the writer, kept in one transaction."""
    parts, who = parts_of(request), who_asks(request)
    session_of(request)

    def measured(tx: Tx) -> workspace.Version | None:
        return workspace.replay(tx, settings.brand_in_force(tx, parts.settings.brand))

    version = await parts.store.read(measured)
    if version is None:
        return await _show(request, problem=NOTHING)
    made = version
    kept = await parts.store.write(lambda tx: learning.keep(tx, who, made, parts.clock()))
    if is_htmx(request):
        return await _show(request, came=kept.id)
    return go(f"{PATH}?came={kept.id}")


@post([f"{PATH}/roll-back", f"{PATH}/bring-back"], guards=MANAGE, status_code=200, include_in_schema=False)
async def change(request: Ask) -> Response[Any]:
    """Roll the newest `version` back, or put it in force."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    act = request.url.path.rpartition("/")[2]
    verb = learning.roll_back if act == "roll-back" else learning.bring_back
    version = given.get("version", "")
    try:
        state = await parts.store.write(lambda tx: verb(tx, who, parts.clock(), version))
    except learning.NothingLearnedError as error:
        return await _show(request, problem=str(error))
    return go(f"{PATH}?changed={version}&act={act}&state={state}")


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: give the newest `version` the `state` that it had."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    version, state = given.get("version", ""), given.get("state", "")
    try:
        await parts.store.write(lambda tx: learning.bring_back(tx, who, parts.clock(), version, state))
    except learning.NothingLearnedError as error:
        return await _show(request, problem=str(error))
    if not is_htmx(request):
        return go(PATH)
    found = await parts.store.read(learning.standing)
    view = View(standing=found, seconds=1 + found.total // A_SECOND)
    around = await shell(request, "settings")
    return page(request, "settings/triage_learning_update.html", shell=around, view=view)


HANDLERS: list[Any] = [learning_page, replay, change, restore]
