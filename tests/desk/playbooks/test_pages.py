"""Playbooks over HTTP: the screen, the stepper of a case, the API, the command line; and who may do what."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from earful.cli import main
from earful.desk.playbooks import files, service
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.time import rfc3339
from tests.conftest import fresh_sqlite
from tests.served import HTMX, Browser, Served


def fields(page: str) -> list[tuple[str, str]]:
    """What the editor's form would send."""
    form = page.split('id="playbook-form"')[1].split("</form>", maxsplit=1)[0]
    found: list[tuple[str, str]] = []
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checked" in tag or not re.search(r'type="(checkbox|radio)"', tag)):
            found.append((name[1], value[1] if value else ""))
    for name, inside in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        found += [(name, value) for value in re.findall(r'value="([^"]*)"[^>]* selected', inside)]
    found += re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    return found


def post(browser: Browser, path: str, sent: list[tuple[str, str]], **headers: str) -> Any:
    values: dict[str, list[str]] = {}
    for name, value in sent:
        values.setdefault(name, []).append(value)
    return browser.post(path, data=values, headers=headers)


def test_a_lead_takes_the_ready_ones_changes_one_and_takes_it_back(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    assert "Take all 6" in lead.get("/playbooks").text
    assert lead.post("/playbooks/ready").status_code == 303
    listed = small_served.store.read_now(service.listed)
    assert [one.playbook for one in listed] == list(service.ready())
    page = lead.get("/playbooks/late-delivery").text
    sent = fields(page)
    # What the form sends of an unchanged playbook is that playbook.
    assert post(lead, "/playbooks/save", sent).headers["location"] == "/playbooks"
    changed = [("name", "Later delivery") if name == "name" else (name, value) for name, value in sent]
    saved = post(lead, "/playbooks/save", changed)
    assert saved.headers["location"] == "/playbooks?saved=late-delivery&before=1"
    assert "“Late delivery” → “Later delivery”" in lead.get("/playbooks/late-delivery/versions").text
    assert '"/playbooks/late-delivery/versions/1/restore"' in lead.get(saved.headers["location"]).text
    assert post(lead, "/playbooks/save", sent).status_code == 422
    assert lead.post("/playbooks/late-delivery/versions/1/restore", headers=HTMX).status_code == 200
    kept = small_served.store.read_now(lambda tx: service.find(tx, "late-delivery"))
    assert (kept.version, kept.playbook.name) == (3, "Late delivery")


def test_the_editor_moves_steps_and_says_at_once_what_is_wrong(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    lead.post("/playbooks/ready", data={"id": "praise"})
    sent = fields(lead.get("/playbooks/praise").text)
    moved = post(lead, "/playbooks/draft?act=step-down:0.0", sent, **HTMX, **{"hx-target": "div#paths"})
    assert moved.text.index("Pass it on") < moved.text.index("Say thank you")
    added = post(lead, "/playbooks/draft?act=step-add:0", sent, **HTMX, **{"hx-target": "div#paths"})
    assert 'name="p.0.s.2.id" value="step-3"' in added.text
    broken = [(name, "0" if name.endswith(".minutes") else value) for name, value in sent]
    assert "would wait for ever without a deadline" in post(lead, "/playbooks/check", broken, **HTMX).text
    refused = post(lead, "/playbooks/save", broken)
    assert refused.status_code == 422
    assert "the places are marked" in refused.text
    tested = post(lead, "/playbooks/draft?act=add:c", sent, **HTMX, **{"hx-target": "div#condition"})
    assert 'name="c.2.field"' in tested.text
    assert 'id="paths"' not in tested.text


def test_agents_read_playbooks_and_leads_write_them(small_served: Served) -> None:
    small_served.signed_in(Role.LEAD).post("/playbooks/ready")
    agent = small_served.signed_in(Role.AGENT)
    page = agent.get("/playbooks").text
    assert "Late delivery" in page
    assert "New playbook" not in page
    assert "disabled" in agent.get("/playbooks/late-delivery").text
    for path in ("save", "ready", "import", "late-delivery/delete", "draft"):
        assert agent.post(f"/playbooks/{path}").status_code == 403


def test_a_case_shows_its_playbook_and_offers_the_words(served: Served) -> None:
    agent = served.signed_in(Role.LEAD)
    agent.post("/playbooks/ready", data={"id": "late-delivery"})
    said = "Where is my parcel? It is three weeks late, I called twice and I paid for express. Order 4471-22"
    message = served.say(said, occurred_at=rfc3339(served.now()))[0]
    case = served.case_of(message)
    page = agent.get("/inbox/case/1").text
    assert "Late delivery" in page
    assert "Why this path" in page
    assert "Delivery" in page.split("why-facts")[1]
    run = (
        served.program().get(f"/api/v1/cases/{case}/run", headers=served.token(Permission.CASES_READ)).json()
    )
    assert (run["playbook"], run["version"], run["state"]) == ("late-delivery", 1, "running")
    if run["path"] == "waited-long":
        offered = agent.post(f"/cases/{case}/playbook/text", headers=HTMX)
        assert "that is far too long" in offered.headers["hx-trigger"]
    skipped = agent.post(
        f"/cases/{case}/playbook/skip", data={"step": run["step"], "reason": "called"}, headers=HTMX
    )
    undo = re.search(r'"act": "([^"]+)"', skipped.headers["hx-trigger"])
    assert undo is not None
    assert (
        agent.post(f"/cases/{case}/playbook/skip", data={"step": run["step"]}, headers=HTMX).status_code
        == 422
    )
    back = agent.post(f"/cases/{case}/playbook/take-back", data={"act": undo[1]}, headers=HTMX)
    assert back.status_code == 200
    moved = agent.post(f"/cases/{case}/playbook/leave", headers=HTMX)
    assert "Put it into" in moved.text


def test_programs_read_and_replace_playbooks(small_served: Served) -> None:
    token = small_served.token(Permission.PLAYBOOKS_MANAGE, Permission.CASES_READ)
    program = small_served.program()
    body = {"playbooks": [_data(one) for one in service.ready()]}
    put = program.put("/api/v1/playbooks", json=body, headers=token)
    assert put.status_code == 200, put.text
    shown = program.get("/api/v1/playbooks", headers=token).json()
    assert [one["playbook"] for one in shown] == body["playbooks"]
    assert files.read(shown[0]["toml"]) == service.ready()[0]
    fewer = program.put("/api/v1/playbooks", json={"playbooks": body["playbooks"][:1]}, headers=token).json()
    assert [one["version"] for one in fewer] == [1]
    wrong = {"playbooks": [body["playbooks"][0] | {"paths": []}]}
    refused = program.put("/api/v1/playbooks", json=wrong, headers=token)
    assert refused.status_code == 422
    assert "abuse-and-legal: paths: needs 1 to 10 paths" in refused.json()["detail"]
    stale = body | {"versions": {"abuse-and-legal": 9}}
    assert program.put("/api/v1/playbooks", json=stale, headers=token).status_code == 409
    reader = small_served.token(Permission.CASES_READ)
    assert program.put("/api/v1/playbooks", json=body, headers=reader).status_code == 403


def _data(playbook: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(playbook))
    return found


def test_files_go_in_and_out_by_the_command_line(tmp_path: Path) -> None:
    fresh_sqlite(tmp_path)
    run = CliRunner().invoke
    ready = sorted(str(one) for one in service.READY.glob("*.toml"))
    assert "Praise can be used." in run(main, ["playbooks", "check", *ready]).output
    done = run(main, ["playbooks", "import", *ready, "--data", str(tmp_path)])
    assert (done.exit_code, done.output.count("version 1.")) == (0, 6), done.output
    out = tmp_path / "out"
    assert run(main, ["playbooks", "export", str(out), "--data", str(tmp_path)]).exit_code == 0
    assert [one.read_text() for one in sorted(out.iterdir())] == [Path(one).read_text() for one in ready]
    bad = tmp_path / "bad.toml"
    bad.write_text((out / "praise.toml").read_text().replace("minutes = 480", "minutes = 0"))
    refused = run(main, ["playbooks", "import", str(bad), "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "bad.toml: line" in refused.output
    assert "would wait for ever" in refused.output


@pytest.mark.parametrize("text", ["id = [", 'id = "x"\nname = "X"'])
def test_a_file_that_cannot_be_read_comes_back_with_its_lines(small_served: Served, text: str) -> None:
    lead = small_served.signed_in(Role.LEAD)
    answer = lead.post("/playbooks/import", data={"toml": text})
    assert answer.status_code == 422
    assert "line " in answer.text
    assert "nothing was saved" in answer.text
