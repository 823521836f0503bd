"""Saved views: whatever happens and however time passes, a view has exactly the cases that its condition says."""

import random
from typing import Any

import pytest
from sqlalchemy import func, select

from earful.desk.cases import service as cases_service
from earful.desk.conditions import sql
from earful.desk.conditions.reading import read
from earful.desk.inbox import service as inbox
from earful.desk.views import service as views
from earful.desk.views.consumer import STEP
from earful.desk.views.rules import Sort, View
from earful.model.desk import InboxFilter, Outcome, Status
from earful.model.message import Visibility
from earful.model.time import DAY, HOUR, MINUTE, SECOND, Instant
from earful.store.audit import Who
from earful.store.tables import audit, cases, events, users, view_checks, view_counts, view_members
from earful.store.tx import Tx
from tests.conftest import NOW, START, Desk, write

KIM = Who(id=Desk.user, name="Kim Doe")
LEE = Who(id="lee", name="Lee Roe")
LEAD = views.Asker(who=KIM, may_share=True)
AGENT = views.Asker(who=LEE, may_share=False)
OPEN = {"field": "case.status", "op": "is", "value": "open"}
MINE = {"field": "case.assignee", "op": "is", "value": "me"}
WAITS = {"field": "time.waiting", "op": "at_least", "value": "2h"}
CONDITIONS: dict[str, Any] = {
    "open": OPEN,
    "mine": {"all": [OPEN, MINE]},
    "not mine": {"not": MINE},
    "mine or free": {"any": [MINE, {"field": "case.assignee", "op": "is_set", "value": False}]},
    "late": {"all": [OPEN, WAITS]},
    "fresh": {"field": "case.last_message_at", "op": "newer_than", "value": "3h"},
    "mine and fresh": {"all": [MINE, {"not": {"field": "time.age", "op": "at_least", "value": "5h"}}]},
    "between": {"field": "time.age", "op": "between", "value": ["1h", "3h"]},
    "vip or broken": {
        "any": [
            {"field": "case.tags", "op": "has", "value": "vip"},
            {"field": "message.text", "op": "contains", "value": "BROKEN"},
        ]
    },
    "back again": {"field": "person.cases", "op": "at_least", "value": 2},
}


def wanted(name: str, condition: Any = OPEN, **more: Any) -> views.Wanted:
    return views.Wanted(name=name, condition=read(condition), **more)


def create(desk: Desk, name: str, condition: Any = OPEN, asker: views.Asker = LEAD, **more: Any) -> View:
    made = wanted(name, condition, **({"shared": asker.may_share} | more))
    return desk.store.write_now(lambda tx: views.create(tx, desk.log, asker, made, desk.now))


def tick(desk: Desk) -> None:
    """What the clock of a running desk does."""
    if desk.store.read_now(lambda tx: views.is_due(tx, desk.now)):
        desk.store.write_now(lambda tx: views.tick(tx, desk.log, desk.now))
    desk.settle()


def shown(desk: Desk, view: View, user: str, **more: Any) -> list[int]:
    """Numbers of the cases that a page of the inbox shows, all pages of them."""
    found: list[int] = []
    cursor = ""
    while True:
        asked = InboxFilter(view=view.id, **more)
        page = desk.store.read_now(lambda tx: inbox.page(tx, asked, user, cursor))  # noqa: B023
        found += [row.number for row in page.rows]
        cursor = page.next
        if not cursor:
            return found


def is_right(desk: Desk, made: list[View]) -> None:
    """Each view shows each person what its condition says now, and counts it."""

    def check(tx: Tx) -> None:
        for held in made:
            view = views.find(tx, held.id, KIM.id)
            assert view is not None
            assert not view.filling
            for user in (KIM.id, LEE.id, ""):
                query = select(cases.c.number).where(sql.where(view.condition, tx.dialect, desk.now, user))
                right = {row["number"] for row in tx.rows(query)}
                listed = shown(desk, view, user)
                assert sorted(listed) == sorted(right), (view.name, user)
                assert views.counts(tx, [view], user)[view.id] == len(right), (view.name, user)

    desk.store.read_now(check)


def add_lee(desk: Desk) -> None:
    row = {"id": "lee", "email": "lee@acme.example", "name": "Lee", "password_hash": "", "role": "agent"}
    desk.store.write_now(lambda tx: tx.execute(users.insert().values(**row, created_at=NOW)))


def one_case(desk: Desk, rnd: random.Random) -> str | None:
    ids = [
        row["id"] for row in desk.store.read_now(lambda tx: tx.rows(select(cases.c.id).order_by(cases.c.id)))
    ]
    return rnd.choice(ids) if ids else None


def happen(desk: Desk, rnd: random.Random, step: int) -> None:
    """Something that happens on a desk."""
    case_id = one_case(desk, rnd)
    if case_id is None or rnd.random() < 0.4:
        text = rnd.choice(("My kettle is broken", "Where is my parcel?", "Thanks, lovely"))
        by = rnd.choice("abcdef")
        at = (desk.now - NOW) // MINUTE
        desk.receive(write(f"n{step}", text, by=by, minute=at))
        return
    who = rnd.choice((None, KIM.id, LEE.id))

    def act(tx: Tx) -> object:
        match rnd.randrange(5):
            case 0:
                return cases_service.assign(tx, desk.log, KIM, case_id, who, "x", desk.now)
            case 1:
                return cases_service.tag(tx, desk.log, KIM, case_id, "vip", desk.now)
            case 2:
                return cases_service.untag(tx, desk.log, KIM, case_id, "vip", desk.now)
            case 3:
                return cases_service.close(tx, desk.log, KIM, case_id, Outcome.CLAIMED, desk.now)
            case _:
                return cases_service.set_status(tx, desk.log, KIM, case_id, Status.OPEN, desk.now)

    desk.store.write_now(act)


def test_views_have_what_their_conditions_say_whatever_happens(desk: Desk) -> None:
    rnd = random.Random(1)
    add_lee(desk)
    made = [create(desk, name, condition) for name, condition in list(CONDITIONS.items())[:6]]
    for step in range(60):
        happen(desk, rnd, step)
        if step == 20:
            desk.settle()
            made += [create(desk, name, one, sort=Sort.OLDEST) for name, one in list(CONDITIONS.items())[6:]]
        if step % 12 == 11:
            desk.now = Instant(desk.now + rnd.choice((0, SECOND, HOUR, 2 * HOUR, 2 * HOUR + 1)))
            desk.settle()
            tick(desk)
            is_right(desk, made)
    for _ in range(3):
        desk.now = Instant(desk.now + 3 * HOUR)
        tick(desk)
        is_right(desk, made)


def test_two_cases_that_become_one_leave_the_view_as_one(desk: Desk) -> None:
    view = create(desk, "open")
    dm = {"visibility": Visibility.DIRECT}
    desk.receive(write("2", "and its lid too", parent_id="1", minute=1, **dm))
    desk.settle()
    desk.receive(write("3", "hello", parent_id="x", minute=2, **dm))
    desk.settle()
    assert len(shown(desk, view, KIM.id)) == 2
    desk.receive(write("x", "where", parent_id="2", minute=3, **dm))
    desk.settle()
    assert len(shown(desk, view, KIM.id)) == 1
    is_right(desk, [view])


def test_another_case_of_a_person_moves_their_first(desk: Desk) -> None:
    view = create(desk, "back again", CONDITIONS["back again"])
    desk.receive(write("m1", by="ana"), write("m2", by="ben"))
    desk.settle()
    assert shown(desk, view, KIM.id) == []
    desk.receive(write("m3", "Where is my parcel?", by="ana", minute=1))
    desk.settle()
    assert len(shown(desk, view, KIM.id)) == 2
    is_right(desk, [view])


def test_the_orders(desk: Desk) -> None:
    priority, newest, oldest = (create(desk, one.value, sort=one) for one in Sort)
    for at, text in enumerate(("thanks", "My kettle is on fire, call me now!", "Where is my parcel?")):
        desk.receive(write(f"m{at}", text, by=f"c{at}", minute=-at))
    desk.settle()
    order = {
        name: [
            row["number"]
            for row in desk.store.read_now(lambda tx, by=by: tx.rows(select(cases.c.number).order_by(*by)))
        ]
        for name, by in {
            "priority": (cases.c.priority.desc(), cases.c.last_message_at.desc()),
            "newest": (cases.c.last_message_at.desc(),),
            "oldest": (cases.c.awaiting_since,),
        }.items()
    }
    assert shown(desk, priority, "") == order["priority"]
    assert shown(desk, newest, "") == order["newest"]
    assert shown(desk, oldest, "") == order["oldest"]
    assert order["newest"] != order["oldest"]


def test_a_view_is_filled_in_steps_and_says_how_far(
    small_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = small_desk
    for at in range(12):
        desk.receive(write(f"m{at}", by=f"c{at}"))
    desk.settle()
    monkeypatch.setattr("earful.desk.views.consumer.STEP", 4)
    monkeypatch.setattr("earful.desk.views.consumer.CANDIDATES", 3)
    assert STEP > 4
    view = create(desk, "open")
    assert (view.filling, view.percent) == (True, 0)
    from earful.log.runner import step  # noqa: PLC0415 - one step, where tests elsewhere drain

    consumer = next(one for one in desk.consumers if one.name == "views")
    step(desk.store, desk.log, consumer, desk.now)
    part = desk.store.read_now(lambda tx: views.find(tx, view.id, KIM.id))
    assert part is not None
    assert (part.done, part.total, part.percent) == (3, 12, 25)
    assert len(shown(desk, view, KIM.id)) == 3
    # What comes while a view is filled is in it once.
    desk.receive(write("m20", by="c20"), write("m1-2", "and again", by="c1", parent_id="m1"))
    desk.settle()
    is_right(desk, [view])
    assert len(shown(desk, view, KIM.id)) == 13


def test_changing_the_condition_looks_anew_and_forgets_the_old(desk: Desk) -> None:
    desk.receive(write("m1"), write("m2", by="ben"))
    desk.settle()
    view = create(desk, "mine", CONDITIONS["late"])
    desk.settle()
    assert shown(desk, view, KIM.id) == []
    assert desk.store.read_now(lambda tx: tx.value(select(func.count()).select_from(view_checks))) == 2

    def change(tx: Tx) -> View:
        return views.change(tx, desk.log, LEAD, view.id, wanted("Everything open", shared=True), desk.now)

    changed = desk.store.write_now(change)
    assert changed.list_id != view.list_id
    desk.settle()
    is_right(desk, [changed])
    assert len(shown(desk, changed, KIM.id)) == 2
    desk.store.write_now(lambda tx: views.remove(tx, desk.log, LEAD, view.id, desk.now))
    desk.settle()
    for table in (view_members, view_counts, view_checks):
        assert desk.store.read_now(lambda tx, table=table: tx.rows(select(table))) == []
    with pytest.raises(ValueError, match="does not exist"):
        shown(desk, changed, KIM.id)
    back = desk.store.write_now(lambda tx: views.restore(tx, desk.log, LEAD, view.id, desk.now))
    desk.settle()
    is_right(desk, [back])
    said = [
        row["action"] for row in desk.store.read_now(lambda tx: tx.rows(select(audit).order_by(audit.c.id)))
    ]
    assert said == ["view.create", "view.change", "view.delete", "view.restore"]


def test_a_name_alone_needs_no_new_look(desk: Desk) -> None:
    view = create(desk, "open")
    desk.settle()
    named = wanted("Now", shared=True, icon="flame")
    changed = desk.store.write_now(lambda tx: views.change(tx, desk.log, LEAD, view.id, named, desk.now))
    assert (changed.list_id, changed.name, changed.icon) == (view.list_id, "Now", "flame")


def test_whose_view_it_is(small_desk: Desk) -> None:
    desk = small_desk
    own = create(desk, "Lee's", MINE, AGENT)
    everybodys = create(desk, "Desk")

    def seen(user: str) -> list[str]:
        return [view.name for view in desk.store.read_now(lambda tx: views.seen_by(tx, user))]

    assert seen(LEE.id) == ["Desk", "Lee's"]
    assert seen(KIM.id) == ["Desk"]

    def refused(asker: views.Asker, verb: Any, *given: Any) -> str:
        with pytest.raises((views.RefusedError, views.NotFoundError)) as caught:
            desk.store.write_now(lambda tx: verb(tx, desk.log, asker, *given, desk.now))
        return str(caught.value)

    assert "only leads" in refused(AGENT, views.remove, everybodys.id)
    assert "Only leads and admins share" in refused(AGENT, views.create, wanted("x", shared=True))
    assert "Only leads and admins share" in refused(AGENT, views.change, own.id, wanted("x", shared=True))
    assert "does not exist" in refused(LEAD, views.change, own.id, wanted("x"))
    assert "Give the view a name" in refused(LEAD, views.create, wanted("  "))
    hour = {"field": "time.hour", "op": "at_least", "value": 9}
    assert "time.hour" in refused(LEAD, views.create, wanted("x", hour))
    assert "icon" in refused(LEAD, views.create, wanted("x", icon="../x"))
    with pytest.raises(ValueError, match="does not exist"):
        shown(desk, own, KIM.id)


def test_views_are_put_in_order(small_desk: Desk) -> None:
    desk = small_desk
    one, two, three = (create(desk, name) for name in ("one", "two", "three"))
    create(desk, "own", MINE, AGENT)

    def order() -> list[str]:
        return [view.name for view in desk.store.read_now(lambda tx: views.seen_by(tx, LEE.id))]

    desk.store.write_now(lambda tx: views.move(tx, LEAD, three.id, -1, desk.now))
    assert order() == ["one", "three", "two", "own"]
    desk.store.write_now(lambda tx: views.move(tx, LEAD, three.id, -1, desk.now))
    desk.store.write_now(lambda tx: views.move(tx, LEAD, three.id, -1, desk.now))
    desk.store.write_now(lambda tx: views.move(tx, LEAD, one.id, 1, desk.now))
    assert order() == ["three", "two", "one", "own"]
    assert two.shared


def test_pages_hear_of_cases_that_come_by_the_clock(desk: Desk) -> None:
    create(desk, "late", CONDITIONS["late"])
    desk.receive(write("m1"))
    desk.settle()
    tick(desk)
    before = listed(desk)
    desk.now = Instant(NOW + 2 * HOUR)
    tick(desk)
    assert len(listed(desk)) == len(before) + 1
    tick(desk)
    assert len(listed(desk)) == len(before) + 1
    desk.now = Instant(NOW + 2 * DAY)
    assert not desk.store.read_now(lambda tx: views.is_due(tx, desk.now))


def listed(desk: Desk) -> list[str]:
    query = select(events.c.case_id).where(events.c.type == "case.listed")
    return [row["case_id"] for row in desk.store.read_now(lambda tx: tx.rows(query))]


def test_filters_and_searches_stay_inside_the_view(desk: Desk) -> None:
    view = create(desk, "broken", {"field": "message.text", "op": "contains", "value": "Broken"})
    desk.receive(write("m1", by="ana"), write("m2", "My kettle is lovely", by="ben"))
    desk.settle()
    assert len(shown(desk, view, KIM.id, search="kettle")) == 1
    assert len(shown(desk, view, KIM.id)) == 1
    assert shown(desk, view, KIM.id, kind="praise") == []
    assert START.year == 2026
