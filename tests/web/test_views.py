"""Views for people and programs: made from what the inbox shows, edited without scripts, shared, counted, opened."""

import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from sqlalchemy import select

from earful.bench import plans
from earful.desk.conditions import rules
from earful.desk.conditions.reading import read
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views import service as views
from earful.model.desk import InboxFilter, Role
from earful.store.audit import Who
from earful.store.tables import audit
from tests.conftest import NOW
from tests.desk.test_conditions_agree import conditions
from tests.served import HTMX, Served

PATH = "/settings/views"
API = "/api/v1/views"
BROKEN = {"field": "message.text", "op": "contains", "value": "BROKEN"}


def fields(*tests: tuple[str, str, str], join: str = "all", **more: Any) -> dict[str, Any]:
    """A form as the page sends it."""
    found: dict[str, Any] = {"c.join": join, "name": "Broken", "sort": "priority"} | more
    for at, (field, op, value) in enumerate(tests):
        found |= {f"c.{at}.field": field, f"c.{at}.op": op, f"c.{at}.value": value}
    return found


def view_of(answer: Any) -> str:
    assert answer.status_code == 303, answer.text[:500]
    return str(answer.headers["location"].removeprefix("/inbox?view="))


@settings(max_examples=120, deadline=None, database=None)
@given(conditions)
def test_the_form_of_a_condition_says_the_same(data: Any) -> None:
    condition = read(data)
    assume(rules.by_clock(condition) is None and not moments(condition) and not commas(condition))
    given = sent(forms.of_condition(condition))
    again = forms.condition_of(forms.of_form(given))
    assert sent(forms.of_condition(again)) == given
    assert {one.field for one in rules.checks(again)} == {one.field for one in rules.checks(condition)}


def moments(condition: Any) -> bool:
    """A day is all that the form keeps of a moment."""
    return any("T" in str(one.value) and "Z" in str(one.value) for one in rules.checks(condition))


def commas(condition: Any) -> bool:
    """In the form a comma separates, and blanks at the ends do not count."""
    given = [
        value
        for one in rules.checks(condition)
        for value in (one.value if isinstance(one.value, tuple) else (one.value,))
    ]
    return any(isinstance(one, str) and ("," in one or one != one.strip()) for one in given)


def sent(group: forms.Group) -> dict[str, list[str]]:
    """What a browser would send of a form."""
    found = {f"{group.path}.join": [group.join]}
    for one in group.parts:
        if isinstance(one, forms.Group):
            found |= sent(one)
        else:
            values = one.values if one.about.choices else [one.value] if one.values else []
            found |= {
                f"{one.path}.field": [one.field],
                f"{one.path}.op": [one.op],
                f"{one.path}.to": [one.to],
            }
            found |= {f"{one.path}.value": values}
    return found


def test_a_view_from_what_the_inbox_shows(served: Served) -> None:
    served.say("My kettle is broken")
    served.say("What a lovely kettle", by="ben")
    agent = served.signed_in(Role.AGENT)
    page = agent.get(f"{PATH}/new?view=open&q=broken&order=newest")
    assert "Status is open and message contains “broken”" in page.text
    assert "case matches now" in page.text
    assert not re.search(r"\s(style|on[a-z]+)=", page.text)
    assert "Everybody sees it" not in page.text
    tests = ("case.status", "is", "open"), ("message.text", "contains", "broken")
    made = view_of(agent.post(f"{PATH}/save", data=fields(*tests)))
    assert "Looking for cases" in agent.get(f"/inbox?view={made}").text
    served.settle()
    opened = agent.get(f"/inbox?view={made}").text
    assert opened.count('class="row ') == 1
    assert "<title>Broken" in opened
    edit = agent.get(f"{PATH}/{made}").text
    assert 'value="broken"' in edit
    other = served.signed_in(Role.LEAD)
    assert other.get(f"/inbox?view={made}").status_code == 400
    assert other.get(f"{PATH}/{made}").status_code == 404
    assert "Broken" not in other.get(PATH).text


def test_editing_step_by_step_without_scripts(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    first = fields(("case.severity", "at_least", "2"))
    page = lead.post(f"{PATH}/draft?act=add:c", data=first).text
    assert 'name="c.1.field"' in page
    assert "Severity is at least 2 and status is open" in page
    page = lead.post(f"{PATH}/draft?act=group:c", data=first, headers=HTMX).text
    assert 'name="c.1.0.field"' in page
    assert "<html" not in page
    assert 'hx-target="#matches"' in page
    gone = lead.post(f"{PATH}/draft?act=remove:c.0", data=first).text
    assert "Nothing is asked: every case." in gone
    # Another field was chosen: its first comparison, and no value of the one before.
    other = lead.post(
        f"{PATH}/draft", data=fields(("message.text", "is", "open")) | {"c.0.was": "case.status"}
    ).text
    assert '<option value="contains" selected' in other
    assert "expected some text" in other


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (fields(("case.severity", "at_least", "9")), "expected a number from 0 to 4"),
        (fields(("case.severity", "at_least", "")), "expected a number from 0 to 4"),
        (fields(("case.opened_at", "older_than", "2 moons")), "expected a duration"),
        (fields(("case.tags", "has", "")), "expected some text"),
        (fields(("message.text", "contains", "a\0b")), "no database can hold"),
        (fields(("case.status", "is", "open"), name=" "), "Give the view a name"),
        (fields(("case.status", "is", "open"), icon="evil"), "Choose an icon"),
        (fields(("time.hour", "at_least", "9")), "cannot ask for time.hour"),
        (fields(("case.status", "is", "open"), id="no-such-view"), "does not exist"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_comes_back_in_the_form(
    small_served: Served, data: dict[str, str], said: str
) -> None:
    answer = small_served.signed_in().post(f"{PATH}/save", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Nothing was saved." in answer.text
    assert small_served.rows(select(audit).where(audit.c.action.like("view.%"))) == []


def test_leads_share_and_agents_use(small_served: Served) -> None:
    lead, agent = small_served.signed_in(Role.LEAD), small_served.signed_in(Role.AGENT)
    mine = ("case.assignee", "is", "me")
    shared = view_of(lead.post(f"{PATH}/save", data=fields(mine, shared="1", name="Mine", icon="flame")))
    (message_id,) = small_served.say("hello")
    case_id = small_served.case_of(message_id)
    agent.post(f"/cases/{case_id}/assign", data={"assignee_id": who(small_served, "Agent Doe")})
    small_served.settle()
    assert agent.get(f"/inbox?view={shared}").text.count('class="row ') == 1
    assert lead.get(f"/inbox?view={shared}").text.count('class="row ') == 0
    assert "No case here now" in lead.get(f"/inbox?view={shared}").text
    assert agent.post(f"{PATH}/{shared}/delete").status_code == 422
    assert agent.post(f"{PATH}/save", data=fields(mine, shared="1")).status_code == 422
    assert "Delete" not in agent.get(PATH).text
    where = lead.post(f"{PATH}/{shared}/delete").headers["location"]
    assert f"{PATH}/{shared}/restore" in lead.get(where).text
    back = lead.post(f"{PATH}/{shared}/restore", headers=HTMX)
    assert 'hx-target="#view-list"' in back.text
    assert "Mine" in back.text
    assert lead.post(f"{PATH}/nothing/move", data={"step": "up"}).status_code == 404


def who(served: Served, name: str) -> str:
    from earful.store.tables import users  # noqa: PLC0415 - only here

    return str(served.value(select(users.c.id).where(users.c.name == name)))


def test_programs_make_read_change_and_delete_views(served: Served) -> None:
    served.say("My kettle is broken")
    program = served.client()
    program.headers = served.token(Permission.VIEWS_SHARE)
    reader = served.client()
    reader.headers = served.token(Permission.CASES_READ)
    answer = program.post(API, json={"name": "Broken", "condition": BROKEN, "order": "newest"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["condition"], made["sentence"]) == (BROKEN, "Message contains “BROKEN”")
    assert (made["count"], made["filled"], made["shared"]) == (0, 0, True)
    served.settle()
    (listed,) = reader.get(API).json()
    assert (listed["count"], listed["filled"], listed["id"]) == (1, 100, made["id"])
    page = reader.get(f"{API}/{made['id']}/cases").json()
    assert [row["preview"] for row in page["rows"]] == ["My kettle is broken"]
    assert reader.get(f"{API}/{made['id']}/cases?after=x").status_code == 400
    assert reader.get(f"{API}/no/cases").status_code == 404
    assert reader.post(API, json={"name": "x", "condition": BROKEN}).status_code == 403
    wrong = program.post(API, json={"name": "x", "condition": {"not": BROKEN | {"op": "has"}}})
    assert wrong.status_code == 422
    assert wrong.json()["detail"].startswith('not.op: "has" does not go with message.text')
    changed = program.put(f"{API}/{made['id']}", json={"name": "All", "condition": {"all": []}})
    assert (changed.json()["name"], changed.json()["sentence"]) == ("All", "Everything")
    assert program.request("DELETE", f"{API}/{made['id']}").status_code == 204
    assert program.request("DELETE", f"{API}/{made['id']}").status_code == 404
    assert reader.get(API).json() == []


def test_a_condition_can_be_checked_before_it_is_used(small_served: Served) -> None:
    small_served.say("My kettle is broken")
    program = small_served.client()
    program.headers = small_served.token(Permission.CASES_READ)
    answer = program.post("/api/v1/conditions/check", json={"condition": BROKEN}).json()
    assert answer["matches"] == {"count": 1, "more": False, "looked_at": 1}
    assert answer["sentence"] == "Message contains “BROKEN”"
    wrong = program.post("/api/v1/conditions/check", json={"condition": {"any": [{"field": "x"}]}})
    assert wrong.status_code == 422
    assert wrong.json()["detail"].startswith("any[0].field: there is no field")


def test_opening_a_view_scans_and_counts_nothing(served: Served) -> None:
    for n in range(30):
        served.say(f"My kettle is broken {n}", by=f"c{n}")
    who = Who(id=served.made.admin)
    asker = views.Asker(who=who, may_share=True)
    for condition in (BROKEN, {"field": "case.assignee", "op": "is_not", "value": "me"}):
        wanted = views.Wanted(name="x", condition=read(condition))
        made = served.write(lambda tx: views.create(tx, served.earful.log, asker, wanted, served.now()))  # noqa: B023
        served.settle()
        for after in ("", f"50.{NOW}.20"):
            faults = plans.faults(served.store, [(InboxFilter(view=made.id), after)], who.id, small=True)
            assert faults == []
