"""Rules over HTTP: pages and programs, and what keeps them apart."""

import time
from typing import Any

from sqlalchemy import select

from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.tables import case_tags
from tests.served import Browser, Served

RULE = {
    "id": "kettles",
    "name": "Kettles",
    "on": ["opened"],
    "when": {"all": [{"field": "message.text", "op": "contains", "value": "kettle"}]},
    "acts": [{"act": "tag", "value": "kettle"}],
}
FIELDS = {
    "id": "", "name": "Toasters", "on": "opened", "enabled": "1", "c.join": "all", "c.0.field": "message.text",
    "c.0.op": "contains", "c.0.value": "toaster", "a.0.act": "tag", "a.0.value": "toaster",
}  # fmt: skip


def say(served: Served, text: str, by: str = "ana") -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    served.say(text, by=by, occurred_at=now)


def tags(served: Served) -> list[str]:
    return [row["tag"] for row in served.rows(select(case_tags.c.tag).order_by(case_tags.c.tag))]


def program(served: Served, *scopes: Permission) -> Browser:
    client = served.client()
    client.headers.update(served.token(*scopes))
    return client


def test_programs_write_rules_and_read_what_they_did(served: Served) -> None:
    api = program(served, Permission.AUTOMATION_MANAGE)
    saved = api.put("/api/v1/automation/rules", json={"rules": [RULE], "seq": 0})
    assert saved.status_code == 200, saved.text
    assert api.put("/api/v1/automation/rules", json={"rules": [], "seq": 0}).status_code == 409
    bad: dict[str, Any] = RULE | {"acts": [{"act": "assign", "value": "nobody@else.example"}]}
    refused = api.put("/api/v1/automation/rules", json={"rules": [bad]})
    assert refused.status_code == 422
    assert "rules[0].acts[0]: 'nobody@else.example' is no colleague" in refused.json()["detail"]
    assert api.put("/api/v1/automation/rules", json={"rules": [RULE | {"on": ["never"]}]}).status_code == 422
    say(served, "My kettle leaks")
    assert tags(served) == ["kettle"]
    (shown,) = api.get("/api/v1/automation/rules").json()["rules"]
    assert (shown["version"], shown["runs"], shown["acts"]) == (1, 1, 1)
    assert shown["sentence"] == "Message contains “kettle”"
    (run,) = api.get("/api/v1/automation/rules/kettles/runs").json()
    assert (run["event"], run["result"]) == ("opened", "acted")
    assert program(served, Permission.CASES_READ).get("/api/v1/automation/rules").status_code == 403


def test_a_lead_makes_a_rule_and_takes_it_back(small_served: Served) -> None:
    served = small_served
    lead = served.signed_in(Role.LEAD)
    assert "No rule yet" in lead.get("/settings/rules").text
    assert served.signed_in(Role.AGENT).get("/settings/rules").status_code == 403
    shown = lead.post("/settings/rules/draft?act=act-add", data=FIELDS)
    assert 'name="a.1.act"' in shown.text
    wrong = lead.post("/settings/rules/save", data=FIELDS | {"a.0.value": ""})
    assert wrong.status_code == 422
    assert "write the tag in small letters" in wrong.text
    saved = lead.post("/settings/rules/save", data=FIELDS | {"seq": "0"})
    assert saved.headers["location"].startswith("/settings/rules?saved=Rule+saved&undo=0")
    say(served, "My toaster smokes")
    assert tags(served) == ["toaster"]
    page = lead.get("/settings/rules/toasters").text
    assert "My toaster smokes" in page
    assert "It would have acted on 1 of the last 50 cases" in page
    assert "because of the rule Toasters v1" in lead.get("/inbox/case/1").text
    stale = lead.post("/settings/rules/save", data=FIELDS | {"seq": "0"})
    assert "Somebody saved rules" in stale.text
    off = lead.post("/settings/rules/toasters/off", data={})
    assert off.status_code == 303
    assert "Switch on" in lead.get("/settings/rules").text
    before = off.headers["location"].rpartition("=")[2]
    assert lead.post("/settings/rules/restore", data={"seq": before}).status_code == 303
    assert "version 3" in lead.get("/settings/rules").text
    assert lead.post("/settings/rules/restore", data={"seq": "99999"}).status_code == 422
    assert lead.post("/settings/rules/hourly", data={"hourly": "none"}).status_code == 422
    assert lead.post("/settings/rules/hourly", data={"hourly": "5"}).status_code == 303
    text = lead.get("/settings/rules/toml").text
    assert 'value = "toaster"' in text
    assert lead.post("/settings/rules/toasters/delete", data={}).status_code == 303
    again = lead.post("/settings/rules/import", data={"toml": text})
    assert again.headers["location"].startswith("/settings/rules?saved=Rules+read+in")
    bad = lead.post("/settings/rules/import", data={"toml": text.replace('"tag"', '"tug"')})
    assert bad.status_code == 422
    assert "line 6, column" in bad.text
