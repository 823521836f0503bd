"""Calls and visits that colleagues write down: kept once, in the customer's case, and taken back."""

from typing import Any

import pytest
from sqlalchemy import select

from earful.channels.phone.calls import Outcome
from earful.desk.calls import rules
from earful.desk.calls.rules import Entry, Kind
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.message import Direction, MessageKind
from earful.model.time import DAY, MINUTE, Instant, instant
from earful.store.tables import audit, cases, messages
from earful.store.tables import channels as channel_table
from tests.served import Browser, Served

NOW = Instant(1_795_000_000_000)
FORM = {
    "id": "entry-1",
    "number": "+1 415 555 0123",
    "name": "Ana",
    "said": "The lid of my kettle is cracked.",
}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(id="1", name="Ana"), "said"),
        (Entry(id="1", said="Hello"), "name"),
        (Entry(id="1", number="call me", said="Hello"), "number"),
        (Entry(id="1", name="Ana", said="x", started_at=NOW + DAY), "started_at"),
        (Entry(id="1", name="Ana", said="x", started_at=NOW - 400 * DAY), "started_at"),
    ],
)
def test_what_is_missing_is_named(entry: Entry, field: str) -> None:
    wrong = rules.problem_of(entry, NOW)
    assert wrong is not None
    assert wrong[0] == field


def test_a_call_that_nobody_answered_needs_no_words() -> None:
    entry = Entry(id="1", number="+14155550123", outcome=Outcome.MISSED)
    assert rules.problem_of(entry, NOW) is None
    assert [one.text for one in rules.messages(entry, "Kim Doe", "hotline", NOW)] == [
        "Called; nobody answered."
    ]


def test_a_visit_has_its_place_and_both_sides() -> None:
    entry = Entry(
        id="1",
        kind=Kind.VISIT,
        name="Ben",
        place="the shop",
        said="It smells.",
        answer="We took it back.",
        minutes=10,
    )
    theirs, ours = rules.messages(entry, "Kim Doe", "visits", NOW)
    assert (theirs.text, theirs.kind, theirs.direction) == (
        "It smells.\n\nCame to us (the shop).", MessageKind.VISIT, Direction.INBOUND,
    )  # fmt: skip
    assert (ours.text, ours.direction) == ("We took it back.", Direction.OUTBOUND)
    assert instant(theirs.occurred_at) == NOW - 10 * MINUTE


def test_a_local_time_is_read_in_its_zone() -> None:
    assert rules.instant_of("2026-07-01T12:00", "Europe/Berlin") == rules.instant_of(
        "2026-07-01T10:00", "UTC"
    )
    assert rules.instant_of("", "Nowhere/Land") == 0
    with pytest.raises(ValueError, match="day and a time"):
        rules.instant_of("soon", "UTC")


def log(who: Browser, **more: str) -> Any:
    return who.post("/calls", data=FORM | more)


def kept(served: Served) -> list[Any]:
    return served.rows(select(messages).order_by(messages.c.occurred_at, messages.c.seq))


def test_a_logged_call_is_a_message_in_a_case_and_can_be_taken_back(served: Served) -> None:
    kim = served.signed_in(Role.AGENT)
    done = log(kim, answer="A new one is on its way.", minutes="4")
    assert done.status_code == 303, done.text[:500]
    again = log(kim, answer="A new one is on its way.", minutes="4")
    assert again.headers["location"] == done.headers["location"]
    served.settle()
    theirs, ours = kept(served)
    assert (theirs["text"], theirs["direction"], theirs["kind"]) == (FORM["said"], "inbound", "call")
    assert (ours["text"], ours["direction"]) == ("A new one is on its way.", "outbound")
    (case,) = served.rows(select(cases))
    assert theirs["case_id"] == ours["case_id"] == case["id"]
    assert case["awaiting_since"] is None
    assert case["topic"]
    to = kim.get(f"{done.headers['location']}/case")
    assert to.headers["location"] == f"/inbox/case/{case['number']}"
    assert FORM["said"] in kim.get(to.headers["location"]).text
    assert kim.post(f"{done.headers['location']}/undo").status_code == 303
    served.settle()
    assert [(row["text"], row["deleted_at"] is not None) for row in kept(served)] == [("", True), ("", True)]
    acts = {row["action"] for row in served.rows(select(audit))}
    assert {"call.log", "log.take_back"} <= acts


def test_the_same_number_comes_to_the_same_case(small_served: Served) -> None:
    served, kim = small_served, small_served.signed_in()
    log(kim)
    served.settle()
    log(kim, id="entry-2", number="+1 (415) 555-0123", name="", said="Still nothing!", outcome="missed")
    log(kim, id="entry-3", number="", name="Somebody else")
    served.settle()
    assert len(served.rows(select(cases))) == 2
    rows = {row["native_id"]: row for row in kept(served)}
    assert rows["entry-1"]["case_id"] == rows["entry-2"]["case_id"] != rows["entry-3"]["case_id"]
    made = served.rows(select(channel_table).where(channel_table.c.network == "phone"))
    assert [row["name"] for row in made] == ["phone-log"]


def test_a_call_of_ours_is_in_a_case_as_soon_as_they_spoke(small_served: Served) -> None:
    served, kim = small_served, small_served.signed_in()
    missed = log(kim, direction="outbound", outcome="missed", said="")
    served.settle()
    assert "no case of this number yet" in kim.get(missed.headers["location"]).text
    log(kim, id="entry-2", direction="outbound", said="It works again, thank you!", answer="Glad to hear it.")
    served.settle()
    (case,) = served.rows(select(cases))
    assert case["awaiting_since"] is None
    rows = [(row["direction"], row["text"], row["case_id"]) for row in kept(served)]
    assert sorted(rows) == sorted(
        [
            ("outbound", "We called; nobody answered.", case["id"]),
            ("inbound", "It works again, thank you!", case["id"]),
            ("outbound", "We called and spoke to them.\n\nGlad to hear it.", case["id"]),
        ]
    )


def test_what_cannot_be_kept_stays_in_the_form(small_served: Served) -> None:
    kim = small_served.signed_in()
    for wrong, words in (
        ({"said": ""}, "Write down what was said"),
        ({"when": "soon"}, "Choose a day and a time"),
        ({"minutes": "many"}, "whole number"),
        ({"outcome": "sung"}, "Invalid enum value"),
        ({"channel_id": "other"}, "does not exist"),
        ({"number": "<script>"}, "as it is dialled"),
    ):
        answer = log(kim, **wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text, wrong
    assert 'value="&lt;script&gt;"' in answer.text
    assert kept(small_served) == []
    visit = kim.get("/calls/new?kind=visit&name=Ana")
    assert 'value="Ana"' in visit.text
    assert "What they said" in visit.text


def test_programs_write_down_in_a_colleagues_name(small_served: Served) -> None:
    served = small_served
    body = {"user_id": served.made.admin, "kind": "visit", "name": "Ben", "said": "It smells.", "id": "v-1"}
    headers = served.token(Permission.CALLS_LOG)
    made = served.program().post("/api/v1/calls", json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert served.program().post("/api/v1/calls", json=body, headers=headers).json() == made.json()
    served.settle()
    assert [(row["kind"], row["direction"]) for row in kept(served)] == [
        ("visit", "inbound"),
        ("visit", "outbound"),
    ]
    for wrong in ({"said": ""}, {"user_id": "nobody"}, {"minutes": -1}, {"number": "x"}):
        assert served.program().post("/api/v1/calls", json=body | wrong, headers=headers).status_code in (
            400,
            422,
        )
    other = served.token(Permission.CASES_READ)
    assert served.program().post("/api/v1/calls", json=body, headers=other).status_code == 403
    back = f"/api/v1/calls/{made.json()['message_id']}/undo"
    assert served.program().post(back, headers=headers).status_code == 200
    assert served.program().post("/api/v1/calls/nothing/undo", headers=headers).status_code == 404
