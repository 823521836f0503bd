"""Cases find their people: by routes, from queues, one by one; on both databases."""

import threading

import pytest
from sqlalchemy import select, update

from earful.desk.calendars import service as calendars
from earful.desk.calendars.rules import Calendar, Week
from earful.desk.cases import service as cases
from earful.desk.inbox import service as inbox
from earful.desk.inbox import timeline
from earful.desk.routing import queues, service, settings
from earful.desk.routing.rules import Plan, Route, Strategy, Team
from earful.desk.users import service as users
from earful.log.runner import step
from earful.model.desk import Outcome, Role, TimelineEvent, UserRef
from earful.model.time import DAY, HOUR, MINUTE
from earful.store.audit import EARFUL, Who
from earful.store.store import Store
from earful.store.tables import cases as cases_table
from earful.store.tables import outbox
from earful.store.tx import Row
from tests.conftest import Desk, write

KIM = Desk.user
WHO = Who(id=KIM, name="Kim Doe")
DELIVERY = {"field": "message.text", "op": "contains", "value": "parcel"}


def plan(desk: Desk, *routes: Route, teams: tuple[Team, ...] = ()) -> None:
    made = Plan(teams=teams, routes=routes)
    desk.store.write_now(lambda tx: settings.save(tx, desk.log, WHO, made, desk.now))
    desk.settle()


def colleague(desk: Desk, name: str) -> str:
    return desk.store.write_now(
        lambda tx: (
            users.create_user(
                tx,
                EARFUL,
                email=f"{name}@acme.example",
                name=name.title(),
                role=Role.AGENT,
                password=None,
                now=desk.now,
            ).id
        )
    )


def say(desk: Desk, *texts: str, by: str = "") -> list[Row]:
    """Customers say something; returns their cases as they then stand."""
    numbers = [len(rows(desk)) + at for at in range(len(texts))]
    desk.receive(
        *(write(f"m{n}-{by}", text, by=by or f"c{n}") for n, text in zip(numbers, texts, strict=True))
    )
    desk.settle()
    return rows(desk)[-len(texts) :]


def rows(desk: Desk) -> list[Row]:
    return desk.store.read_now(lambda tx: tx.rows(select(cases_table).order_by(cases_table.c.number)))


def history(desk: Desk, number: int) -> list[str]:
    user = UserRef(id=KIM, name="Kim", email="", role=Role.AGENT)
    rendering = timeline.Rendering(
        capabilities=lambda _: inbox.READ_ONLY, audiences=lambda *_: [], sanitise=lambda text: text
    )
    detail = desk.store.read_now(lambda tx: inbox.detail(tx, number, user, "", rendering))
    assert detail is not None
    return [f"{one.what} {one.detail}".strip() for one in detail.timeline if isinstance(one, TimelineEvent)]


def away(desk: Desk, user_id: str, *, is_away: bool = True, until: int | None = None) -> None:
    desk.store.write_now(
        lambda tx: settings.set_away(tx, desk.log, WHO, user_id, away=is_away, until=until, now=desk.now)
    )
    desk.settle()


def limit(desk: Desk, user_id: str, capacity: int = 0, languages: str = "", skills: str = "") -> None:
    desk.store.write_now(
        lambda tx: settings.set_profile(tx, desk.log, WHO, user_id, skills, languages, capacity, desk.now)
    )
    desk.settle()


def tick(desk: Desk) -> None:
    if desk.store.read_now(lambda tx: service.is_due(tx, desk.now)):
        desk.store.write_now(lambda tx: service.tick(tx, desk.log, desk.now))
    desk.settle()


def take_next(desk: Desk, user_id: str, apart_from: str = "") -> service.Given:
    return desk.store.write_now(
        lambda tx: service.next_case(tx, desk.log, Who(id=user_id), user_id, desk.now, apart_from)
    )


def test_a_case_goes_to_its_team_and_says_why(desk: Desk) -> None:
    ana = colleague(desk, "ana")
    plan(
        desk,
        Route(id="d", name="Delivery", condition=DELIVERY, team="north"),
        teams=(Team(id="north", name="North", members=(ana,)),),
    )
    parcel, kettle = say(desk, "Where is my parcel?", "My kettle is broken")
    assert (parcel["assignee_id"], parcel["queue"]) == (ana, "north")
    assert (kettle["assignee_id"], kettle["queue"]) == (None, "")
    assert history(desk, parcel["number"]) == ["routed_least Ana (Delivery)"]


def test_it_waits_while_nobody_may_take_it_and_goes_to_who_comes_back(desk: Desk) -> None:
    ana = colleague(desk, "ana")
    away(desk, ana)
    plan(
        desk, Route(id="d", name="All", team="north"), teams=(Team(id="north", name="North", members=(ana,)),)
    )
    (case,) = say(desk, "Where is my parcel?")
    assert (case["assignee_id"], case["queue"]) == (None, "north")
    assert history(desk, case["number"]) == ["queued North"]
    away(desk, ana, is_away=False)
    assert rows(desk)[-1]["assignee_id"] == ana


def test_freed_capacity_takes_the_most_pressing(small_desk: Desk) -> None:
    desk = small_desk
    limit(desk, KIM, 1)
    plan(desk, Route(id="d", name="All"))
    first, calm, pressing = say(
        desk, "hello", "hello you", "My kettle exploded and burnt my hand, I call a lawyer"
    )
    assert [one["assignee_id"] for one in rows(desk)].count(KIM) == 1
    held = next(one for one in rows(desk) if one["assignee_id"] == KIM)
    assert held["id"] == max((first, calm, pressing), key=lambda one: one["priority"])["id"]
    desk.store.write_now(lambda tx: cases.close(tx, desk.log, WHO, held["id"], Outcome.UNANSWERED, desk.now))
    desk.settle()
    waiting = [one for one in rows(desk) if one["assignee_id"] is None]
    assert len(waiting) == 1
    assert waiting[0]["priority"] <= min(one["priority"] for one in rows(desk) if one["assignee_id"])


def test_a_person_keeps_their_agent_and_languages_are_respected(small_desk: Desk) -> None:
    desk = small_desk
    ana, bea = colleague(desk, "ana"), colleague(desk, "bea")
    away(desk, KIM)
    limit(desk, ana, languages="en")
    limit(desk, bea, languages="de")
    plan(desk, Route(id="d", name="All"))
    (german,) = say(
        desk, "Mein Paket ist seit zwei Wochen nicht angekommen und niemand antwortet mir", by="kurt"
    )
    assert german["assignee_id"] == bea
    desk.store.write_now(
        lambda tx: cases.close(tx, desk.log, WHO, german["id"], Outcome.UNANSWERED, desk.now)
    )
    limit(desk, ana, languages="en, de")
    desk.now += 60 * DAY
    (again,) = say(desk, "Der Wasserkocher ist kaputt und ich brauche dringend Ersatz", by="kurt")
    assert (again["id"] != german["id"], again["assignee_id"]) == (True, bea)
    assert history(desk, again["number"])[-1] == "routed_same Bea (All)"


def test_nobody_speaks_it_is_said(small_desk: Desk) -> None:
    desk = small_desk
    limit(desk, KIM, languages="en")
    plan(desk, Route(id="d", name="All"))
    (case,) = say(desk, "Mein Paket ist seit zwei Wochen nicht angekommen und niemand antwortet mir")
    assert case["assignee_id"] == KIM
    assert history(desk, case["number"])[-1] == "unspoken de"


def test_what_was_given_back_is_not_given_away_again(small_desk: Desk) -> None:
    desk = small_desk
    plan(desk, Route(id="d", name="All"))
    (case,) = say(desk, "Where is my parcel?")
    assert case["assignee_id"] == KIM
    desk.store.write_now(lambda tx: cases.assign(tx, desk.log, WHO, case["id"], None, "", desk.now))
    desk.settle()
    tick(desk)
    assert rows(desk)[-1]["assignee_id"] is None


def test_the_day_of_a_team_ends_and_its_cases_follow_the_sun(desk: Desk) -> None:
    ana = colleague(desk, "ana")
    away(desk, KIM)
    week = Week(sat="08:00-10:00")
    for one in (Calendar(id="early", name="Early", zone="UTC", week=week),
                Calendar(id="late", name="Late", zone="UTC", week=Week(sat="10:00-18:00"))):  # fmt: skip
        desk.store.write_now(lambda tx, one=one: calendars.save(tx, desk.log, WHO, one, desk.now))
    teams = (
        Team(id="east", name="East", calendar="early", members=(KIM,)),
        Team(id="west", name="West", calendar="late", members=(ana,)),
    )
    plan(desk, Route(id="d", name="All", team="east", follow=("west",)), teams=teams)
    (case,) = say(desk, "Where is my parcel?")
    tick(desk)
    assert (rows(desk)[-1]["queue"], rows(desk)[-1]["assignee_id"]) == ("east", None)
    desk.now += 90 * MINUTE
    tick(desk)
    assert (rows(desk)[-1]["queue"], rows(desk)[-1]["assignee_id"]) == ("west", ana)
    assert history(desk, case["number"]) == ["queued East", "queue_moved West", "routed_least Ana (All)"]


def test_new_routes_reach_what_already_waits_and_a_gone_team_holds_nothing(small_desk: Desk) -> None:
    desk = small_desk
    (case,) = say(desk, "Where is my parcel?")
    team = Team(id="north", name="North")
    plan(desk, Route(id="d", name="All", team="north", strategy=Strategy.LEAVE), teams=(team,))
    assert rows(desk)[-1]["queue"] == "north"
    plan(desk)
    assert (rows(desk)[-1]["queue"], rows(desk)[-1]["route_id"]) == ("", "")
    assert case["assignee_id"] is None
    # Told once: views of the queue follow.
    assert history(desk, case["number"]) == ["queued North", "unqueued"]


def test_next_gives_ones_own_first_only_if_they_press_more(small_desk: Desk) -> None:
    desk = small_desk
    calm, pressing = say(desk, "hello", "My kettle exploded and burnt my hand, I call a lawyer")
    desk.store.write_now(lambda tx: cases.assign(tx, desk.log, WHO, calm["id"], KIM, "Kim", desk.now))
    got = take_next(desk, KIM)
    assert (got.number, got.own) == (pressing["number"], False)
    assert history(desk, pressing["number"]) == ["took_next Kim Doe"]
    assert take_next(desk, KIM, apart_from=pressing["id"]).own
    desk.store.write_now(
        lambda tx: tx.execute(update(cases_table).values(due_at=desk.now + HOUR, due_warn_at=desk.now, due_kind="x")
                              .where(cases_table.c.id == calm["id"]))
    )  # fmt: skip
    assert take_next(desk, KIM).number == calm["number"]


def test_next_keeps_to_ones_queues_and_capacity(small_desk: Desk) -> None:
    desk = small_desk
    ana = colleague(desk, "ana")
    teams = (Team(id="north", name="North", members=(ana,)),)
    plan(desk, Route(id="d", name="All", team="north", strategy=Strategy.LEAVE), teams=teams)
    (case,) = say(desk, "Where is my parcel?")
    assert take_next(desk, KIM).why == "none"
    limit(desk, ana, 1)
    assert take_next(desk, ana).number == case["number"]
    say(desk, "And mine?")
    assert take_next(desk, ana, apart_from=case["id"]).why == "full"


def test_two_desks_never_give_the_same_case_twice(desk: Desk) -> None:
    """Two processes on one database: consumers, and agents who press next, all at once."""
    agents = [colleague(desk, name) for name in ("ana", "bea", "cyd", "dov")]
    for one in agents:
        limit(desk, one, 12)
    away(desk, KIM)
    desk.receive(*(write(f"m{n}", "Where is my parcel?", by=f"c{n}") for n in range(60)))
    desk.settle()
    other = Store(desk.store.url) if desk.store.engine.dialect.name == "postgresql" else desk.store
    got: list[str] = []
    gate = threading.Barrier(6)

    def press(store: Store, user_id: str) -> None:
        gate.wait()
        for _ in range(8):
            given = store.write_now(
                lambda tx: service.next_case(tx, desk.log, Who(id=user_id), user_id, desk.now, "")
            )
            if given.number is not None and not given.own:
                got.append(given.case_id)

    def consume(store: Store) -> None:
        gate.wait()
        for _ in range(4):
            store.write_now(lambda tx: service.fill(tx, desk.log, desk.now))

    made = Plan(routes=(Route(id="d", name="All", keep=False, strategy=Strategy.TURN),))
    desk.store.write_now(lambda tx: settings.save(tx, desk.log, WHO, made, desk.now))
    routing = next(one for one in desk.consumers if one.name == "routing")
    step(desk.store, desk.log, routing, desk.now)
    threads = [
        threading.Thread(target=press, args=(store, user))
        for store, user in zip((desk.store, other, desk.store, other), agents, strict=True)
    ] + [threading.Thread(target=consume, args=(store,)) for store in (desk.store, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(got) == len(set(got))
    held = [one["assignee_id"] for one in rows(desk)]
    assert all(held.count(one) == 12 for one in agents), held
    told = desk.store.read_now(
        lambda tx: tx.rows(
            select(cases_table.c.id, cases_table.c.version).where(cases_table.c.assignee_id.is_not(None))
        )
    )
    assert len(told) == 48
    if other is not desk.store:
        other.close()


def test_a_queue_says_what_it_cannot_keep(desk: Desk) -> None:
    teams = (Team(id="north", name="North", members=(KIM,)),)
    away(desk, KIM)
    plan(desk, Route(id="d", name="All", team="north"), teams=teams)
    say(desk, "Where is my parcel?", "And mine?")
    desk.store.write_now(
        lambda tx: tx.execute(update(cases_table).values(due_at=desk.now - 1, due_warn_at=desk.now - 2))
    )
    (state,) = desk.store.read_now(lambda tx: queues.look(tx, desk.now))
    assert (state.name, state.waiting, state.here, state.late, state.done_at) == ("North", 2, 0, 2, None)
    assert state.troubled
    assert not state.sure
    desk.store.write_now(lambda tx: queues.keep(tx, desk.log, [state]))
    assert desk.store.read_now(queues.kept) == [state]
    assert desk.store.read_now(lambda tx: queues.look(tx, desk.now)) == []
    assert desk.store.read_now(lambda tx: len(tx.rows(select(outbox)))) == 0


def test_a_save_that_somebody_overtook_is_refused(small_desk: Desk) -> None:
    desk = small_desk
    plan(desk, Route(id="d", name="All"))
    with pytest.raises(settings.StaleError):
        desk.store.write_now(lambda tx: settings.save(tx, desk.log, WHO, Plan(), desk.now, seen=0))
    bad = Plan(
        routes=(Route(id="d", name="All", condition={"field": "case.colour", "op": "is", "value": "x"}),)
    )
    with pytest.raises(settings.InvalidPlanError, match=r"All: .*case\.colour"):
        desk.store.write_now(lambda tx: settings.save(tx, desk.log, WHO, bad, desk.now))


def test_a_window_that_closes_soon_comes_before_what_is_more_important(desk: Desk) -> None:
    ana = colleague(desk, "ana")
    loud, quiet, gone = say(desk, "My kettle burned me, call a doctor!", "Where is it?", "Where is mine?")
    for case, hours in ((quiet, 1), (gone, -1)):
        until = desk.now + hours * HOUR
        change = update(cases_table).where(cases_table.c.id == case["id"]).values(window_until=until)
        desk.store.write_now(lambda tx, change=change: tx.execute(change))
    got = [take_next(desk, ana).case_id]
    got.append(take_next(desk, ana, apart_from=got[0]).case_id)
    assert got == [quiet["id"], loud["id"]]
