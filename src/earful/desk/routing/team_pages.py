"""Settings, Teams: how the queues stand, teams, routes in their order, and what each person can do."""

from collections.abc import Callable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.calendars import service as calendars
from earful.desk.conditions.reading import InvalidConditionError, dump
from earful.desk.conditions.words import says, value_label
from earful.desk.routing import queues, rules, service, settings
from earful.desk.routing.queues import State
from earful.desk.routing.rules import Agent, InvalidPlanError, Plan, Route, Strategy, Team
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views import pages as view_pages
from earful.model.desk import UserRef
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, shell, undo_note

MANAGE = [needs(Permission.ROUTING_MANAGE)]
PATH = "/settings/teams"
NEW = "new"
FIELDS_MOST = 3_000


class View(Struct, frozen=True, kw_only=True):
    """What the list shows."""

    plan: Plan
    states: list[State]
    people: list[tuple[UserRef, Agent, settings.Profile]]
    sentences: dict[str, str]
    """Route -> its condition in words."""
    calendars: dict[str, str]
    names: dict[str, str]
    told: dict[str, Any] | None = None


@get(PATH, guards=MANAGE, include_in_schema=False)
async def teams_page(request: Ask) -> Response[str]:
    """Everything at a glance. `undo`: the version before a save, to be offered."""
    parts, query = parts_of(request), request.query_params
    told = undo_note(request, PATH)

    def read(tx: Tx) -> View:
        staffed = service.here(tx, parts.clock())
        who = {one.id: one for one in users.colleagues(tx)}
        names = {one.id: one.name for one in who.values()}
        known = [(who[one.id], one, settings.profile(tx, one.id)) for one in staffed.agents if one.id in who]
        return View(
            plan=staffed.plan,
            states=queues.kept(tx),
            people=known,
            sentences={one.id: says(settings.condition_of(one), names) for one in staffed.plan.routes},
            calendars={one.calendar.id: one.calendar.name for one in calendars.listed(tx)},
            names=names,
            told=told,
        )

    view = await parts.store.read(read)
    around = await shell(request, "settings", query.get("notice", "")[:300])
    return page(request, "settings/teams.html", shell=around, view=view)


async def _save(
    request: Ask, change: Callable[[Plan], Plan], saved: str, data: dict[str, str]
) -> Response[Any]:
    """Put the changed plan in force. Raises what `settings.save` does."""
    parts, who = parts_of(request), who_asks(request)
    sent = data.get("seq", "")

    def verb(tx: Tx) -> settings.Saved:
        seen = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else None
        return settings.save(tx, parts.log, who, change(settings.in_force(tx)), parts.clock(), seen=seen)

    done = await parts.store.write(verb)
    return go(
        f"{PATH}?saved={saved}&undo={done.before}"
        if done.changed
        else f"{PATH}?notice=Nothing+was+different."
    )


async def _team(request: Ask, team: Team, seq: int | None = None, problem: str = "") -> Response[str]:
    def read(tx: Tx) -> dict[str, Any]:
        return {
            "calendars": [one.calendar for one in calendars.listed(tx)],
            "users": users.colleagues(tx),
            "seq": settings.place(tx) if seq is None else seq,
        }

    found = await parts_of(request).store.read(read)
    around = await shell(request, "settings")
    status = 422 if problem else 200
    return page(
        request, "settings/team.html", status=status, shell=around, team=team, problem=problem, **found
    )


@get(f"{PATH}/team/{{team_id:str}}", guards=MANAGE, include_in_schema=False)
async def team_page(request: Ask, team_id: FromPath[str]) -> Response[str]:
    """One team, or `new`."""
    plan = await parts_of(request).store.read(settings.in_force)
    team = Team(id=NEW, name="", silent_after=60) if team_id == NEW else plan.team(team_id)
    if team is None:
        raise NotFoundException("This team does not exist; somebody may have removed it.")
    return await _team(request, team)


@post(f"{PATH}/team/{{team_id:str}}", guards=MANAGE, status_code=200, include_in_schema=False)
async def save_team(request: Ask, team_id: FromPath[str]) -> Response[Any]:
    """Put the form's team in force."""
    data, sent = await form(request), await request.form()
    silent = data.get("silent_after", "0").strip() or "0"
    shown = Team(
        id=team_id,
        name=data.get("name", ""),
        calendar=data.get("calendar", ""),
        members=tuple(str(one) for one in sent.getall("members", [])),
        silent_after=int(silent) if silent.isascii() and silent.isdecimal() and len(silent) < 6 else -1,
    )

    def change(plan: Plan) -> Plan:
        named = settings.free_id([one.id for one in plan.teams], shown.name) if team_id == NEW else team_id
        said = {
            "languages": rules.languages(data.get("languages", "")),
            "skills": rules.words(data.get("skills", "")),
        }
        return settings.with_team(plan, msgspec.structs.replace(shown, id=named, **said))

    try:
        return await _save(request, change, "Team+saved", data)
    except (InvalidPlanError, settings.StaleError) as error:
        kept = msgspec.structs.replace(
            shown,
            languages=tuple(data.get("languages", "").split(",")),
            skills=tuple(data.get("skills", "").split(",")),
        )
        return await _team(request, kept, _number(data), f"{error} Nothing was saved.")


def _number(data: dict[str, str]) -> int:
    sent = data.get("seq", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 19 else 0


@post(f"{PATH}/team/{{team_id:str}}/remove", guards=MANAGE, status_code=200, include_in_schema=False)
async def remove_team(request: Ask, team_id: FromPath[str]) -> Response[Any]:
    """Remove a team that no route leads to."""
    try:
        return await _save(request, lambda plan: settings.without_team(plan, team_id), "Team+removed", {})
    except InvalidPlanError as error:
        return go(f"{PATH}?{urlencode({'notice': str(error)})}")


@post(f"{PATH}/route/{{route_id:str}}/remove", guards=MANAGE, status_code=200, include_in_schema=False)
async def remove_route(request: Ask, route_id: FromPath[str]) -> Response[Any]:
    """Remove a route; what it placed is placed anew."""
    return await _save(request, lambda plan: settings.without_route(plan, route_id), "Route+removed", {})


@post(f"{PATH}/route/{{route_id:str}}/move", guards=MANAGE, status_code=200, include_in_schema=False)
async def move(request: Ask, route_id: FromPath[str]) -> Response[Any]:
    """Put a route one place further `up` or `down`."""
    step = -1 if (await form(request)).get("step") == "up" else 1
    return await _save(request, lambda plan: settings.moved_route(plan, route_id, step), "Moved", {})


async def _route(
    request: Ask, route: Route, root: forms.Group, seq: int | None = None, problem: str = ""
) -> Response[str]:
    parts = parts_of(request)
    asker = view_pages.asker_of(request)

    def read(tx: Tx) -> dict[str, Any]:
        return {
            "editor": view_pages.editor_of(tx, asker, root, now=parts.clock()),
            "plan": settings.in_force(tx),
            "seq": settings.place(tx) if seq is None else seq,
        }

    found = await parts.store.read(read)
    return page(
        request,
        "settings/route.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings"),
        route=route,
        problem=problem,
        strategies=list(Strategy),
        value_label=value_label,
        **found,
    )


@get(f"{PATH}/route/{{route_id:str}}", guards=MANAGE, include_in_schema=False)
async def route_page(request: Ask, route_id: FromPath[str]) -> Response[str]:
    """One route, or `new`."""
    plan = await parts_of(request).store.read(settings.in_force)
    route = Route(id=NEW, name="") if route_id == NEW else plan.route(route_id)
    if route is None:
        raise NotFoundException("This route does not exist; somebody may have removed it.")
    return await _route(request, route, forms.of_condition(settings.condition_of(route)))


@post(f"{PATH}/route/{{route_id:str}}", guards=MANAGE, status_code=200, include_in_schema=False)
async def save_route(request: Ask, route_id: FromPath[str]) -> Response[Any]:
    """Put the form's route in force."""
    sent = await request.form()
    given: dict[str, list[str]] = {}
    for name, value in islice(sent.multi_items(), FIELDS_MOST):
        if isinstance(value, str):
            given.setdefault(name, []).append(value)
    data = {name: values[-1] for name, values in given.items()}
    root = forms.of_form(given)
    strategy = data.get("strategy", "")
    shown = Route(
        id=route_id,
        name=data.get("name", ""),
        team=data.get("team", ""),
        skill=data.get("skill", ""),
        strategy=Strategy(strategy) if strategy in set(Strategy) else Strategy.LEAST,
        keep=data.get("keep") == "1",
        follow=tuple(given.get("follow", ())),
    )

    def change(plan: Plan) -> Plan:
        named = settings.free_id([one.id for one in plan.routes], shown.name) if route_id == NEW else route_id
        condition = msgspec.json.decode(dump(forms.condition_of(root)))
        return settings.with_route(plan, msgspec.structs.replace(shown, id=named, condition=condition))

    try:
        return await _save(request, change, "Route+saved", data)
    except (InvalidPlanError, InvalidConditionError, settings.StaleError) as error:
        return await _route(request, shown, root, _number(data), f"{error} Nothing was saved.")


@get(f"{PATH}/person/{{user_id:str}}", guards=MANAGE, include_in_schema=False)
async def person_page(request: Ask, user_id: FromPath[str]) -> Response[str]:
    """What one person can do."""
    return await _person(request, user_id)


async def _person(
    request: Ask, user_id: str, given: dict[str, str] | None = None, problem: str = ""
) -> Response[str]:
    def read(tx: Tx) -> tuple[UserRef | None, settings.Profile]:
        return next((one for one in users.colleagues(tx) if one.id == user_id), None), settings.profile(
            tx, user_id
        )

    user, known = await parts_of(request).store.read(read)
    if user is None:
        raise NotFoundException("This colleague does not exist any more.")
    fields = given or {
        "skills": ", ".join(known.skills),
        "languages": ", ".join(known.languages),
        "capacity": str(known.capacity),
    }
    around = await shell(request, "settings")
    status = 422 if problem else 200
    return page(
        request, "settings/agent.html", status=status, shell=around, user=user, fields=fields, problem=problem
    )


@post(f"{PATH}/person/{{user_id:str}}", guards=MANAGE, status_code=200, include_in_schema=False)
async def save_person(request: Ask, user_id: FromPath[str]) -> Response[Any]:
    """`skills`, `languages` and `capacity` of one person."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    capacity = data.get("capacity", "").strip() or "0"
    try:
        if not (capacity.isascii() and capacity.isdecimal() and len(capacity) < 8):
            raise InvalidPlanError("Open cases at most: write a whole number, 0 for no limit.")
        await parts.store.write(
            lambda tx: settings.set_profile(
                tx,
                parts.log,
                who,
                user_id,
                data.get("skills", ""),
                data.get("languages", ""),
                int(capacity),
                parts.clock(),
            )
        )
    except InvalidPlanError as error:
        fields = {name: data.get(name, "") for name in ("skills", "languages", "capacity")}
        return await _person(request, user_id, fields, f"{error} Nothing was saved.")
    return go(f"{PATH}?notice=Saved.")


HANDLERS: list[Any] = [
    teams_page, team_page, save_team, remove_team, move, remove_route, route_page, save_route, person_page, save_person,
]  # fmt: skip
