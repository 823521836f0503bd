"""Who is who, in a real browser: a suggestion accepted and undone, a case merged and taken apart again."""

import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from tests.servers.earful import PASSWORD, EarfulServer, signed

from .conftest import STATIC, playwright
from .looks import serious

expect = playwright.expect
pytestmark = pytest.mark.browser
CHANNEL = "shop"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EarfulServer, str]]:
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=20_000)
    folder: Path = tmp_path_factory.mktemp("people")
    made_of = EarfulServer(folder / "data")
    made = made_of.prepare(channel=CHANNEL)
    made_of.start()
    yield made_of, made.secret
    made_of.stop()


def say(server: EarfulServer, secret: str, by: str, text: str) -> None:
    said = {
        "native_id": uuid.uuid4().hex,
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "author": {"native_id": by, "handle": by, "name": by.title()},
        "text": text,
        "kind": "mention",
    }
    body = msgspec.json.encode(said)
    headers = signed(secret, body, at_ms=time.time_ns() // 1_000_000)
    answer = httpx2.post(f"{server.url}/hooks/{CHANNEL}", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text


def test_one_person_and_two_again_one_case_and_two_again(
    server: tuple[EarfulServer, str], chromium: "playwright.Browser"
) -> None:
    desk, secret = server
    agent = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    complaints: list[str] = []
    agent.on("pageerror", lambda error: complaints.append(str(error)))
    agent.goto(f"{desk.url}/sign-in")
    agent.get_by_label("E-mail").fill("kim@acme.example")
    agent.get_by_label("Password").fill(PASSWORD)
    agent.get_by_role("button", name="Sign in").click()
    agent.wait_for_url("**/inbox")
    say(desk, secret, "ana", "My order number is BX-48213 and the kettle never came")
    say(desk, secret, "bea", "Nobody answers! Order number BX-48213, where is the kettle?")
    agent.goto(f"{desk.url}/people/suggestions")
    for _ in range(40):
        if agent.locator(".hint").count():
            break
        agent.wait_for_timeout(250)
        agent.reload()
    expect(agent.locator(".hint")).to_contain_text("order number")
    assert serious(agent) == []
    agent.goto(f"{desk.url}/inbox?view=all&order=newest")
    agent.locator("#rows .row-link", has_text="Nobody answers").click()
    expect(agent.locator("#same-person")).to_contain_text("BX-48213")
    agent.locator("#same-person").get_by_role("button", name="The same person").click()
    expect(agent.locator("#same-person")).to_have_count(0)
    expect(agent.locator(".accounts li")).to_have_count(2)
    agent.locator(".toast").get_by_role("button", name="Undo").click()
    expect(agent.locator("#same-person")).to_be_visible()
    expect(agent.locator(".accounts li")).to_have_count(1)

    agent.locator("#case-title").click()
    agent.keyboard.press("Shift+M")
    dialog = agent.get_by_role("dialog", name="Merge another case into this one")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Number of the other case").fill("#1")
    dialog.get_by_label("Why?").fill("Both write of one order")
    dialog.get_by_label("It is the same person").check()
    assert serious(agent) == []
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(agent.locator("#timeline")).to_contain_text("never came")
    expect(agent.locator("#put-together")).to_contain_text("#1 was merged into this")
    agent.locator(".person-card h2 a").click()
    expect(agent.locator(".person-timeline li")).to_have_count(2)
    assert serious(agent) == []
    agent.goto(f"{desk.url}/inbox/case/1")
    expect(agent).to_have_url(re.compile("/inbox/case/2"))
    expect(agent.locator(".notice")).to_contain_text("#1 was merged into this case")
    agent.locator("#put-together").get_by_role("button", name="Take back").click()
    expect(agent.locator("#put-together")).to_have_count(0)
    expect(agent.locator("#timeline")).not_to_contain_text("never came")
    assert complaints == []
