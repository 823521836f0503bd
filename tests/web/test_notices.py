"""Notices through the pages and for programs: the bell, wishes, keys, mails of the desk, the palette."""

import re
from typing import Any

import pytest
from sqlalchemy import insert, select

from earful.desk.keys.rules import STANDARD
from earful.desk.notices import mails
from earful.desk.users.rules import Permission
from earful.log.contract import Position
from earful.model.desk import Role
from earful.store.tables import audit, macros, note_mentions, outbox
from earful.web.live import REPLAY, _frame_of
from tests.served import HTMX, Browser, Served
from tests.servers.earful import PASSWORD


class Story:
    """Kim, who writes, and Lou, an agent with a browser."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.kim = served.signed_in()
        self.lou = served.signed_in(Role.AGENT)
        self.lou_id = self._lou()
        (self.message,) = served.say("My kettle leaks")
        self.case = served.case_of(self.message)

    def _lou(self) -> str:
        found = self.served.store.read_now(
            lambda tx: [one.id for one in mails.users.colleagues(tx) if one.role is Role.AGENT]
        )
        return found[0]

    def note(self, text: str, by: Browser | None = None) -> Any:
        answer = (by or self.kim).post(f"/cases/{self.case}/notes", data={"text": text}, headers=HTMX)
        self.served.settle()
        return answer


@pytest.fixture
def story(small_served: Served) -> Story:
    return Story(small_served)


def test_a_mention_is_marked_told_live_and_opens_at_the_note(story: Story) -> None:
    page = story.note("Can you look, @Agent Doe?").text
    assert 'class="mark-mention" title="Agent Doe">@Agent Doe</mark>' in page
    note_id = story.served.value(select(note_mentions.c.note_id))
    assert story.lou.get("/notices/fresh").json()["unread"] == 1
    log = story.served.earful.log
    _, told = story.served.store.read_now(lambda tx: log.told_after(tx, Position(), REPLAY))
    frames = [_frame_of(one) for one in told if one.type == "notice.made"]
    assert frames
    assert story.lou_id.encode() in frames[0]
    assert b"event: notice" in frames[0]
    listed = story.lou.get("/notices").text
    assert "You were named in a note" in listed
    link = re.search(r'href="(/notices/[0-9a-f-]{36})"', listed)
    assert link is not None
    assert story.kim.get(link.group(1)).status_code == 404
    answer = story.lou.get(link.group(1))
    assert answer.headers["location"].endswith(f"#n-{note_id}")
    assert story.lou.get("/notices/fresh").json()["unread"] == 0


def test_everything_is_read_at_once_and_that_is_taken_back(story: Story) -> None:
    story.note("@agent.doe one")
    answer = story.lou.post("/notices/read", headers=HTMX)
    assert "1 marked as read" in answer.headers["hx-trigger"]
    at = re.search(r'"at": "(\d+)"', answer.headers["hx-trigger"])
    assert at is not None
    assert story.lou.get("/notices/fresh").json()["unread"] == 0
    story.lou.post("/notices/unread", data={"at": at.group(1)}, headers=HTMX)
    assert story.lou.get("/notices/fresh").json()["unread"] == 1
    assert story.lou.post("/notices/unread", data={"at": "x"}, headers=HTMX).status_code == 422


def test_looking_at_the_case_reads_its_notices(story: Story) -> None:
    story.note("@agent.doe one")
    number = re.search(r"/inbox/case/(\d+)", story.lou.get("/inbox?view=all").text)
    assert number is not None
    story.lou.get(f"/inbox/case/{number.group(1)}?view=all")
    assert story.lou.get("/notices/fresh").json()["unread"] == 0


def test_who_can_be_named_says_who_is_away(story: Story) -> None:
    story.lou.post("/settings/away", data={"state": "away", "until": "3h", "zone": "UTC"})
    (found,) = [one for one in story.kim.get("/mentionable").json() if one["write"] == "Agent Doe"]
    assert found["away"] is True
    assert found["away_until"] > story.served.now()


def test_following_is_said_and_taken_back(story: Story) -> None:
    answer = story.lou.post(f"/cases/{story.case}/follow", data={"on": "1"}, headers=HTMX)
    assert "Follow no more" in answer.text
    assert '"on": ""' in answer.headers["hx-trigger"]
    story.kim.post(f"/cases/{story.case}/tags", data={"add": "lid"}, headers=HTMX)
    story.served.settle()
    assert "A case that you follow changed" in story.lou.get("/notices").text
    assert story.lou.post("/cases/none/follow", data={"on": "1"}, headers=HTMX).status_code == 404


def test_wishes_are_kept_refused_with_a_reason_and_taken_back(story: Story) -> None:
    page = story.lou.get("/settings/notices").text
    assert "A queue cannot be answered in time" not in page
    given = {"shown_mentioned": "1", "mails": "daily", "hour": "7", "zone": "Europe/Berlin"}
    answer = story.lou.post("/settings/notices", data=given)
    assert answer.headers["location"] == "/settings/notices?before=0"
    story.note("@agent.doe one")
    assert story.lou.get("/notices/fresh").json()["unread"] == 0
    for wrong in ({"zone": "Moon"}, {"hour": "25"}, {"quiet_from": "22:00"}, {"mails": "often"}):
        refused = story.lou.post("/settings/notices", data=given | wrong)
        assert refused.status_code == 422
        assert "Nothing was saved" in refused.text
    story.lou.post("/settings/notices/undo", data={"place": "0"})
    assert 'name="mentioned_app" value="1" checked' in story.lou.get("/settings/notices").text


def test_keys_are_changed_shown_everywhere_and_put_back(story: Story) -> None:
    refused = story.lou.post("/settings/keys", data={"command": "note", "keys": "r"})
    assert refused.status_code == 422
    assert "r is taken: Reply." in refused.text
    answer = story.lou.post("/settings/keys", data={"command": "note", "keys": "q"})
    assert answer.headers["location"] == "/settings/keys?before=0#key-note"
    page = story.lou.get("/inbox").text
    assert '{"id":"note","keys":"q"' in page
    assert '{"id":"note","keys":"n"' in story.kim.get("/inbox").text
    story.lou.post("/settings/keys/letters", data={})
    assert '{"id":"note","keys":""' in story.lou.get("/inbox").text
    story.lou.post("/settings/keys/letters", data={"on": "1"})
    story.lou.post("/settings/keys/reset", data={})
    assert f'{{"id":"note","keys":"{STANDARD["note"]}"' in story.lou.get("/inbox").text


def test_the_palette_finds_views_macros_cases_and_people(story: Story) -> None:
    story.served.write(
        lambda tx: tx.execute(
            insert(macros).values(
                id="m", owner_id=story.served.made.admin, visibility="all", role="agent", title="Late parcel",
                texts='{"en":"Sorry"}', actions="{}", changed_at=1,
            )
        )
    )  # fmt: skip
    number = re.search(r"/inbox/case/(\d+)", story.lou.get("/inbox?view=all").text)
    assert number is not None
    story.lou.get(f"/inbox/case/{number.group(1)}")
    kinds = {one["kind"]: one for one in story.lou.get("/palette").json()}
    assert kinds["macro"]["label"] == "Late parcel"
    assert kinds["recent"]["href"].startswith(f"/inbox/case/{number.group(1)}")
    found = {one["kind"] for one in story.lou.get("/palette?q=kettle").json()}
    assert found == {"case"}
    assert [one["kind"] for one in story.lou.get("/palette?q=ana").json()] == ["person"]
    assert story.lou.get("/palette?q=a").json() == []


def test_the_mail_server_is_kept_without_showing_its_password(story: Story) -> None:
    given = {"host": "mail.example", "port": "587", "security": "starttls", "address": "desk@acme.example"}
    assert story.lou.get("/settings/mail").status_code == 403
    assert story.kim.post("/settings/mail", data=given | {"password": PASSWORD}).status_code == 303
    page = story.kim.get("/settings/mail").text
    assert "mail.example" in page
    assert PASSWORD not in page
    other = story.kim.post("/settings/mail", data=given | {"host": "elsewhere.example"})
    assert other.status_code == 422
    assert "enter the password again" in other.text
    for wrong in ({"address": "desk"}, {"port": "0"}, {"security": "no"}):
        assert story.kim.post("/settings/mail", data=given | wrong).status_code == 422


def test_one_click_ends_mails_without_a_cookie_and_only_with_our_signature(story: Story) -> None:
    link = mails.link(story.served.earful.vault, story.lou_id)
    stranger = story.served.client()
    assert "No more mails" in stranger.get(f"/notices/stop/{link}").text
    assert 'value="never" selected' not in story.lou.get("/settings/notices").text
    body = {"List-Unsubscribe": "One-Click"}
    assert stranger.post(f"/notices/stop/{link}", data=body).status_code == 200
    assert 'value="never" selected' in story.lou.get("/settings/notices").text
    for wrong in (link[:-1], "x" + link, "x", f"{link.split('.', maxsplit=1)[0]}.é"):
        assert stranger.post(f"/notices/stop/{wrong}", data=body).status_code == 404


def test_programs_leave_notes_once_and_read_what_they_told(story: Story) -> None:
    token = story.served.token(Permission.CASES_READ, Permission.CASES_WRITE, Permission.ROUTING_MANAGE)
    program = story.served.program()
    body = {"user_id": story.served.made.admin, "text": "@Agent Doe, see this"}
    path = f"/api/v1/cases/{story.case}/notes"
    headers = token | {"idempotency-key": "one"}
    first, again = (program.post(path, json=body, headers=headers) for _ in range(2))
    assert first.status_code == 201
    assert first.json() == again.json()
    assert first.json()["mentions"][0]["user_id"] == story.lou_id
    other = program.post(path, json=body | {"text": "else"}, headers=headers)
    assert other.status_code == 422
    assert program.post("/api/v1/cases/none/notes", json=body, headers=token).status_code == 404
    assert program.post(path, json=body | {"user_id": "x"}, headers=token).status_code == 422
    assert story.kim.post(path, json=body).status_code == 400
    story.served.settle()
    notes = f"/api/v1/users/{story.lou_id}/notices"
    found = program.get(notes, headers=token).json()
    assert (found["unread"], found["notices"][0]["kind"]) == (1, "mentioned")
    assert program.post(f"{notes}/read", json={}, headers=token).json()["unread"] == 0
    assert program.get(f"{notes}?after=x", headers=token).status_code == 400
    away = program.put(f"/api/v1/away/{story.lou_id}", json={"away": True}, headers=token)
    assert away.json()["away"] is True
    assert [one["away"] for one in program.get("/api/v1/away", headers=token).json()] == [True, False]
    acted = story.served.rows(select(audit).where(audit.c.action == "token.acts_for"))
    assert len(acted) == 1


def test_programs_make_change_expand_and_delete_macros(story: Story) -> None:
    token = story.served.token(Permission.CASES_READ, Permission.MACROS_MANAGE)
    program, admin = story.served.program(), story.served.made.admin
    macro = {"title": "Late", "texts": {"en": "Hi {handle}, about {case}"}, "visibility": "all"}
    body = {"user_id": admin, "macro": macro}
    made = program.post("/api/v1/macros", json=body, headers=token)
    assert made.status_code == 201
    path = f"/api/v1/macros/{made.json()['id']}"
    text = program.get(f"/api/v1/cases/{story.case}{path.removeprefix('/api/v1')}", headers=token).json()
    assert re.fullmatch(r"Hi ana, about #\d+", text["text"])
    changed = program.put(path, json={"user_id": admin, "macro": macro | {"title": "Later"}}, headers=token)
    assert changed.json()["macro"]["title"] == "Later"
    mine = program.post("/api/v1/macros", json={"user_id": admin, "macro": {"title": "x"}}, headers=token)
    assert mine.status_code == 422
    agent = program.post("/api/v1/macros", json=body | {"user_id": story.lou_id}, headers=token)
    assert agent.status_code == 422
    assert program.request("DELETE", path, headers=token).status_code == 204
    assert program.get("/api/v1/macros", headers=token).json() == []
    assert program.get(f"/api/v1/cases/{story.case}/suggestions", headers=token).json() == []


def test_programs_decide_about_replies_in_the_name_of_an_approver(story: Story) -> None:
    asked = {"text": "We send a lid.", "audience": "public", "in_reply_to": story.message, "ask": "1"}
    assert story.lou.post(f"/cases/{story.case}/reply", data=asked, headers=HTMX).status_code == 200
    story.served.settle()
    assert "A reply waits for approval" in story.kim.get("/notices").text
    token, program = story.served.token(Permission.REPLIES_APPROVE), story.served.program()
    (one,) = program.get("/api/v1/approvals", headers=token).json()
    path, body = f"/api/v1/approvals/{one['reply_id']}", {"decision": "approve", "seen": one["seen"]}
    writer = program.post(path, json=body | {"user_id": story.lou_id}, headers=token)
    assert writer.status_code == 422
    done = program.post(path, json=body | {"user_id": story.served.made.admin}, headers=token)
    assert done.json() == []
    assert story.served.value(select(outbox.c.state)) == "queued"
    assert program.post(path, json=body | {"user_id": "x"}, headers=token).status_code in (404, 422)
    story.served.settle()
    assert "Your reply was decided on" in story.lou.get("/notices").text
