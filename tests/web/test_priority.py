"""Settings, Triage, Priority: sliders, what-if, saving, undo, and who may."""

import re

import msgspec
import pytest
from sqlalchemy import select

from earful.desk.triage.priority_pages import numbers_of, weights_from
from earful.model.desk import Role
from earful.model.time import rfc3339
from earful.store.tables import audit, cases
from earful.triage import guidance
from earful.triage.priority import DEFAULT
from tests.served import HTMX, Served, message

PATH = "/settings/triage/priority"
ANGRY, BROKEN = "This is awful, I am so angry at you, terrible", "My parcel never came, help please"


def said(served: Served) -> None:
    at = rfc3339(served.now())
    served.hook([message(text, by=name, occurred_at=at) for text, name in ((ANGRY, "ana"), (BROKEN, "ben"))])
    served.settle()


def values(**changed: int) -> dict[str, str]:
    return {name: str(number) for name, number in (numbers_of(DEFAULT) | changed).items()}


def test_the_form_and_back_is_the_same() -> None:
    assert weights_from(values(), DEFAULT) == DEFAULT
    assert weights_from({"now": "20"}, DEFAULT).now == 20


def test_the_page_shows_the_weights_in_force_and_last_week(served: Served) -> None:
    lead = served.signed_in(Role.LEAD)
    assert "Nothing to compare yet" in lead.get(PATH).text
    said(served)
    page = lead.get(PATH)
    assert page.status_code == 200
    assert re.search(r'id="w-severity_4"[^>]*value="56"', page.text)
    assert "The same order for all 2 cases" in page.text
    assert not re.search(r"\s(style|on[a-z]+)=", page.text)
    assert lead.get("/settings/triage").headers["location"] == PATH


def test_a_what_if_saves_nothing(served: Served) -> None:
    said(served)
    before = served.rows(select(cases.c.id, cases.c.priority))
    answer = served.signed_in(Role.LEAD).post(
        f"{PATH}/what-if", data=values(negative=8, help=0, answer=0), headers=HTMX
    )
    assert answer.status_code == 200
    assert "With these weights" in answer.text
    assert served.store.read_now(guidance.weights) == DEFAULT
    assert served.rows(select(cases.c.id, cases.c.priority)) == before
    wrong = served.signed_in().post(f"{PATH}/what-if", data=values(reach=20), headers=HTMX)
    assert "smallest step of severity" in wrong.text


def test_saving_reorders_in_the_background_and_undo_brings_back(served: Served) -> None:
    said(served)
    before = {row["id"]: row["priority"] for row in served.rows(select(cases))}
    lead = served.signed_in(Role.LEAD)
    answer = lead.post(PATH, data=values(help=0, answer=0))
    assert answer.status_code == 303
    where = answer.headers["location"]
    page = lead.get(where).text
    assert "being weighed anew: 0 of 2" in page
    told = re.search(r'id="told">([^<]+)<', page)
    assert told is not None
    assert msgspec.json.decode(told[1])["undo"]["values"] == {"seq": "0"}
    assert "weighed anew" in lead.get(f"{PATH}/progress", headers=HTMX).text
    served.settle()
    assert "weighed anew" not in lead.get(f"{PATH}/progress", headers=HTMX).text
    after = {row["id"]: row["priority"] for row in served.rows(select(cases))}
    assert after != before
    undone = lead.post(f"{PATH}/restore", data={"seq": "0"}, headers=HTMX)
    assert 'hx-target="#priority-area"' in undone.text
    served.settle()
    assert {row["id"]: row["priority"] for row in served.rows(select(cases))} == before
    actions = [row["action"] for row in served.rows(select(audit).where(audit.c.action == "triage.priority"))]
    assert len(actions) == 2
    again = lead.post(PATH, data={"reset": "1"})
    assert "in+force+already" in again.headers["location"]


@pytest.mark.parametrize(
    "changed", [{"now": "x"}, {"now": "-1"}, {"now": "1000"}, {"negative": "40"}, {"now": "٣"}]
)
def test_what_cannot_be_used_is_told_and_kept_in_the_form(
    small_served: Served, changed: dict[str, str]
) -> None:
    answer = small_served.signed_in().post(PATH, data=values() | changed)
    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text
    assert small_served.store.read_now(guidance.weights) == DEFAULT
    for seq in ("", "x", "77", "9" * 30):
        wrong = small_served.signed_in().post(f"{PATH}/restore", data={"seq": seq}, headers=HTMX)
        assert wrong.status_code == 422


def test_agents_correct_and_leads_weigh(small_served: Served) -> None:
    agent = small_served.signed_in(Role.AGENT)
    assert agent.get(PATH).status_code == 403
    assert agent.post(PATH, data=values(now=20, negative=0)).status_code == 403
    assert "/settings/triage" not in agent.get("/settings/me").text
    assert msgspec.json.encode(small_served.store.read_now(guidance.weights)) == msgspec.json.encode(DEFAULT)
