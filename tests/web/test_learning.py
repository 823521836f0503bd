"""Learning and near duplicates over HTTP: what the pages say, who may do what, and the links between them."""

import re

import msgspec
import pytest
from sqlalchemy import select

from earful.desk.triage import learning
from earful.model.desk import Role
from earful.store.tables import learned
from tests.served import HTMX, Browser, Served

PATH = "/settings/triage/learning"
TAUGHT = "The sourdough starter arrived without its lid"
FLOOD = "Lumenbank froze the account of my grandmother and nobody there answers"


def teach(served: Served, browser: Browser, count: int = 1) -> None:
    for number in range(count):
        (message_id,) = served.say(f"{TAUGHT}, order {number}", by=f"guest{number}")
        data = {"field": "topic", "value": "returns"}
        assert browser.post(f"/messages/{message_id}/corrections", data=data, headers=HTMX).status_code == 200


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_empty_page_says_how_to_teach(served: Served) -> None:
    page = served.signed_in(Role.LEAD).get(PATH)
    assert page.status_code == 200
    assert "Nobody taught anything yet" in page.text
    assert "Learn from them now" not in page.text
    assert 'aria-current="page">Learning' in page.text
    assert not re.search(r"\s(style|on[a-z]+)=", page.text)


def test_learning_now_says_what_came_of_it_and_can_be_taken_back(served: Served) -> None:
    browser = served.signed_in(Role.LEAD)
    teach(served, browser, 12)
    assert "12 corrections" in plain(browser.get(PATH).text)
    answer = browser.post(f"{PATH}/replay", headers=HTMX)
    assert answer.status_code == 200
    assert re.search(
        r"Kept: agrees with people in \d+ % of \d+ held-out corrections?; before \d+ %\.", plain(answer.text)
    )
    assert "<html" not in answer.text
    version = str(served.value(select(learned.c.id)))
    went = browser.post(f"{PATH}/roll-back", data={"version": version})
    assert went.status_code == 303
    page = browser.get(went.headers["location"])
    assert "Rolled back" in plain(page.text)
    told = re.search(r'id="told">([^<]+)<', page.text)
    assert told is not None
    undo = msgspec.json.decode(told.group(1))["undo"]
    assert undo["values"] == {"version": version, "state": "active"}
    undone = browser.post(undo["url"], data=undo["values"], headers=HTMX)
    assert 'hx-target="#learning-area"' in undone.text
    assert "In force" in undone.text
    browser.post(f"{PATH}/roll-back", data={"version": version})
    back = browser.post(f"{PATH}/bring-back", data={"version": version})
    assert "Brought back" in browser.get(back.headers["location"]).text
    assert served.store.read_now(learning.standing).versions[0].state == "active"


def test_without_scripts_a_replay_leads_back_to_the_page(small_served: Served) -> None:
    browser = small_served.signed_in()
    none = browser.post(f"{PATH}/replay")
    assert (none.status_code, "nothing to learn from" in none.text) == (422, True)
    teach(small_served, browser)
    went = browser.post(f"{PATH}/replay")
    assert went.status_code == 303
    assert "Kept:" in browser.get(went.headers["location"]).text


@pytest.mark.parametrize("values", [{"version": "x"}, {"version": "", "state": "kept"}])
def test_what_is_not_the_newest_version_is_refused(small_served: Served, values: dict[str, str]) -> None:
    browser = small_served.signed_in()
    for act in ("roll-back", "bring-back", "restore"):
        assert browser.post(f"{PATH}/{act}", data=values).status_code == 422


def test_an_agent_may_not_manage_learning(small_served: Served) -> None:
    browser = small_served.signed_in(Role.AGENT)
    assert browser.get(PATH).status_code == 403
    for act in ("replay", "roll-back", "bring-back", "restore"):
        assert browser.post(f"{PATH}/{act}").status_code == 403


def test_near_duplicates_are_counted_and_lead_to_their_cases(served: Served) -> None:
    browser = served.signed_in(Role.AGENT)
    (first,) = served.say(FLOOD, by="ana")
    ids = [first, *(served.say(f"RT: {FLOOD}", by=name)[0] for name in ("ben", "cleo"))]
    served.say("Where is my parcel?", by="dora")
    for message_id in ids:
        panel = browser.get(f"/messages/{message_id}/rating", headers=HTMX).text
        assert "One of 3 near duplicates" in panel
        assert f'href="/inbox?view=all&amp;alike={first}"' in panel
    number = re.findall(r'data-number="(\d+)"', browser.get(f"/inbox/rows?view=all&alike={first}").text)
    assert sorted(number) == ["1", "2", "3"]
    assert "near duplicates" not in browser.get("/inbox/case/4").text
    timeline = browser.get("/inbox/case/2/timeline").text
    assert "One of 3 near duplicates" in timeline
    page = browser.get(f"/inbox?view=all&alike={first}").text
    assert "Near duplicates" in page
    assert f"/inbox/case/1?view=all&amp;alike={first}" in page
    assert "data-number" not in browser.get("/inbox/rows?view=all&alike=nobody").text
