"""Promises and calendars over HTTP: pages with undo, programs, who may, and what is refused."""

import json

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select

from earful.desk.calendars import service as calendars
from earful.desk.calendars.forms import calendar_of, form_of
from earful.desk.calendars.rules import Calendar, Holiday, Opening, Week, check
from earful.desk.cases import service as verbs
from earful.desk.conditions.facts import Facts
from earful.desk.conditions.words import says
from earful.desk.sla import forms, rules, service, settings
from earful.desk.sla.rules import InvalidPolicyError, Policy, Targets, read_minutes, write_minutes
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.time import MINUTE, Instant, rfc3339
from earful.store.audit import EARFUL
from earful.store.tables import audit, cases, sla_policies
from tests.conftest import Desk, write
from tests.served import HTMX, Browser, Served

OFFICE = {"id": "office", "name": "Office", "zone": "Europe/Vienna", "week": {"mon": "9-12:30, 13:30-18"}}
POLICY = {"id": "p", "name": "All", "targets": {"first_answer": [60, 60, 60, 60, 60]}, "calendar": "office"}
FIELDS = {"name": "Everybody", "warn": "75", "calendar": "", "first_answer_2": "1h 30m", "pauses": "waiting"}


def lead(served: Served) -> Browser:
    return served.signed_in(Role.LEAD)


def test_a_policy_is_made_edited_and_taken_back(small_served: Served) -> None:
    browser = lead(small_served)
    assert "Nothing is promised yet" in browser.get("/settings/sla").text
    made = browser.post("/settings/sla/new", data=FIELDS)
    assert (made.status_code, made.headers["location"]) == (303, "/settings/sla?saved=Policy+saved&undo=0")
    (policy,) = small_served.store.read_now(settings.in_force).policies
    assert policy.targets.first_answer == (0, 0, 90, 0, 0)
    page = browser.get(f"/settings/sla/{policy.id}").text
    assert 'value="1h 30m"' in page
    wrong = browser.post(f"/settings/sla/{policy.id}", data=FIELDS | {"first_answer_2": "soon"})
    assert wrong.status_code == 422
    assert "“soon” is not a length of time" in wrong.text
    assert 'value="soon"' in wrong.text
    browser.post(f"/settings/sla/{policy.id}", data=FIELDS | {"first_answer_2": "2h", "seq": "1"})
    stale = browser.post(f"/settings/sla/{policy.id}", data=FIELDS | {"seq": "1"})
    assert "while you were editing" in stale.text
    undone = browser.post("/settings/sla/restore", data={"seq": "1"}, headers=HTMX)
    assert "1h 30m" in undone.text
    assert small_served.store.read_now(settings.in_force).policies == (policy,)
    browser.post(f"/settings/sla/{policy.id}/remove")
    assert small_served.store.read_now(settings.in_force).policies == ()
    actions = {row["action"] for row in small_served.rows(select(audit.c.action))}
    assert "sla.save" in actions


def test_a_calendar_shows_its_days_takes_a_file_and_is_not_removed_in_use(small_served: Served) -> None:
    browser = lead(small_served)
    fields = {
        "name": "Office",
        "zone": "Europe/Vienna",
        "mon": "9-17",
        "holidays": "2026-12-25 Christmas yearly",
    }
    browser.post("/settings/calendars/new", data=fields)
    page = browser.get("/settings/calendars/office").text
    assert page.count('class="day-name"') == 14
    assert "2026-12-25  Christmas  yearly" in page
    days = browser.post("/settings/calendars/office/days", data=fields | {"mon": "9 to 5"}, headers=HTMX).text
    assert "mon: “9 to 5” is not a span of time" in days
    bad = browser.post("/settings/calendars/office", data=fields | {"holidays": "\nXmas"})
    assert "Holidays, line 2" in bad.text
    ics = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:May Day\nDTSTART:20270501\nEND:VEVENT\nEND:VCALENDAR\n"
    url = "/settings/calendars/office/holidays"
    refused = browser.post(url, files={"file": ("h.ics", ics.replace(b"0501", b"May"))})
    assert "line 4: DTSTART" in refused.text
    assert browser.post(url, files={"file": ("h.ics", ics)}).status_code == 303
    kept = small_served.store.read_now(lambda tx: calendars.find(tx, "office"))
    assert [one.name for one in kept.calendar.holidays] == ["Christmas", "May Day"]
    browser.post("/settings/sla/new", data=FIELDS | {"calendar": "office"})
    in_use = browser.post("/settings/calendars/office/remove")
    assert in_use.status_code == 422
    never = browser.post("/settings/calendars/office", data=fields | {"mon": ""})
    assert "would never be due" in never.text
    assert kept == small_served.store.read_now(lambda tx: calendars.find(tx, "office"))
    restored = browser.post("/settings/calendars/restore", data={"seq": "1"}, headers=HTMX)
    assert "1 holiday" in restored.text


def test_the_editor_says_when_a_message_would_be_due(small_served: Served) -> None:
    browser = lead(small_served)
    browser.post("/settings/calendars/new", data={"name": "Office", "zone": "Europe/Vienna", "mon": "9-17"})
    asked = FIELDS | {"calendar": "office", "what_at": "2026-11-21T10:00", "what_severity": "2"}
    answer = browser.post("/settings/sla/new/what-if", data=asked, headers=HTMX).text
    assert "the time begins at 23 Nov 2026, 09:00 CET" in answer
    assert "23 Nov 2026, 10:30 CET" in answer
    assert "No promise" in answer
    for at in ("x", "9999-12-31T23:59", "0001-01-01T00:00"):
        wrong = browser.post("/settings/sla/new/what-if", data=asked | {"what_at": at}, headers=HTMX)
        assert (wrong.status_code, "Choose a" in wrong.text) == (200, True)


def test_programs_read_and_write_what_is_promised(served: Served) -> None:
    program = served.program()
    program.headers = served.token(Permission.SLA_MANAGE, Permission.CASES_READ)
    assert program.put("/api/v1/calendars", json={"calendars": [OFFICE]}).status_code == 200
    assert program.get("/api/v1/calendars").json()[0]["week"]["mon"] == "09:00-12:30, 13:30-18:00"
    saved = program.put("/api/v1/sla/policies", json={"policies": [POLICY], "seq": 0})
    assert saved.status_code == 200, saved.text
    assert program.put("/api/v1/sla/policies", json={"policies": [], "seq": 0}).status_code == 409
    assert program.get("/api/v1/sla/policies").json() == saved.json()
    (message,) = served.say("Where is my kettle?", occurred_at="2026-11-21T09:00:00Z")
    (clock,) = program.get(f"/api/v1/cases/{served.case_of(message)}/clocks").json()
    assert (clock["kind"], clock["policy"], clock["calendar"]) == ("first_answer", "All", "Office")
    assert program.get("/api/v1/cases/nobody/clocks").status_code == 404
    gone = program.put("/api/v1/calendars", json={"calendars": []})
    assert (gone.status_code, "counts by this calendar" in gone.json()["detail"]) == (422, True)
    for body in ({"policies": [POLICY | {"calendar": "moon"}]}, {"policies": [POLICY, POLICY]}):
        assert program.put("/api/v1/sla/policies", json=body).status_code == 422


def test_agents_see_deadlines_and_change_no_promise(small_served: Served) -> None:
    lead(small_served).post(
        "/settings/sla/new", data=FIELDS | {"first_answer_0": "8h", "first_answer_1": "8h"}
    )
    small_served.say("Hello, do you ship to Malta?", occurred_at=rfc3339(small_served.now()))
    agent = small_served.signed_in(Role.AGENT)
    inbox = agent.get("/inbox?order=deadline").text
    assert 'class="chip due-calm"' in inbox
    assert "First answer: </span>" in inbox
    assert "First answer" in agent.get("/inbox/case/1").text
    for path in ("/settings/sla", "/settings/calendars", "/settings/sla/new"):
        assert agent.get(path).status_code == 403
    assert agent.post("/settings/sla/new", data=FIELDS).status_code == 403


def test_a_form_gives_back_what_it_was_given() -> None:
    calendar = check(
        Calendar(
            id="c",
            name="C",
            zone="Asia/Kathmandu",
            week=Week(mon="22-6", sat="00:00-24:00"),
            holidays=(
                Holiday(name="Two days", day="2026-12-25", days=2, repeat="yearly"),
                Holiday(name="Half", day="2026-12-24", hours="12:00-24:00"),
                Holiday(name="Thanks", day="2026-11-26", repeat="FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"),
            ),
            openings=(Opening(name="Sale", day="2026-12-27", hours="10-16"),),
        )
    )
    assert check(calendar_of("c", form_of(calendar))) == calendar
    policy = Policy(
        id="p",
        name="P",
        when={"all": [{"field": "case.network", "op": "in", "value": ["x"]}]},
        targets=Targets(resolution=(0, 1, 60, 90, 1440)),
        pauses=("snoozed",),
    )
    assert forms.policy_of(forms.form_of(policy)) == policy


@pytest.mark.parametrize(
    ("text", "minutes"), [("", 0), ("45", 45), ("45m", 45), ("1h30m", 90), ("8 h", 480), ("2h 5 min", 125)]
)
def test_lengths_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes
    assert read_minutes(write_minutes(minutes)) == minutes


@pytest.mark.parametrize("text", ["soon", "h", "1d", "-5", "99999h", "1.5h"])
def test_lengths_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidPolicyError):
        read_minutes(text)


@pytest.mark.parametrize(
    ("field", "op", "value", "why"),
    [
        ("time.waiting", "at_least", "2h", "time alone"),
        ("case.opened_at", "older_than", "2h", "time alone"),
        ("time.hour", "at_least", 9, "time alone"),
        ("case.unanswered", "is", True, "what the promise itself is about"),
        ("case.status", "is", "open", "what the promise itself is about"),
        ("author.followers", "at_least", 1000, "the smallest account"),
        ("person.cases", "at_least", 3, "without anything happening to the case"),
        ("case.colour", "is", "red", "there is no field"),
    ],
)
def test_a_promise_depends_only_on_what_its_clocks_can_follow(
    field: str, op: str, value: object, why: str
) -> None:
    policy = Policy(id="p", name="P", when={"all": [{"not": {"field": field, "op": op, "value": value}}]})
    with pytest.raises(InvalidPolicyError, match=why):
        rules.check([policy], {}, Instant(0))


def test_what_was_kept_before_there_were_conditions_is_read_as_one(small_desk: Desk) -> None:
    desk = small_desk
    shape = {
        "id": "p", "name": "P", "calendar": "", "warn": 75, "pauses": ["waiting"],
        "targets": {"first_answer": [60] * 5, "next_answer": [0] * 5, "resolution": [0] * 5},
    }  # fmt: skip
    asked = {"networks": ["x", "email"], "visibility": ["public"], "severity": 2}
    kept = [{"policy": shape | {"applies": asked}, "since": 5}, {"policy": shape | {"id": "q"}, "since": 5}]
    row = {"data": json.dumps(kept), "user_id": "", "at": 5}
    desk.store.write_now(lambda tx: tx.execute(insert(sla_policies).values(row)))
    first, second = desk.store.read_now(settings.in_force).policies
    assert says(rules.condition_of(first)) == (
        "Network is one of X, E-mail and message's audience is one of public and severity is at least 2"
    )
    assert second.when == {"all": []}
    fits = Facts(case_network="x", message_visibility="public", case_severity=2)
    assert rules.policy_for((first, second), fits) is first
    assert rules.policy_for((first, second), replace(fits, case_severity=1)) is second


def test_a_tag_brings_another_promise(desk: Desk) -> None:
    vip = {"field": "case.tags", "op": "has", "value": "vip"}
    policies = (
        Policy(id="vip", name="VIP", when=vip, targets=Targets(first_answer=(15,) * 5)),
        Policy(id="all", name="All", targets=Targets(first_answer=(60,) * 5)),
    )
    desk.store.write_now(lambda tx: settings.save(tx, desk.log, EARFUL, policies, desk.now))
    desk.receive(write("1"))
    desk.settle()
    case_id = desk.store.read_now(lambda tx: tx.value(select(cases.c.id)))
    found = desk.store.read_now(lambda tx: service.clocks_of(tx, case_id))
    assert [(one.policy, one.target) for one in found] == [("All", 60 * MINUTE)]
    desk.store.write_now(lambda tx: verbs.tag(tx, desk.log, EARFUL, case_id, "vip", desk.now))
    desk.settle()
    found = desk.store.read_now(lambda tx: service.clocks_of(tx, case_id))
    assert [(one.policy, one.target) for one in found] == [("VIP", 15 * MINUTE)]
