"""Ratings over HTTP: the panel, its choices, the API for programs, and who may do what."""

import re

import msgspec
import pytest
from sqlalchemy import func, select

from earful.desk.triage import service as triage
from earful.desk.triage import topics
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.audit import EARFUL
from earful.store.tables import cases, corrections, ratings
from tests.served import HTMX, Served

TEXT = "My kettle is broken and nobody answers the phone"


def rating_of(served: Served, message_id: str) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(
        served.value(select(ratings.c.data).where(ratings.c.message_id == message_id))
    )
    return found


def test_the_panel_shows_every_field_with_its_choice(served: Served) -> None:
    (message_id,) = served.say(TEXT)
    served.write(lambda tx: topics.add(tx, EARFUL, "Gift cards", served.now()))
    page = served.signed_in(Role.AGENT).get(f"/messages/{message_id}/rating", headers=HTMX)
    assert page.status_code == 200
    fields = re.findall(r'data-field="(\w+)"', page.text)
    assert fields == [
        "kind", "topic", "sentiment", "severity", "urgency", "wants", "relevance", "churn", "tried_before", "abuse",
        "language",
    ]  # fmt: skip
    assert page.text.count("<legend>") == len(fields)
    assert "Gift cards" in page.text
    kind = rating_of(served, message_id)["kind"]
    assert re.search(rf'id="rate-kind-{kind}"[^>]*checked', page.text)
    assert not re.search(r"\s(style|on[a-z]+)=", page.text)


def test_a_choice_is_saved_told_and_can_be_taken_back(served: Served) -> None:
    (message_id,) = served.say(TEXT)
    browser = served.signed_in(Role.AGENT)
    before = rating_of(served, message_id)
    answer = browser.post(
        f"/messages/{message_id}/corrections", data={"field": "kind", "value": "question"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert f'hx-target="#rating-{message_id}"' in answer.text
    assert "by Agent Doe" in answer.text
    done = msgspec.json.decode(answer.headers["hx-trigger"])["earful:done"]
    assert done["text"] == "Kind: Question"
    served.settle()
    assert served.value(select(cases.c.kind)) == "question"
    undone = browser.post(done["undo"]["url"], data={}, headers=HTMX)
    assert undone.status_code == 200
    assert rating_of(served, message_id) == before
    served.settle()
    assert served.value(select(cases.c.kind)) == before["kind"]


def test_lists_are_saved_whole_and_can_be_emptied(small_served: Served) -> None:
    (message_id,) = small_served.say(TEXT)
    browser = small_served.signed_in()
    path = f"/messages/{message_id}/corrections"
    browser.post(path, data={"field": "abuse", "value": ["spam", "bot"]}, headers=HTMX)
    assert rating_of(small_served, message_id)["abuse"] == ["spam", "bot"]
    answer = browser.post(path, data={"field": "abuse"}, headers=HTMX)
    assert rating_of(small_served, message_id)["abuse"] == []
    assert "Abuse: none" in answer.headers["hx-trigger"]


@pytest.mark.parametrize(("field", "value"), [("kind", "bad"), ("mood", "x"), ("severity", "")])
def test_what_cannot_be_said_is_refused(small_served: Served, field: str, value: str) -> None:
    (message_id,) = small_served.say(TEXT)
    answer = small_served.signed_in().post(
        f"/messages/{message_id}/corrections", data={"field": field, "value": value}, headers=HTMX
    )
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert small_served.value(select(func.count()).select_from(corrections)) == 0
    missing = small_served.signed_in(Role.AGENT).get("/messages/none/rating", headers=HTMX)
    assert missing.status_code == 404


def test_a_program_corrects_once_however_often_it_asks(served: Served) -> None:
    (message_id,) = served.say(TEXT)
    headers = served.token(Permission.CASES_WRITE, Permission.CASES_READ)
    program, path = served.program(), f"/api/v1/messages/{message_id}/corrections"
    keyed = headers | {"idempotency-key": "one"}
    first = program.post(path, json={"field": "severity", "value": 4}, headers=keyed)
    assert first.status_code == 201, first.text
    again = program.post(path, json={"field": "severity", "value": 4}, headers=keyed)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = program.post(path, json={"field": "severity", "value": 3}, headers=keyed)
    assert other.status_code == 422
    read = program.get(f"/api/v1/messages/{message_id}/rating", headers=headers).json()
    assert read == first.json()
    assert read["rating"]["severity"] == 4
    (correction,) = read["corrections"]
    assert (correction["by"], correction["value"]) == ("program", 4)
    undone = program.request("DELETE", f"/api/v1/corrections/{correction['id']}", headers=headers).json()
    assert undone["rating"]["severity"] == correction["before"]
    assert undone["corrections"][0]["undone_at"]


def test_a_program_is_told_what_is_wrong(small_served: Served) -> None:
    (message_id,) = small_served.say(TEXT)
    headers = small_served.token(Permission.CASES_WRITE)
    program, path = small_served.program(), f"/api/v1/messages/{message_id}/corrections"
    for body, status in [
        ({"field": "severity", "value": 9}, 422),
        ({"field": "severity"}, 400),
        ({"field": "kind", "value": "praise", "extra": 1}, 400),
    ]:
        answer = program.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    gone = program.post(
        "/api/v1/messages/none/corrections", json={"field": "kind", "value": "praise"}, headers=headers
    )
    assert gone.status_code == 404
    unknown = program.request("DELETE", "/api/v1/corrections/none", headers=headers)
    assert unknown.status_code == 404
    assert small_served.store.read_now(lambda tx: triage.rated(tx, message_id)).corrections == []


def test_tokens_use_the_api_and_people_the_inbox(small_served: Served) -> None:
    (message_id,) = small_served.say(TEXT)
    body = {"field": "kind", "value": "praise"}
    path = f"/api/v1/messages/{message_id}/corrections"
    reader = small_served.token(Permission.CASES_READ)
    assert small_served.program().post(path, json=body, headers=reader).status_code == 403
    assert small_served.program().post(path, json=body).status_code == 401
    assert small_served.signed_in().post(path, json=body).status_code == 400
    writer = small_served.token(Permission.CASES_WRITE)
    visitor = small_served.client()
    visitor.get("/sign-in")
    csrf = {"x-csrftoken": visitor.cookies.get("earful_csrf", "")}
    case_id = small_served.case_of(message_id)
    refused = visitor.post(f"/cases/{case_id}/status", data={"status": "waiting"}, headers=writer | csrf)
    assert refused.status_code == 403
    assert small_served.value(select(cases.c.status)) == "open"
