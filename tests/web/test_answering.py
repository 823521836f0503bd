"""Answering through the pages: macros, schedules, approval, private data, parts, and what worked before."""

from typing import Any

import pytest
from sqlalchemy import select, update

from earful.desk.outcomes import service as outcomes
from earful.desk.suggestions import service as suggestions
from earful.model.desk import Role, SendState
from earful.model.time import DAY
from earful.store.audit import Who
from earful.store.tables import audit, case_tags, cases, drafts, messages, outbox, solved_terms, solved_words
from tests.served import HTMX, Browser, Served, message

ZONE = {"zone": "Europe/Berlin"}


class Case:
    """One case with a customer's message, and how it is answered."""

    def __init__(self, served: Served, text: str = "My kettle leaks. Where can I send it?") -> None:
        self.served = served
        (self.message,) = served.say(text)
        self.id = served.case_of(self.message)

    def reply(self, browser: Browser, text: str = "We will send you a new lid.", **more: Any) -> Any:
        data = {"text": text, "audience": "public", "in_reply_to": self.message} | more
        return browser.post(f"/cases/{self.id}/reply", data=data, headers=HTMX)

    def replies(self) -> list[Any]:
        return self.served.rows(select(outbox).where(outbox.c.case_id == self.id).order_by(outbox.c.id))

    def page(self, browser: Browser) -> str:
        number = self.served.value(select(cases.c.number).where(cases.c.id == self.id))
        return browser.get(f"/inbox/case/{number}?view=all").text


def test_a_reply_is_scheduled_shown_and_sent_at_another_time(small_served: Served) -> None:
    kim, case = small_served.signed_in(), Case(small_served)
    assert case.reply(kim, send_at="tomorrow", **ZONE).status_code == 200
    (row,) = case.replies()
    assert (row["state"], row["on_news"]) == (SendState.SCHEDULED, "hold")
    assert 0 < row["due_at"] - small_served.now() < 2 * DAY
    page = case.page(kim)
    assert "Scheduled" in page
    assert "Send now" in page
    assert case.reply(kim, "Too late", send_at="2020-01-01T09:00").status_code == 422
    assert kim.post(f"/outbox/{row['id']}/send-now", data={"seen": "-"}, headers=HTMX).status_code == 200
    assert case.replies()[0]["state"] == SendState.QUEUED


def test_what_the_customer_says_holds_a_scheduled_reply_until_it_was_seen(served: Served) -> None:
    kim, case = served.signed_in(), Case(served)
    case.reply(kim, send_at="monday", **ZONE)
    native = served.value(select(messages.c.native_id).where(messages.c.id == case.message))
    served.say("Forget it, it works again", by="ana", parent_id=native)
    (row,) = case.replies()
    assert row["state"] == SendState.HELD
    page = case.page(kim)
    assert "Look at this before it goes out" in page
    unseen = kim.post(f"/outbox/{row['id']}/send-now", data={"seen": "-"}, headers=HTMX)
    assert unseen.status_code == 409
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert kim.post(f"/outbox/{row['id']}/send-now", data={"seen": seen}, headers=HTMX).status_code == 200


def test_a_new_agents_reply_waits_for_a_lead_who_changes_it(served: Served) -> None:
    kim, agent, case = served.signed_in(), served.signed_in(Role.AGENT), Case(served)
    rule = {"undo_seconds": "10", "name_0": "New colleagues", "who_0": "new", "days_0": "30", "public_0": "1"}
    assert kim.post("/settings/answering", data=rule).status_code == 303
    assert case.reply(agent, "Send it back then.").status_code == 200
    (row,) = case.replies()
    assert (row["state"], row["due_at"]) == (SendState.APPROVAL, None)
    assert agent.post(f"/outbox/{row['id']}/approve", data={"text": "x"}, headers=HTMX).status_code == 403
    queue = kim.get("/approvals").text
    assert "New colleagues" in queue
    assert "Send it back then." in queue
    changed = {"text": "Sorry! Send it back then.", "note": "Friendlier", "seen": "-", "from": "queue"}
    assert kim.post(f"/outbox/{row['id']}/approve", data=changed).status_code == 303
    (row,) = case.replies()
    assert (row["state"], row["text"]) == (SendState.QUEUED, "Sorry! Send it back then.")
    page = case.page(agent)
    assert "changed your reply" in page
    assert "<ins>Sorry! </ins>" in page
    assert case.reply(kim, "A second word", seen="").status_code == 200, "who may approve needs no approval"


def test_a_reply_that_was_sent_back_is_its_writers_draft(small_served: Served) -> None:
    kim, agent, case = small_served.signed_in(), small_served.signed_in(Role.AGENT), Case(small_served)
    case.reply(agent, "No.", ask="1")
    (row,) = case.replies()
    back = f"/outbox/{row['id']}/send-back"
    assert kim.post(back, data={"note": " "}, headers=HTMX).status_code == 422
    assert kim.post(back, data={"note": "Say why"}, headers=HTMX).status_code == 200
    assert case.replies()[0]["state"] == SendState.CANCELLED
    (draft,) = small_served.rows(select(drafts))
    assert (draft["text"], draft["user_id"]) == ("No. ^AD", row["user_id"])
    assert "Say why" in case.page(agent)


def test_nobody_approves_their_own_and_a_conflict_is_shown_first(small_served: Served) -> None:
    kim, agent, case = small_served.signed_in(), small_served.signed_in(Role.AGENT), Case(small_served)
    case.reply(kim, "Mine", ask="1")
    own = case.replies()[0]["id"]
    assert (
        "Four eyes"
        in kim.post(f"/outbox/{own}/approve", data={"text": "Mine", "seen": "-"}, headers=HTMX).text
    )
    case.reply(agent, "Mine is better", ask="1")
    second = case.replies()[1]["id"]
    path = f"/outbox/{second}/approve"
    assert kim.post(path, data={"text": "Mine is better", "seen": "-"}, headers=HTMX).status_code == 409
    data = {"text": "Mine is better", "seen": own, "alone": "1"}
    assert kim.post(path, data=data, headers=HTMX).status_code == 200
    assert [row["state"] for row in case.replies()] == [SendState.CANCELLED, SendState.QUEUED]


CARD = "Your card 4111 1111 1111 1111 was charged twice."


def test_private_data_goes_out_in_public_only_when_a_lead_says_why(small_served: Served) -> None:
    kim, agent, case = small_served.signed_in(), small_served.signed_in(Role.AGENT), Case(small_served)
    refused = case.reply(agent, CARD, private_reason="because")
    assert refused.status_code == 422
    assert "answer in private" in refused.text
    assert case.reply(agent, CARD, audience="direct").status_code == 200
    assert case.reply(agent, CARD, ask="1").status_code == 200
    waiting = case.replies()[1]
    decide = {"text": waiting["text"], "seen": case.replies()[0]["id"], "note": "ok"}
    path = f"/outbox/{waiting['id']}/approve"
    assert kim.post(path, data=decide, headers=HTMX).status_code == 422
    assert kim.post(path, data=decide | {"private_reason": "a test card"}, headers=HTMX).status_code == 200
    found = small_served.rows(select(audit).where(audit.c.action == "reply.private_allowed"))
    assert [row["detail"] for row in found] == ["a test card"]


def test_a_draft_is_told_what_is_private_open_and_too_long(small_served: Served) -> None:
    kim, case = small_served.signed_in(), Case(small_served)
    body = {"text": CARD, "audience": "public", "in_reply_to": case.message}
    said = kim.put(f"/cases/{case.id}/draft", json=body).json()
    assert [CARD[start:end] for start, end, _ in said["private"]] == ["4111 1111 1111 1111"]
    assert kim.put(f"/cases/{case.id}/draft", json=body | {"audience": "direct"}).json()["private"] == []
    long = "We are so sorry about that. " * 30
    said = kim.put(f"/cases/{case.id}/draft", json=body | {"text": long}).json()
    assert [part[-5:] for part in said["parts"]] == ["(1/2)", "(2/2)"]
    assert case.reply(kim, long).status_code == 422, "the writer has not seen the parts"
    assert case.reply(kim, long, parts="2").status_code == 200
    assert kim.put(f"/cases/{case.id}/draft", json=body | {"text": "Hi [[name]]"}).json()["gaps"] == ["name"]
    assert "Fill in [[name]]" in case.reply(kim, "Hi [[name]]").text


def test_a_macro_is_written_found_used_and_undone(served: Served) -> None:
    kim, case = served.signed_in(), Case(served)
    macro = {
        "title": "New lid", "text_en": "Hi {first_name}, a new lid is on its way.", "tags": "Spare part",
        "status": "waiting", "visibility": "all",
    }  # fmt: skip
    wrong = kim.post("/settings/macros/save", data=macro | {"text_en": "Hi\n{nmae}"})
    assert wrong.status_code == 422
    assert "line 2, column 1: {nmae} is not a variable" in wrong.text
    assert kim.post("/settings/macros/save", data=macro).status_code == 303
    agent = served.signed_in(Role.AGENT)
    (hit,) = agent.get(f"/cases/{case.id}/macros?q=lid").json()
    assert hit["preview"].startswith("Hi Ana, a new lid")
    assert hit["does"] == ["#Spare part", "waiting"]
    used = agent.post(f"/cases/{case.id}/macros/{hit['id']}", headers=HTMX)
    assert "a new lid is on its way" in used.headers["hx-trigger"]
    row = served.rows(select(cases).where(cases.c.id == case.id))[0]
    assert row["status"] == "waiting"
    undo = {"tags": "spare-part", "status": "open", "outcome": "unanswered"}
    assert agent.post(f"/cases/{case.id}/macro-undo", data=undo, headers=HTMX).status_code == 200
    assert served.rows(select(case_tags)) == []
    assert agent.post(f"/settings/macros/{hit['id']}/delete").status_code == 422
    assert "used once" in kim.get("/settings/macros").text
    exported = kim.get("/settings/macros/export").text
    assert kim.post(f"/settings/macros/{hit['id']}/delete").status_code == 303
    assert kim.get(f"/cases/{case.id}/macros?q=lid").json() == []
    assert kim.post("/settings/macros/import", data={"toml": exported}).status_code == 303
    assert len(kim.get(f"/cases/{case.id}/macros?q=lid").json()) == 1


def test_how_a_confirmed_case_was_answered_is_suggested_without_its_private_data(served: Served) -> None:
    kim, solved = served.signed_in(), Case(served, "The lid of my kettle leaks, what can I do?")
    number = served.value(select(cases.c.number).where(cases.c.id == solved.id))
    native = served.value(select(messages.c.native_id).where(messages.c.id == solved.message))
    answer = message(
        "Hi Ana, turn the lid until it clicks, then it is tight. Write to ana@mail.example. ^KD",
        by="shop", direction="outbound", kind="reply", parent_id=native, occurred_at="2026-11-01T10:00:00Z",
    )  # fmt: skip
    assert served.hook([answer]).status_code == 202
    served.settle()
    (asks,) = served.say("my kettles lid is leaking, what can i do", by="ben")
    path = f"/cases/{served.case_of(asks)}/suggestions"
    assert kim.get(path).json() == [], "nobody has said that it helped"
    who = Who(id=served.made.admin)
    served.write(lambda tx: outcomes.verify(tx, served.earful.log, who, solved.id, "tried it", served.now()))
    served.settle()
    (found,) = kim.get(path).json()
    assert found["case_number"] == number
    assert found["text"] == "Hi Ben, turn the lid until it clicks, then it is tight. Write to [[email]]."
    assert (found["outcome"], found["was_private"]) == ("verified", False)
    served.write(lambda tx: suggestions.learn(tx, [solved.id, solved.id]))
    assert len(kim.get(path).json()) == 1
    assert kim.get(f"/cases/{solved.id}/suggestions").json() == [], "a case does not suggest itself"
    served.write(
        lambda tx: tx.execute(update(cases).where(cases.c.id == solved.id).values(outcome="returned"))
    )
    served.write(lambda tx: suggestions.learn(tx, [solved.id]))
    assert kim.get(path).json() == []
    assert served.rows(select(solved_terms)) == []
    assert served.rows(select(solved_words).where(solved_words.c.docs != 0)) == []


@pytest.mark.parametrize(
    "path", ["/settings/answering", "/settings/macros", "/settings/macros/new", "/approvals"]
)
def test_pages_open_when_nothing_is_there(small_served: Served, path: str) -> None:
    assert small_served.signed_in().get(path).status_code == 200


def test_delays_and_sign_offs_are_ones_own(small_served: Served) -> None:
    kim, case = small_served.signed_in(), Case(small_served)
    channel = small_served.made.channel_id
    assert (
        kim.post(
            "/settings/answering/mine", data={"undo_seconds": "42", f"sign_off_{channel}": "^kim"}
        ).status_code
        == 303
    )
    case.reply(kim, "On its way")
    (row,) = case.replies()
    assert row["text"] == "On its way ^kim"
    assert row["due_at"] - row["queued_at"] == 42_000
    assert kim.post("/settings/answering/mine", data={"undo_seconds": "9999"}).status_code == 422
