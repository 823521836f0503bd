"""Teams, the next case and acts on many cases, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.tables import agents, case_tags, cases
from tests.served import HTMX, Browser, Served

TEAM = {"id": "north", "name": "North", "members": []}
ROUTE = {"id": "all", "name": "All", "team": "north", "strategy": "leave", "condition": {"all": []}}


def api(served: Served, *scopes: Permission) -> Browser:
    client = served.client()
    client.headers.update(served.token(*scopes))
    return client


def case_rows(served: Served) -> list[Any]:
    return served.rows(select(cases).order_by(cases.c.number))


def test_programs_set_teams_and_give_cases(served: Served) -> None:
    kim = served.made.admin
    program = api(served, Permission.CASES_READ, Permission.CASES_WRITE, Permission.ROUTING_MANAGE)
    body = {"teams": [TEAM | {"members": [kim]}], "routes": [ROUTE], "seq": 0}
    saved = program.put("/api/v1/teams", json=body)
    assert saved.status_code == 200, saved.text
    assert program.put("/api/v1/teams", json=body).status_code == 409
    bad = program.put("/api/v1/teams", json={"teams": [TEAM | {"calendar": "gone"}], "routes": []})
    assert bad.status_code == 422
    assert "there is no calendar" in bad.json()["detail"]
    assert "Nothing was saved" in bad.json()["detail"]
    served.say("Where is my parcel?")
    assert [(one["queue"], one["assignee_id"]) for one in case_rows(served)] == [("north", None)]
    given = program.post("/api/v1/next", json={"user_id": kim})
    assert given.json()["number"] == case_rows(served)[0]["number"]
    assert case_rows(served)[0]["assignee_id"] == kim
    again = program.post("/api/v1/next", json={"user_id": kim, "apart_from": given.json()["case_id"]})
    assert (again.json()["number"], again.json()["why"]) == (None, "none")
    assert program.post("/api/v1/next", json={"user_id": "x"}).status_code == 422
    assert program.get("/api/v1/teams").json()["teams"][0]["name"] == "North"


def test_programs_act_on_many_and_take_it_back(small_served: Served) -> None:
    served = small_served
    for n in range(3):
        served.say("Where is my parcel?", by=f"c{n}")
    program = api(served, Permission.CASES_READ, Permission.CASES_WRITE)
    numbers = [one["number"] for one in case_rows(served)]
    begun = program.post("/api/v1/cases/bulk", json={"act": "tag", "tag": "late", "cases": [*numbers, 99]})
    assert begun.status_code == 202, begun.text
    served.settle()
    done = program.get(f"/api/v1/bulk/{begun.json()['id']}").json()
    assert (done["total"], done["changed"], done["refused"]) == (3, 3, 0)
    undone = program.post(f"/api/v1/bulk/{begun.json()['id']}/undo").json()
    served.settle()
    assert program.post(f"/api/v1/bulk/{begun.json()['id']}/undo").json()["id"] == undone["id"]
    assert served.rows(select(case_tags)) == []
    for wrong in (
        {"act": "fly", "cases": numbers},
        {"act": "tag", "cases": numbers},
        {"act": "tag", "tag": "x", "cases": []},
    ):
        assert program.post("/api/v1/cases/bulk", json=wrong).status_code == 422
    assert program.get("/api/v1/bulk/none").status_code == 404


def test_the_whole_list_is_chosen_by_its_address_and_progress_is_told(small_served: Served) -> None:
    served = small_served
    for n in range(60):
        served.say("Where is my parcel?" if n % 2 else "My kettle is broken", by=f"c{n}")
    kim = served.signed_in()
    begun = kim.post("/bulk", data={"act": "status", "status": "waiting", "all": "1"},
                     headers=HTMX | {"hx-current-url": "http://testserver.local/inbox?q=parcel"})  # fmt: skip
    assert begun.status_code == 200, begun.text
    assert "0 of 30" in begun.text
    address = begun.text.split('hx-get="')[1].split('"')[0]
    served.settle()
    done = kim.get(address, headers=HTMX)
    assert "30 changed" in done.text
    assert "/undo" in done.headers["hx-trigger"]
    assert [one["status"] for one in case_rows(served)].count("waiting") == 30
    shown = kim.get(address.removesuffix("/progress"))
    assert "Put all of it back" in shown.text
    history = kim.get(
        f"/inbox/case/{next(one['number'] for one in case_rows(served) if one['status'] == 'waiting')}"
    )
    assert f'href="{address.removesuffix("/progress")}"' in history.text
    back = kim.post(address.replace("/progress", "/undo"), headers=HTMX)
    assert "hx-partial" in back.text
    served.settle()
    assert {one["status"] for one in case_rows(served)} == {"open"}


def test_nonsense_in_forms_is_refused_in_words(small_served: Served) -> None:
    kim = small_served.signed_in()
    small_served.say("Where is my parcel?")
    case_id = case_rows(small_served)[0]["id"]
    for data in (
        {"act": "fly", "ids": case_id},
        {"act": "tag", "tag": "x", "ids": ""},
        {"act": "snooze", "until": "whenever", "ids": case_id},
        {"act": "close", "outcome": "confirmed", "ids": case_id},
    ):
        assert kim.post("/bulk", data=data, headers=HTMX).status_code == 422, data
    assert kim.get("/bulk/none").status_code == 404
    assert kim.post("/settings/teams/restore", data={"seq": "x"}).status_code == 422


def test_a_lead_makes_a_team_a_route_and_takes_it_back(small_served: Served) -> None:
    served = small_served
    kim = served.signed_in(Role.LEAD)
    assert "Make the first team" in kim.get("/settings/teams").text
    made = kim.post(
        "/settings/teams/team/new",
        data={"name": "North", "members": served.made.admin, "languages": "EN, de-AT", "silent_after": "0"},
    )
    assert made.status_code == 303, made.text
    wrong = kim.post("/settings/teams/team/new", data={"name": "South", "languages": "klingonish"})
    assert wrong.status_code == 422
    assert "not the code of a language" in wrong.text
    assert 'value="klingonish"' in wrong.text
    route = {"name": "Parcels", "team": "north", "strategy": "turn", "c.join": "all", "c.0.field": "message.text",
             "c.0.op": "contains", "c.0.value": "parcel"}  # fmt: skip
    assert kim.post("/settings/teams/route/new", data=route).status_code == 303
    bad = kim.post("/settings/teams/route/new", data=route | {"name": "Bad", "c.0.value": ""})
    assert bad.status_code == 422
    shown = kim.get("/settings/teams").text
    assert "Message contains “parcel”" in shown
    assert "de, en" in shown
    kept = kim.post("/settings/teams/team/north/remove")
    assert "Parcels+leads+to" in kept.headers["location"].replace(
        "The+route+Parcels+leads+to", "Parcels+leads+to"
    )
    served.say("Where is my parcel?", by="a")
    served.settle()
    assert case_rows(served)[0]["assignee_id"] == served.made.admin
    gone = kim.post("/settings/teams/route/parcels/remove").headers["location"]
    seq = gone.rsplit("undo=", 1)[1]
    assert kim.post("/settings/teams/restore", data={"seq": seq}).status_code == 303
    assert "Parcels" in kim.get("/settings/teams").text
    edited = kim.post("/settings/teams/route/parcels", data=route | {"seq": "1"})
    assert edited.status_code == 422
    assert "Somebody saved teams or routes" in edited.text
    person = f"/settings/teams/person/{served.made.admin}"
    assert kim.post(person, data={"skills": "Refunds", "capacity": "many"}).status_code == 422
    assert kim.post(person, data={"skills": "Refunds", "capacity": "7"}).status_code == 303
    assert [
        one["capacity"] for one in served.rows(select(agents).where(agents.c.user_id == served.made.admin))
    ] == [7]


def test_an_agent_goes_away_hands_over_and_comes_back(small_served: Served) -> None:
    served = small_served
    agent = served.signed_in(Role.AGENT)
    served.say("Where is my parcel?")
    first = agent.post("/next")
    assert first.headers["location"].startswith("/inbox/case/")
    assert (
        agent.post("/next", data={"apart_from": case_rows(served)[0]["id"]})
        .headers["location"]
        .startswith("/inbox?")
    )
    assert (
        agent.post("/settings/away", data={"state": "away", "until": "1999-01-01T10:00"}).status_code == 422
    )
    assert agent.post("/settings/away", data={"state": "away", "until": "3h"}).status_code == 303
    shown = agent.get("/settings/away").text
    assert "You are away" in shown
    assert "You have 1 open case" in shown
    done = agent.post(
        "/bulk", data={"act": "assign", "user_id": served.made.admin, "ids": case_rows(served)[0]["id"]}
    )
    assert done.status_code == 303
    served.settle()
    assert case_rows(served)[0]["assignee_id"] == served.made.admin
    served.ahead += 4 * 3_600_000
    assert "Go away" in agent.get("/settings/away").text


@pytest.mark.parametrize("path", ["/settings/teams", "/settings/teams/team/new", "/settings/teams/route/new"])
def test_an_agent_does_not_change_teams(small_served: Served, path: str) -> None:
    agent = small_served.signed_in(Role.AGENT)
    assert agent.get(path).status_code == 403
