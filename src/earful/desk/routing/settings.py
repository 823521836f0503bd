"""What people do to teams and routes, and to what is known of an agent."""

import json

from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.calendars import service as calendars
from earful.desk.conditions import rules as conditions
from earful.desk.conditions.reading import InvalidConditionError
from earful.desk.routing import rules, store
from earful.desk.routing.rules import KIND, InvalidPlanError, Plan, Route, Team
from earful.desk.users import service as users
from earful.log.contract import Log, NewEvent
from earful.model.conditions import Condition
from earful.model.time import DAY, Instant
from earful.store.audit import Who, record
from earful.store.tx import Tx

CHANGED = "routing.changed"
"""Teams or routes changed; what waits is looked at again."""
AGENT_CHANGED = "agent.changed"
"""Somebody went away or came back, or can do something else now."""
AWAY_MOST = 400 * DAY


class StaleError(ValueError):
    """Somebody saved teams or routes meanwhile; the message says so."""


class Profile(Struct, frozen=True, kw_only=True):
    """What was said of an agent."""

    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    capacity: int = 0
    away: bool = False
    away_until: int | None = None


class Saved(Struct, frozen=True, kw_only=True):
    """What a save did. `before`: the place of the plan until then, 0 for none."""

    changed: bool
    seq: int
    before: int


def in_force(tx: Tx) -> Plan:
    """Teams and routes as they are now."""
    return kept.in_force(tx, KIND, Plan)


def place(tx: Tx) -> int:
    """The version of teams and routes; 0 before there were any."""
    return kept.place(tx, KIND)


def condition_of(route: Route) -> Condition:
    """The condition of a route. Raises InvalidConditionError."""
    return conditions.kept(route.condition)


def predicate_of(route: Route) -> conditions.Predicate:
    """The condition of a route as a function of facts and now."""
    return conditions.compiled(conditions.kept(route.condition))


def save(tx: Tx, log: Log, who: Who, plan: Plan, now: Instant, *, seen: int | None = None) -> Saved:
    """Put teams and routes in force. `seen`: the version that the writer started from, None not to care.

    Raises InvalidPlanError, StaleError.
    """
    if seen is not None and seen != place(tx):
        raise StaleError(
            "Somebody saved teams or routes while you were editing. Load the page again and look at theirs first."
        )
    ids = [one.calendar.id for one in calendars.listed(tx)]
    # A member who was switched off stays one: they take no cases, and come back with their account.
    checked = rules.check(plan, ids, [one.user.id for one in users.everybody(tx)])
    for route in checked.routes:
        try:
            condition_of(route)
        except InvalidConditionError as error:
            raise InvalidPlanError(f"{route.name}: {error}") from error
    changed, before = kept.keep(tx, who, KIND, checked, now)
    if changed:
        log.append(tx, [NewEvent(type=CHANGED, subject=KIND, at=now, actor=who.id)])
    return Saved(changed=changed, seq=place(tx), before=before)


def restore(tx: Tx, log: Log, who: Who, seq: int, now: Instant) -> None:
    """Put earlier teams and routes in force again. Raises InvalidPlanError."""
    if not kept.restore(tx, who, KIND, Plan, seq, now):
        raise InvalidPlanError("There are no such teams and routes; nothing was changed.")
    log.append(tx, [NewEvent(type=CHANGED, subject=KIND, at=now, actor=who.id)])


def free_id(taken: list[str], name: str) -> str:
    """An id for a new team or route, from its name."""
    slug = (
        "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())[:30].strip("-")
        or "one"
    )
    return next(
        one for n in range(1, len(taken) + 2) if (one := slug if n == 1 else f"{slug}-{n}") not in taken
    )


def with_team(plan: Plan, team: Team) -> Plan:
    """The plan with a team changed or added."""
    known = plan.team(team.id)
    teams = tuple(team if one.id == team.id else one for one in plan.teams)
    return Plan(teams=teams if known else (*teams, team), routes=plan.routes)


def without_team(plan: Plan, team_id: str) -> Plan:
    """The plan without a team. Raises InvalidPlanError while a route leads to it."""
    user = next((one for one in plan.routes if team_id in (one.team, *one.follow)), None)
    if user is not None:
        raise InvalidPlanError(f"The route {user.name} leads to this team; change the route first.")
    return Plan(teams=tuple(one for one in plan.teams if one.id != team_id), routes=plan.routes)


def with_route(plan: Plan, route: Route) -> Plan:
    """The plan with a route changed, or added as the last."""
    known = plan.route(route.id)
    routes = tuple(route if one.id == route.id else one for one in plan.routes)
    return Plan(teams=plan.teams, routes=routes if known else (*routes, route))


def without_route(plan: Plan, route_id: str) -> Plan:
    """The plan without a route."""
    return Plan(teams=plan.teams, routes=tuple(one for one in plan.routes if one.id != route_id))


def moved_route(plan: Plan, route_id: str, step: int) -> Plan:
    """The plan with a route one place further up (-1) or down (1), as far as there is room."""
    routes = list(plan.routes)
    at = next((at for at, one in enumerate(routes) if one.id == route_id), None)
    if at is not None:
        routes.insert(min(max(at + step, 0), len(routes) - 1), routes.pop(at))
    return Plan(teams=plan.teams, routes=tuple(routes))


def profile(tx: Tx, user_id: str) -> Profile:
    """What was said of an agent."""
    row = store.agent(tx, user_id)
    if row is None:
        return Profile()
    return Profile(
        skills=tuple(json.loads(row["skills"])),
        languages=tuple(json.loads(row["languages"])),
        capacity=row["capacity"],
        away=row["away"],
        away_until=row["away_until"],
    )


def is_away(tx: Tx, user_id: str, now: Instant) -> bool:
    """Whether somebody said that they are away, and the time that they named is not over."""
    known = profile(tx, user_id)
    return known.away and (known.away_until is None or known.away_until > now)


def set_profile(
    tx: Tx, log: Log, who: Who, user_id: str, skills: str, languages: str, capacity: int, now: Instant
) -> None:
    """Say what an agent can do and how many open cases they can take, 0 for no limit. Raises InvalidPlanError."""
    if user_id not in {one.user.id for one in users.everybody(tx)}:
        raise InvalidPlanError("This colleague does not exist; nothing was changed.")
    if not 0 <= capacity <= rules.CAPACITY_MOST:
        raise InvalidPlanError(f"Open cases at most: a number up to {rules.CAPACITY_MOST}, 0 for no limit.")
    values = {
        "skills": json.dumps(rules.words(skills)),
        "languages": json.dumps(rules.languages(languages)),
        "capacity": capacity,
    }
    store.set_agent(tx, user_id, values)
    record(tx, who, "agent.change", user_id, now, ", ".join(sorted(values)))
    log.append(tx, [NewEvent(type=AGENT_CHANGED, subject=user_id, at=now, actor=who.id)])


def set_away(
    tx: Tx, log: Log, who: Who, user_id: str, *, away: bool, until: int | None, now: Instant
) -> Profile:
    """Say whether somebody is away, and until when if that is known. Returns how they stood before.

    Raises InvalidPlanError for a time that is over or too far away.
    """
    if until is not None and not now < until <= now + AWAY_MOST:
        raise InvalidPlanError("Choose a time in the future, at most four hundred days ahead.")
    before = profile(tx, user_id)
    store.set_agent(tx, user_id, {"away": away, "away_until": until if away else None})
    record(tx, who, "agent.away" if away else "agent.here", user_id, now)
    log.append(tx, [NewEvent(type=AGENT_CHANGED, subject=user_id, at=now, actor=who.id)])
    return before
