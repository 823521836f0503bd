"""Who gets a case, as promises that hold for every desk."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earful.desk.calendars.rules import Calendar, Week
from earful.desk.routing import rules
from earful.desk.routing.rules import Agent, Plan, Route, Strategy, Team, Wanted
from earful.model.time import HOUR, MINUTE
from tests.conftest import NOW

TONGUES = ("en", "de", "pt")
QUEUES = ("", "north", "skill:refunds")


@st.composite
def desks(draw: st.DrawFn) -> list[Agent]:
    many = draw(st.integers(0, 6))
    return [
        Agent(
            id=f"a{n}",
            name=f"A{n}",
            skills=draw(st.sampled_from([frozenset(), frozenset({"refunds"})])),
            languages=draw(st.frozensets(st.sampled_from(TONGUES))),
            teams=(teams := draw(st.sampled_from([frozenset[str](), frozenset({"north"})]))),
            open_teams=draw(st.sampled_from([frozenset[str](), teams])),
            capacity=draw(st.integers(0, 4)),
            load=draw(st.integers(0, 5)),
            turn=draw(st.integers(0, 9)),
            away=draw(st.sampled_from(["", "", "away", "silent"])),
        )
        for n in range(many)
    ]


wants = st.builds(
    Wanted,
    queue=st.sampled_from(QUEUES),
    language=st.sampled_from(("", "en", "de-AT", "fi")),
    before=st.sampled_from(("", "a0", "a1")),
)


@given(desks(), wants, st.sampled_from(Strategy), st.booleans())
def test_who_is_chosen_is_here_free_able_and_speaks_it_if_anybody_does(
    agents: list[Agent], wanted: Wanted, strategy: Strategy, keep: bool
) -> None:
    choice = rules.choose(wanted, agents, strategy, keep=keep)
    able = [one for one in agents if one.serves(wanted.queue)]
    speakers = [one for one in able if one.speaks(wanted.language)]
    free = [one for one in speakers or able if one.here_for(wanted.queue) and not one.full]
    if strategy is Strategy.LEAVE:
        assert (choice.agent_id, choice.because) == ("", "left")
        return
    assert bool(choice.agent_id) == bool(free)
    if not choice.agent_id:
        return
    chosen = next(one for one in agents if one.id == choice.agent_id)
    assert chosen in free
    assert chosen.away == ""
    assert not chosen.capacity or chosen.load < chosen.capacity
    assert choice.unspoken == (not speakers)
    if keep and any(one.id == wanted.before for one in free):
        assert (chosen.id, choice.because) == (wanted.before, "same")
    elif strategy is Strategy.LEAST:
        assert chosen.load == min(one.load for one in free)


@given(desks(), st.integers(1, 40))
@settings(max_examples=50)
def test_round_robin_is_fair_within_one(agents: list[Agent], many: int) -> None:
    able = [one for one in agents if one.here_for("") and not one.capacity]
    got: Counter[str] = Counter({one.id: 0 for one in able})
    for _ in range(many if able else 0):
        choice = rules.choose(Wanted(), able, Strategy.TURN)
        got[choice.agent_id] += 1
        able = rules.given(able, choice.agent_id)
    if able:
        assert max(got.values()) - min(got.values()) <= 1


@given(desks(), st.integers(1, 30))
@settings(max_examples=50)
def test_nobody_is_filled_beyond_their_capacity(agents: list[Agent], many: int) -> None:
    before = {one.id: one.load for one in agents}
    for _ in range(many):
        choice = rules.choose(Wanted(), agents, Strategy.LEAST)
        if choice.agent_id:
            agents = rules.given(agents, choice.agent_id)
    assert all(one.load <= max(one.capacity, before[one.id]) for one in agents if one.capacity)


OFFICE = Calendar(id="office", name="Office", zone="UTC", week=Week(sat="08:00-18:00"))
SHUT = Calendar(id="shut", name="Shut", zone="UTC", week=Week(mon="08:00-18:00"))
HOURS = {one.id: one for one in (OFFICE, SHUT)}


@pytest.mark.parametrize(
    ("teams", "said", "seen_ago", "expected"),
    [
        ((), {}, None, ""),
        ((), {"away": True}, 0, "away"),
        ((), {"away": True, "away_until": NOW + HOUR}, 0, "away"),
        ((), {"away": True, "away_until": NOW - 1}, 0, ""),
        ((Team(id="n", name="N", calendar="office"),), {}, None, ""),
        ((Team(id="n", name="N", calendar="shut"),), {}, 0, "hours"),
        ((Team(id="n", name="N", calendar="shut"), Team(id="m", name="M", calendar="office")), {}, 0, ""),
        ((Team(id="n", name="N", silent_after=30),), {}, 29 * MINUTE, ""),
        ((Team(id="n", name="N", silent_after=30),), {}, 31 * MINUTE, "silent"),
        ((Team(id="n", name="N", silent_after=30),), {}, None, "silent"),
    ],
)
def test_why_somebody_is_away(
    teams: tuple[Team, ...], said: dict[str, object], seen_ago: int | None, expected: str
) -> None:
    values = {"away": False, "away_until": None} | said
    seen_at = NOW - seen_ago if seen_ago is not None else None
    assert rules.why_away(teams, HOURS, seen_at=seen_at, now=NOW, **values) == expected  # type: ignore[arg-type]


def test_what_is_nearly_due_comes_before_what_is_important() -> None:
    calm = rules.rank(priority=90, number=1, due_at=NOW + 5 * HOUR, warn_at=NOW + HOUR, now=NOW)
    none = rules.rank(priority=95, number=2, due_at=None, warn_at=None, now=NOW)
    warned = rules.rank(priority=10, number=3, due_at=NOW + HOUR, warn_at=NOW, now=NOW)
    over = rules.rank(priority=5, number=4, due_at=NOW - HOUR, warn_at=NOW - 2 * HOUR, now=NOW)
    assert sorted([calm, none, warned, over]) == [over, warned, none, calm]


def test_a_messaging_window_that_closes_presses_like_a_deadline() -> None:
    values = {"number": 1, "now": NOW}
    warned = rules.rank(priority=10, due_at=NOW + HOUR, warn_at=NOW, **values)
    closing = rules.rank(
        priority=5, due_at=NOW + 9 * HOUR, warn_at=NOW + 8 * HOUR, window_until=NOW + 30 * MINUTE, **values
    )
    alone = rules.rank(priority=5, due_at=None, warn_at=None, window_until=NOW + 40 * MINUTE, **values)
    wide = rules.rank(priority=50, due_at=None, warn_at=None, window_until=NOW + 20 * HOUR, **values)
    closed = rules.rank(priority=50, due_at=None, warn_at=None, window_until=NOW - MINUTE, **values)
    assert sorted([warned, closing, alone, wide, closed]) == [closing, alone, warned, wide, closed]


def test_a_forecast_counts_what_cannot_be_kept_by_the_teams_hours() -> None:
    dues: list[int | None] = [NOW + 30 * MINUTE, NOW + HOUR, None, NOW + 3 * HOUR]
    ends = rules.forecast(dues, 1.0, None, NOW, 4)
    assert ends == rules.Forecast(done_at=NOW + 4 * HOUR, late=2)
    # 09:00 on a Saturday, nine open hours left: the tenth answer goes out a week later.
    later = rules.forecast([NOW + 24 * HOUR] * 10, 1.0, OFFICE, NOW, 10)
    assert later.late == 1
    assert later.done_at == NOW + 7 * 24 * HOUR
    assert rules.forecast([NOW - 1, NOW + 1], 0.0, None, NOW, 2) == rules.Forecast(done_at=None, late=1)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(teams=(Team(id="n", name=" "),)), "Give the team a name"),
        (Plan(teams=(Team(id="n", name="N"), Team(id="m", name="n"))), "two teams named"),
        (Plan(teams=(Team(id="n", name="N", calendar="gone"),)), "no calendar “gone”"),
        (Plan(teams=(Team(id="n", name="N", members=("x",)),)), "a member does not exist"),
        (Plan(teams=(Team(id="n", name="N", silent_after=5),)), "15 to 1440"),
        (Plan(teams=(Team(id="n", name="N", languages=("english",)),)), "not the code of a language"),
        (Plan(routes=(Route(id="r", name="R", team="n"),)), "no team “n”"),
        (
            Plan(teams=(Team(id="n", name="N"),), routes=(Route(id="r", name="R", team="n", skill="s"),)),
            "not to both",
        ),
        (
            Plan(teams=(Team(id="n", name="N"),), routes=(Route(id="r", name="R", follow=("n",)),)),
            "follows the sun",
        ),
    ],
)
def test_a_plan_that_cannot_work_is_refused_with_its_reason(plan: Plan, words: str) -> None:
    with pytest.raises(rules.InvalidPlanError, match=words):
        rules.check(plan, ["office"], ["kim"])
