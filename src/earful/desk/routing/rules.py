"""Who gets a case: teams and routes, who is here, and the choice among them. Pure.

Nobody gets a case who is away or has as many open cases as they can take. A language is respected as long as anybody
who could get the case speaks it: then the case waits for one of them rather than going to somebody who cannot read it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from earful.desk.calendars.hours import add_business_time, is_open
from earful.desk.calendars.rules import Calendar, NeverOpenError
from earful.model.time import HOUR, MINUTE

KIND = "routing"
NAME_MOST = 60
WORD_MOST = 40
WORDS_MOST = 40
TEAMS_MOST = 100
ROUTES_MOST = 200
MEMBERS_MOST = 500
CAPACITY_MOST = 10_000
SILENT_LEAST = 15
"""Minutes: who is here is noted every ten, so less would call people away who are not."""
SILENT_MOST = 24 * 60
SURE_HOURS = 20
"""A rate of answers that rests on fewer hours is called unsure."""
SKILL = "skill:"


class InvalidPlanError(ValueError):
    """Teams or routes cannot be used; the message names the one and says what would be right."""


class Strategy(StrEnum):
    """How a route chooses among those who can take a case."""

    LEAST = "least"
    """Whoever has the fewest open cases."""
    TURN = "turn"
    """One after the other."""
    LEAVE = "leave"
    """Nobody: the case waits until somebody takes it."""


class Team(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """People who share a queue. What the team can, each of its members can."""

    id: str
    name: str
    calendar: str = ""
    """Id of the calendar by which its members are here; empty for around the clock."""
    members: tuple[str, ...] = ()
    """Ids of users."""
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    silent_after: int = 0
    """Minutes without a sign of life after which a member counts as away; 0 for never."""


class Route(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which cases go where; the first route whose condition holds counts."""

    id: str
    name: str
    condition: dict[str, Any] = field(default_factory=lambda: {"all": []})
    """As `docs/reference/conditions.md` has it."""
    team: str = ""
    skill: str = ""
    """Either a team's id or a skill; neither leaves the case to anybody."""
    strategy: Strategy = Strategy.LEAST
    keep: bool = True
    """To the one who had the person's last case, where they can take it."""
    follow: tuple[str, ...] = ()
    """Ids of teams; when the day of `team` ends, what waits moves to the first of them that is open."""

    @property
    def queue(self) -> str:
        """Where its cases wait."""
        return self.team or (SKILL + self.skill if self.skill else "")


class Plan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All teams and routes."""

    teams: tuple[Team, ...] = ()
    routes: tuple[Route, ...] = ()

    def team(self, team_id: str) -> Team | None:
        """A team by id."""
        return next((one for one in self.teams if one.id == team_id), None)

    def route(self, route_id: str) -> Route | None:
        """A route by id."""
        return next((one for one in self.routes if one.id == route_id), None)

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that anybody can have cases from."""
        return frozenset([one.id for one in self.teams] + [one.queue for one in self.routes])

    def name_of(self, queue: str) -> str:
        """A queue in words; empty for the one that is everybody's."""
        team = self.team(queue)
        return team.name if team is not None else queue.removeprefix(SKILL)


class Agent(Struct, frozen=True, kw_only=True):
    """Somebody who may take cases, as they are now."""

    id: str
    name: str
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    """Empty: nothing was said, so any."""
    teams: frozenset[str] = frozenset()
    open_teams: frozenset[str] = frozenset()
    """Those of their teams whose day it is."""
    capacity: int = 0
    """Open cases at most; 0 for no limit."""
    load: int = 0
    turn: int = 0
    away: str = ""
    """Why they are away: `away`, `silent`, `hours`; empty when they are here."""

    @property
    def full(self) -> bool:
        """Has as many open cases as they can take."""
        return bool(self.capacity) and self.load >= self.capacity

    def speaks(self, language: str) -> bool:
        """Whether a language (BCP 47) is one of theirs; an unknown one is everybody's."""
        return not language or not self.languages or _plain(language) in self.languages

    def serves(self, queue: str) -> bool:
        """Whether cases of a queue are theirs to take."""
        if queue.startswith(SKILL):
            return queue.removeprefix(SKILL) in self.skills
        return not queue or queue in self.teams

    def here_for(self, queue: str) -> bool:
        """Whether they are at work, for this queue: a member of a team that has gone home is not."""
        return not self.away and (queue not in self.teams or queue in self.open_teams)


class Wanted(Struct, frozen=True, kw_only=True):
    """What a case asks of whoever takes it."""

    queue: str = ""
    language: str = ""
    before: str = ""
    """Who had the person's last case."""


class Choice(Struct, frozen=True, kw_only=True):
    """Who gets a case. Without an agent, `because` says why it waits: `nobody`, `away`, `full` or `left`."""

    agent_id: str = ""
    because: str
    """`same`, `turn` or `least` with an agent."""
    unspoken: bool = False
    """Nobody who could take it speaks its language."""


def choose(wanted: Wanted, agents: Sequence[Agent], strategy: Strategy, *, keep: bool = True) -> Choice:
    """Who of `agents` gets a case. Among equals the one whose turn is longest ago, then by id."""
    if strategy is Strategy.LEAVE:
        return Choice(because="left")
    able = [one for one in agents if one.serves(wanted.queue)]
    if not able:
        return Choice(because="nobody")
    speakers = [one for one in able if one.speaks(wanted.language)]
    unspoken = not speakers
    here = [one for one in speakers or able if one.here_for(wanted.queue)]
    free = [one for one in here if not one.full]
    if not free:
        return Choice(because="full" if here else "away", unspoken=unspoken)
    if keep and any(one.id == wanted.before for one in free):
        return Choice(agent_id=wanted.before, because="same", unspoken=unspoken)
    if strategy is Strategy.TURN:
        chosen = min(free, key=lambda one: (one.turn, one.id))
        return Choice(agent_id=chosen.id, because="turn", unspoken=unspoken)
    chosen = min(free, key=lambda one: (one.load, one.turn, one.id))
    return Choice(agent_id=chosen.id, because="least", unspoken=unspoken)


def given(agents: Sequence[Agent], agent_id: str) -> list[Agent]:
    """The same agents after one of them got a case."""
    last = max((one.turn for one in agents), default=0)
    return [replace(one, load=one.load + 1, turn=last + 1) if one.id == agent_id else one for one in agents]


def why_away(
    teams: Sequence[Team],
    hours: Mapping[str, Calendar],
    *,
    away: bool,
    away_until: int | None,
    seen_at: int | None,
    now: int,
) -> str:
    """Why somebody is away: they said so, nothing was seen of them, no team of theirs is open; else empty."""
    if away and (away_until is None or now < away_until):
        return "away"
    waits = [team.silent_after for team in teams if team.silent_after]
    if waits and (seen_at is None or now - seen_at > min(waits) * MINUTE):
        return "silent"
    return "hours" if teams and not any(open_now(team, hours, now) for team in teams) else ""


def open_now(team: Team, hours: Mapping[str, Calendar], now: int) -> bool:
    """Whether it is a team's day. A calendar that is no more closes nothing."""
    calendar = hours.get(team.calendar)
    return calendar is None or is_open(calendar, now)


WINDOW_WARNS = 2 * HOUR
"""So long before a network's messaging window closes its case is as pressing as one that is nearly due."""


def rank(
    *,
    priority: int,
    number: int,
    due_at: int | None,
    warn_at: int | None,
    now: int,
    window_until: int | None = None,
) -> tuple[int, int, int, int]:
    """Where a waiting case stands, lowest first: what is nearly due or over by its deadline, then by priority.

    A messaging window that still is open is a deadline like the desk's own, and whichever ends sooner counts; one that
    has closed presses nobody any more.
    """
    if window_until is not None and window_until > now and (due_at is None or window_until < due_at):
        due_at = window_until
        warn_at = min(window_until - WINDOW_WARNS, warn_at if warn_at is not None else window_until)
    late = due_at if due_at is not None else _NEVER
    if due_at is not None and warn_at is not None and warn_at <= now:
        return 0, late, -priority, number
    return 1, -priority, late, number


class Forecast(Struct, frozen=True, kw_only=True):
    """When a queue would be empty, and how many of its deadlines cannot be kept. None: it cannot be said."""

    done_at: int | None
    late: int


def forecast(
    dues: Sequence[int | None], per_hour: float, calendar: Calendar | None, now: int, waiting: int
) -> Forecast:
    """How a queue of `waiting` cases ends at a rate of answers per open hour, nearest deadlines (`dues`) first.

    That order misses the fewest deadlines (Jackson 1955), so the figure is "at least". Without a rate only what is over
    already counts.
    """
    known = sorted(due for due in dues if due is not None)
    if per_hour <= 0:
        return Forecast(done_at=None, late=sum(due < now for due in known))
    late = sum(due < _after(calendar, now, place / per_hour) for place, due in enumerate(known, 1))
    done_at = _after(calendar, now, waiting / per_hour) if waiting else now
    return Forecast(done_at=done_at if done_at < _NEVER else None, late=late)


_NEVER = 2**62


def _after(calendar: Calendar | None, now: int, hours: float) -> int:
    length = round(hours * HOUR)
    if calendar is None:
        return now + length
    try:
        return add_business_time(calendar, now, length)
    except NeverOpenError:
        return _NEVER


def words(text: str) -> tuple[str, ...]:
    """Skills or languages as people write them: small letters, in order, each once. Raises InvalidPlanError."""
    found = tuple(sorted({" ".join(one.lower().split()) for one in text.replace(";", ",").split(",")} - {""}))
    _check_words(found, "A list")
    return found


def languages(text: str) -> tuple[str, ...]:
    """Languages by their code, the region left out: `en, de`. Raises InvalidPlanError."""
    found = tuple(sorted({_plain(one) for one in words(text)}))
    wrong = next((one for one in found if not (one.isascii() and one.isalpha() and len(one) in (2, 3))), None)
    if wrong is not None:
        raise InvalidPlanError(f"“{wrong}” is not the code of a language; write them as en, de, pt.")
    return found


def _plain(language: str) -> str:
    return language.lower().partition("-")[0]


def _check_words(found: Sequence[str], what: str) -> None:
    if len(found) > WORDS_MOST or any(not one or len(one) > WORD_MOST for one in found):
        raise InvalidPlanError(f"{what} has at most {WORDS_MOST} words of at most {WORD_MOST} letters each.")


def check(plan: Plan, calendars: Sequence[str], people: Sequence[str]) -> Plan:
    """The plan with its texts in order. Raises InvalidPlanError for one that cannot be used."""
    if len(plan.teams) > TEAMS_MOST or len(plan.routes) > ROUTES_MOST:
        raise InvalidPlanError(f"There are at most {TEAMS_MOST} teams and {ROUTES_MOST} routes.")
    teams = tuple(_team(one, calendars, people) for one in plan.teams)
    _check_unique([one.id for one in teams], [one.name for one in teams], "team")
    known = {one.id for one in teams}
    routes = tuple(_route(one, known) for one in plan.routes)
    _check_unique([one.id for one in routes], [one.name for one in routes], "route")
    return Plan(teams=teams, routes=routes)


def _check_unique(ids: Sequence[str], names: Sequence[str], what: str) -> None:
    folded = [name.casefold() for name in names]
    twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        raise InvalidPlanError(f"There are two {what}s named {twice}; choose another name for one.")
    if len(set(ids)) < len(ids):
        raise InvalidPlanError(f"Two {what}s have the same id; each needs its own.")


def _name(name: str, what: str) -> str:
    kept = " ".join(name.split())
    if not 0 < len(kept) <= NAME_MOST:
        raise InvalidPlanError(f"Give the {what} a name of at most {NAME_MOST} letters.")
    return kept


def _check_id(given_id: str, what: str) -> None:
    if not 0 < len(given_id) <= WORD_MOST or given_id.startswith(SKILL) or not given_id.isprintable():
        raise InvalidPlanError(
            f"The id of a {what} has 1 to {WORD_MOST} letters and does not begin with {SKILL}"
        )


def _team(team: Team, calendars: Sequence[str], people: Sequence[str]) -> Team:
    name = _name(team.name, "team")
    _check_id(team.id, "team")
    if team.calendar and team.calendar not in calendars:
        raise InvalidPlanError(
            f"{name}: there is no calendar “{team.calendar[:40]}”; choose one that there is."
        )
    unknown = next((one for one in team.members if one not in people), None)
    if unknown is not None or len(team.members) > MEMBERS_MOST:
        raise InvalidPlanError(f"{name}: a member does not exist, or there are more than {MEMBERS_MOST}.")
    if team.silent_after and not SILENT_LEAST <= team.silent_after <= SILENT_MOST:
        raise InvalidPlanError(
            f"{name}: a member counts as away after {SILENT_LEAST} to {SILENT_MOST} silent minutes, or never (0)."
        )
    return Team(
        id=team.id, name=name, calendar=team.calendar, members=tuple(dict.fromkeys(team.members)),
        languages=languages(",".join(team.languages)), skills=words(",".join(team.skills)),
        silent_after=team.silent_after,
    )  # fmt: skip


def _route(route: Route, teams: set[str]) -> Route:
    name = _name(route.name, "route")
    _check_id(route.id, "route")
    if route.team and route.skill:
        raise InvalidPlanError(f"{name}: a route leads to a team or to a skill, not to both.")
    unknown = next((one for one in (route.team, *route.follow) if one and one not in teams), None)
    if unknown is not None:
        raise InvalidPlanError(f"{name}: there is no team “{unknown[:40]}”; choose one that there is.")
    if route.follow and (not route.team or route.team in route.follow):
        raise InvalidPlanError(f"{name}: what follows the sun leads from one team to others.")
    skill = words(route.skill)
    if len(skill) > 1:
        raise InvalidPlanError(f"{name}: a route asks for one skill.")
    return Route(
        id=route.id, name=name, condition=route.condition, team=route.team, skill=skill[0] if skill else "",
        strategy=route.strategy, keep=route.keep, follow=route.follow,
    )  # fmt: skip
