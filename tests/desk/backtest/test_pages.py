"""Backtests over HTTP: from the editors' forms, for programs, on the command line; and who may do what."""

import time
from pathlib import Path

import msgspec
from click.testing import CliRunner

from earful.cli import main
from earful.desk.automation import files as rule_files
from earful.desk.backtest.jobs import Backtests, Job
from earful.desk.playbooks import files, service
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.time import rfc3339
from tests.desk.playbooks.test_pages import fields, post
from tests.served import Browser, Served

from .living import KETTLE, RULES


def say(served: Served, text: str, by: str = "ana") -> None:
    served.say(text, by=by, occurred_at=rfc3339(served.now()))
    served.settle()


def over(served: Served, browser: Browser, where: str) -> Job:
    """The backtest at an address, once nothing more comes."""
    found: Backtests = served.app.state.backtests
    job = found.find(where.rpartition("/")[2])
    assert job is not None
    until = time.monotonic() + 20
    while not job.over and time.monotonic() < until:
        assert browser.get(where).status_code == 200
    assert job.over, job
    return job


def test_a_lead_tries_an_unsaved_playbook_and_puts_it_in_force(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    for one in ("ana", "ben", "eve"):
        small_served.say(
            "Where is my parcel? It should have come on Monday, and nobody answers",
            by=one,
            occurred_at=rfc3339(small_served.now()),
        )
    lead.post("/playbooks/ready")
    sent = fields(lead.get("/playbooks/late-delivery").text)
    changed = [("name", "Later delivery") if name == "name" else (name, value) for name, value in sent]
    begun = post(lead, "/backtests/playbook", [*changed, ("weeks", "2"), ("imported", "1")])
    assert begun.status_code == 303, begun.text
    where = begun.headers["location"]
    job = over(small_served, lead, where)
    assert job.result is not None
    assert (job.result.cases, job.result.weeks) == (3, 2)
    shown = lead.get(where).text
    assert "Backtest: Later delivery" in shown
    assert "Had everybody answered when they did" in shown
    assert "Later delivery" in lead.get("/backtests").text
    # Nothing was saved, until somebody wants it.
    kept = small_served.store.read_now(lambda tx: service.find(tx, "late-delivery"))
    assert (kept.version, kept.playbook.name) == (1, "Late delivery")
    assert lead.post(f"{where}/adopt").headers["location"] == "/playbooks?saved=late-delivery&before=1"
    kept = small_served.store.read_now(lambda tx: service.find(tx, "late-delivery"))
    assert (kept.version, kept.playbook.name) == (2, "Later delivery")
    agent = small_served.signed_in(Role.AGENT)
    assert agent.get(where).status_code == 403
    assert agent.post("/backtests/rules").status_code == 403
    assert "Later delivery" not in agent.get("/backtests").text


def test_what_cannot_be_kept_cannot_be_tested_either(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    lead.post("/playbooks/ready")
    sent = [pair for pair in fields(lead.get("/playbooks/late-delivery").text) if pair[0] != "name"]
    refused = post(lead, "/backtests/playbook", [*sent, ("name", "")])
    assert refused.status_code == 422
    assert "It cannot be tested like this" in refused.text
    assert lead.get("/backtests/0000").status_code == 404
    assert "No backtest yet" in lead.get("/backtests").text


def test_minutes_of_work_are_kept_and_audited(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    names = (
        "acknowledge", "ask", "private", "task", "answer", "confirm", "follow_up", "publish", "escalate", "wait", "act",
        "note",
    )  # fmt: skip
    given = dict.fromkeys(names, "2.5")
    assert lead.post("/backtests/minutes", data=given).status_code == 303
    assert (
        'name="answer" type="number" min="0" max="600" step="0.1" required value="2.5"'
        in lead.get("/backtests").text
    )
    for wrong in ("-1", "601", "many", "nan"):
        assert lead.post("/backtests/minutes", data=given | {"answer": wrong}).status_code == 422


def test_programs_begin_read_and_stop_backtests(small_served: Served) -> None:
    token = small_served.client()
    token.headers = small_served.token(Permission.CASES_READ, Permission.AUTOMATION_MANAGE)
    say(small_served, "The kettle began to smoke")
    begun = token.post("/api/v1/backtests", json={"toml": rule_files.write(RULES), "weeks": 1})
    assert begun.status_code == 202, begun.text
    where = begun.headers["location"]
    over(small_served, token, where)
    found = token.get(where).json()
    assert (found["state"], found["subject"], found["result"]["cases"]) == ("finished", "rules", 1)
    acted = [one for one in found["result"]["rows"] if one["what"] == "acted"]
    assert [(one["group"], one["present"], one["draft"], one["examples"][0][0]) for one in acted] == [
        ("Smoke", 0, 1, 1)
    ]
    assert token.post(f"{where}/stop").status_code == 202
    for body, words in (
        ({}, "give one of"),
        ({"toml": "rules = 3"}, "rules"),
        ({"rules": [{"id": "x"}]}, "name"),
        ({"rules": [], "weeks": 27}, "weeks: choose 1 to 26"),
    ):
        refused = token.post("/api/v1/backtests", json=body)
        assert refused.status_code == 422, refused.text
        assert words in refused.json()["detail"]
    refused = token.post("/api/v1/backtests", json={"playbook": msgspec.to_builtins(KETTLE)})
    assert refused.status_code == 403


def test_the_command_tries_a_file(small_served: Served, tmp_path: Path) -> None:
    say(small_served, "My kettle is broken")
    file = tmp_path / "kettle.toml"
    file.write_text(files.write(KETTLE))
    asked = ["backtest", str(file), "--weeks", "2", "--data", str(small_served.settings.folder)]
    done = CliRunner().invoke(main, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    found = msgspec.json.decode(done.stdout)
    assert (found["subject"], found["cases"], found["weeks"]) == ("playbook", 1, 2)
    assert "Kettle: Mild" in CliRunner().invoke(main, asked).stdout
    file.write_text(files.write(KETTLE) + "\nminute = 3\n")
    refused = CliRunner().invoke(main, asked)
    assert refused.exit_code == 1
    assert "minute" in refused.output
