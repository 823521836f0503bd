"""Gives cases to people: by routes as they come, from queues as somebody is free, and one by one to who asks."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from earful.desk.calendars import service as calendars
from earful.desk.calendars.rules import Calendar
from earful.desk.cases import service as cases
from earful.desk.conditions import rules as conditions
from earful.desk.conditions import service as facts
from earful.desk.playbooks.rules import LEAD
from earful.desk.routing import rules, settings, store
from earful.desk.routing.rules import Agent, Choice, Plan, Strategy, Wanted
from earful.desk.users import service as users
from earful.log.contract import Log
from earful.model.desk import Role
from earful.model.time import Instant
from earful.store.audit import EARFUL, Who
from earful.store.tx import Tx

LOOKED_AT = 200
"""Cases of a queue that are looked at in one go, the most pressing first."""
OFFERED = 10
"""Cases of a queue among which the next one is chosen, by deadline and by priority each."""
_LANGUAGE = frozenset({"message"})


class Here(Struct, frozen=True, kw_only=True):
    """The desk as it is staffed now."""

    plan: Plan
    agents: list[Agent]
    hours: dict[str, Calendar]


class Move(Struct, frozen=True, kw_only=True):
    """A waiting case and who is to have it."""

    case_id: str
    route: str
    """The route's name."""
    choice: Choice
    language: str


class Given(Struct, frozen=True, kw_only=True):
    """The next case. `number` is None when there is none; then `why`: `none` or `full`."""

    number: int | None = None
    case_id: str = ""
    own: bool = False
    """They had it already."""
    why: str = ""
    capacity: int = 0


def here(tx: Tx, now: Instant, *, lock: bool = False) -> Here:
    """Who can take cases now. With `lock`, nobody else gives cases away until this transaction ends."""
    plan = settings.in_force(tx)
    people = [one for one in users.everybody(tx) if one.active]
    if lock:
        store.add_agents(tx, [one.user.id for one in people])
    rows = store.all_agents(tx, lock=lock)
    if lock:
        # What others gave away while we waited for the lock counts.
        people = [one for one in users.everybody(tx) if one.active]
    hours = {one.calendar.id: one.calendar for one in calendars.listed(tx)}
    return Here(plan=plan, agents=[_agent(one, rows, plan, hours, now) for one in people], hours=hours)


def _agent(
    one: users.Colleague, rows: Mapping[str, Any], plan: Plan, hours: Mapping[str, Calendar], now: int
) -> Agent:
    row = rows.get(one.user.id)
    teams = [team for team in plan.teams if one.user.id in team.members]
    own_languages = json.loads(row["languages"]) if row else []
    return Agent(
        id=one.user.id,
        name=one.user.name,
        skills=frozenset(
            [*(json.loads(row["skills"]) if row else []), *(s for team in teams for s in team.skills)]
        ),
        languages=frozenset(own_languages or [spoken for team in teams for spoken in team.languages]),
        teams=frozenset(team.id for team in teams),
        open_teams=frozenset(team.id for team in teams if rules.open_now(team, hours, now)),
        capacity=row["capacity"] if row else 0,
        load=one.open_cases,
        turn=row["turn"] if row else 0,
        away=rules.why_away(
            teams,
            hours,
            away=bool(row and row["away"]),
            away_until=row["away_until"] if row else None,
            seen_at=one.seen_at,
            now=now,
        ),
    )


def route(tx: Tx, log: Log, case_ids: Iterable[str], now: Instant) -> None:
    """Put those of some cases that wait for somebody into the queue of their route, and give away what can be.

    A case that its route has placed already stays where it is.
    """
    plan = settings.in_force(tx)
    waiting = store.waiting_among(tx, case_ids)
    known = [(one, settings.predicate_of(one)) for one in plan.routes]
    groups = conditions.groups([settings.condition_of(one) for one in plan.routes])
    about = facts.of_cases(tx, [row["id"] for row in waiting], groups)
    placed: dict[str, str] = {}
    for row in waiting:
        found = next((one for one, holds in known if holds(about[row["id"]], now)), None)
        if found is not None and found.id != row["route_id"]:
            cases.put_in_queue(tx, row["id"], found.queue, found.id)
            placed[row["id"]] = found.queue
        elif found is None and row["queue"] and row["queue"] not in plan.queues:
            cases.put_in_queue(tx, row["id"], "", "")
            cases.tell_unqueued(tx, log, EARFUL, row["id"], now)
    given = fill(tx, log, now)
    for case_id, queue in placed.items():
        if case_id not in given and queue:
            cases.tell_queued(tx, log, EARFUL, case_id, plan.name_of(queue), now)


def give_to_owners(tx: Tx, log: Log, owners: Mapping[str, tuple[str, str]], now: Instant) -> None:
    """Give cases that nobody has to whom the step of their playbook names: case -> (mail address or `lead`, step).

    Nobody is given one while away or full; then it waits as any other. A step for an agent is for whoever the routes
    say.
    """
    wanted = {case_id: one for case_id, one in owners.items() if one[0] == LEAD or "@" in one[0]}
    if not wanted:
        return
    free = {one.id: one for one in here(tx, now, lock=True).agents if not one.away and not one.full}
    people = [one.user for one in users.everybody(tx) if one.active and one.user.id in free]
    for case_id, (owner, step) in wanted.items():
        able = [
            one
            for one in people
            if (one.role is not Role.AGENT if owner == LEAD else one.email.casefold() == owner.casefold())
        ]
        chosen = min(able, key=lambda one: (free[one.id].load, one.id), default=None)
        if chosen is not None:
            detail = f"{chosen.name} ({step})"
            cases.take(tx, log, EARFUL, case_id, chosen.id, "routed_owner", detail, now)


def moves(tx: Tx, staffed: Here, now: Instant) -> list[Move]:
    """Which waiting cases would go to whom, the most pressing first. Nothing is written."""
    plan, agents = staffed.plan, staffed.agents
    giving = [one for one in plan.routes if one.strategy is not Strategy.LEAVE]
    rows = []
    for queue in dict.fromkeys(queue for one in giving for queue in (one.queue, *one.follow)):
        if any(one.serves(queue) and one.here_for(queue) and not one.full for one in agents):
            rows += store.routed(tx, queue, LOOKED_AT)
    rows.sort(key=lambda row: _rank(row, now))
    about = facts.of_cases(tx, [row["id"] for row in rows], _LANGUAGE)
    had = store.had(tx, [row["person_id"] for row in rows])
    found = []
    for row in rows:
        by = plan.route(row["route_id"])
        if by is None:
            continue
        language = about[row["id"]].message_language or ""
        wanted = Wanted(queue=row["queue"], language=language, before=had.get(row["person_id"], ""))
        choice = rules.choose(wanted, agents, by.strategy, keep=by.keep)
        if choice.agent_id:
            agents = rules.given(agents, choice.agent_id)
            found.append(Move(case_id=row["id"], route=by.name, choice=choice, language=language))
    return found


def _rank(row: Mapping[str, Any], now: int) -> tuple[int, int, int, int]:
    return rules.rank(
        priority=row["priority"],
        number=row["number"],
        due_at=row["due_at"],
        warn_at=row["due_warn_at"],
        now=now,
        window_until=row["window_until"],
    )


def fill(tx: Tx, log: Log, now: Instant) -> dict[str, str]:
    """Give waiting cases to who is free. Returns case -> who got it."""
    staffed = here(tx, now, lock=True)
    names = {one.id: one.name for one in staffed.agents}
    turn = max((one.turn for one in staffed.agents), default=0)
    given: dict[str, str] = {}
    for move in moves(tx, staffed, now):
        user_id = move.choice.agent_id
        detail = f"{names[user_id]} ({move.route})"
        if not cases.take(
            tx, log, EARFUL, move.case_id, user_id, f"routed_{move.choice.because}", detail, now
        ):
            continue
        turn += 1
        store.set_agent(tx, user_id, {"turn": turn})
        given[move.case_id] = user_id
        if move.choice.unspoken:
            cases.tell_unspoken(tx, log, EARFUL, move.case_id, move.language, now)
    return given


def follow(tx: Tx, now: Instant, staffed: Here) -> list[tuple[str, str, str]]:
    """(case, route, team) of what waits in teams whose day is over while another of its route is open."""
    found = []
    for one in staffed.plan.routes:
        team = staffed.plan.team(one.team)
        if not one.follow or team is None or rules.open_now(team, staffed.hours, now):
            continue
        others = (staffed.plan.team(name) for name in one.follow)
        to = next((other for other in others if other and rules.open_now(other, staffed.hours, now)), None)
        if to is not None:
            rows = store.of_route(tx, one.team, one.id, LOOKED_AT)
            found += [(row["id"], one.id, to.id) for row in rows]
    return found


def is_due(tx: Tx, now: Instant) -> bool:
    """Whether time alone lets somebody have a case: they came back, a day began or ended."""
    if not settings.in_force(tx).routes:
        return False
    staffed = here(tx, now)
    return bool(follow(tx, now, staffed) or moves(tx, staffed, now))


def tick(tx: Tx, log: Log, now: Instant) -> None:
    """What happens because time passes: follow the sun, then give away what can be."""
    staffed = here(tx, now, lock=True)
    for case_id, route_id, team_id in follow(tx, now, staffed):
        cases.put_in_queue(tx, case_id, team_id, route_id)
        cases.tell_queued(tx, log, EARFUL, case_id, staffed.plan.name_of(team_id), now, moved=True)
    fill(tx, log, now)


def next_case(tx: Tx, log: Log, who: Who, user_id: str, now: Instant, apart_from: str = "") -> Given:
    """Give somebody the next case: one of theirs in which a customer waits, or the most pressing of their queues.

    It is theirs when this returns; two who ask at once get two cases. `apart_from`: the case that they look at.
    """
    store.add_agents(tx, [user_id])
    store.agent(tx, user_id, lock=True)
    staffed = here(tx, now)
    me = next((one for one in staffed.agents if one.id == user_id), None)
    if me is None:
        return Given(why="none")
    own = [row for row in store.own(tx, user_id, LOOKED_AT) if row["id"] != apart_from]
    mine = {row["id"] for row in own}
    rows = own if me.full else own + _offered(tx, me, staffed.plan, now)
    for row in _spoken_first(tx, sorted(rows, key=lambda row: _rank(row, now)), me):
        if row["id"] == apart_from:
            continue
        if row["id"] in mine:
            return Given(number=row["number"], case_id=row["id"], own=True)
        if cases.take(tx, log, who, row["id"], user_id, "took_next", me.name, now):
            return Given(number=row["number"], case_id=row["id"])
    return Given(why="full" if me.full else "none", capacity=me.capacity)


def _offered(tx: Tx, me: Agent, plan: Plan, now: Instant) -> list[dict[str, Any]]:
    skills = {one.queue for one in plan.routes if one.skill in me.skills and one.skill}
    found: dict[str, dict[str, Any]] = {}
    for queue in ("", *sorted(me.teams), *sorted(skills)):
        for row in (
            *store.nearest_due(tx, queue, OFFERED),
            *store.nearest_window(tx, queue, now, OFFERED),
            *store.most_pressing(tx, queue, OFFERED),
        ):
            found[row["id"]] = row
    return list(found.values())


def _spoken_first(tx: Tx, rows: list[dict[str, Any]], me: Agent) -> list[dict[str, Any]]:
    """The same order, with what they cannot read at its end."""
    if not me.languages or not rows:
        return rows
    about = facts.of_cases(tx, [row["id"] for row in rows], _LANGUAGE)
    return sorted(rows, key=lambda row: not me.speaks(about[row["id"]].message_language or ""))


def waiting_after(tx: Tx, number: int, limit: int) -> list[tuple[str, int]]:
    """(id, number) of the next waiting cases by number."""
    return store.waiting_after(tx, number, limit)


def open_cases(tx: Tx, user_id: str, most: int) -> list[str]:
    """Open cases of somebody, for handing them over."""
    return store.open_of(tx, user_id, most)
