"""One handoff in a real browser: from a public complaint to the customer's own words that it is fixed."""

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
    folder: Path = tmp_path_factory.mktemp("handoff")
    made_of = EarfulServer(folder / "data")
    made = made_of.prepare(channel=CHANNEL)
    made_of.start()
    yield made_of, made.secret
    made_of.stop()


def say(server: EarfulServer, secret: str, text: str) -> None:
    said = {
        "native_id": uuid.uuid4().hex,
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "author": {"native_id": "ana", "handle": "ana", "name": "Ana"},
        "text": text,
        "kind": "mention",
    }
    body = msgspec.json.encode(said)
    headers = signed(secret, body, at_ms=time.time_ns() // 1_000_000)
    answer = httpx2.post(f"{server.url}/hooks/{CHANNEL}", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 202, answer.text


def test_from_a_public_complaint_to_the_customers_own_words(
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
    say(desk, secret, "My kettle is broken and nobody helps me")
    agent.goto(f"{desk.url}/inbox")
    agent.locator("#rows .row-link", has_text="kettle").click()
    expect(agent.locator("#timeline")).to_contain_text("nobody helps me")

    agent.keyboard.press("h")
    dialog = agent.get_by_role("dialog", name="Hand off to a private place")
    expect(dialog).to_be_visible()
    assert serious(agent) == []
    dialog.get_by_role("button", name="Put it into my reply").click()
    expect(agent.locator("#timeline")).to_contain_text("invited the customer to Our form")
    words = agent.locator("#reply-text")
    expect(words).to_have_value(re.compile(r"/h/"))
    link = re.search(r"https?://\S+", words.input_value())
    assert link is not None
    words.fill("")

    customer = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False
    ).new_page()
    customer.goto(link.group())
    expect(customer.get_by_role("heading", name="Let us go on here, in private")).to_be_visible()
    expect(customer.locator("body")).not_to_contain_text("kettle")
    customer.get_by_label("Your message").fill("My order is A-12345")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator("body")).to_contain_text("A-12345")
    assert customer.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    expect(agent.locator("#timeline")).to_contain_text("A-12345")
    expect(agent.locator("#timeline")).to_contain_text("saw the customer arrive by Our form")
    agent.locator("#timeline li.say", has_text="A-12345").get_by_text("Reply to this").click()
    expect(agent.locator(".band.private")).to_be_visible()
    agent.locator("#reply-text").fill("A new one is on its way")
    agent.locator('[popovertarget="send-menu"]').click()
    agent.get_by_role("button", name="Send and claim it fixed").click()
    expect(agent.locator(".outcome-button")).to_contain_text("Claimed fixed")

    for _ in range(30):
        customer.goto(link.group())
        if "A new one is on its way" in customer.locator("body").inner_text():
            break
        agent.wait_for_timeout(500)
    expect(customer.locator(".handoff-lines .ours")).to_contain_text("A new one is on its way")
    customer.get_by_label("Your message").fill("Thanks, it works now!")
    customer.get_by_role("button", name="Send").click()

    expect(agent.locator(".outcome-button")).to_contain_text("Confirmed")
    expect(agent.locator(".outcome-why")).to_contain_text("customer said")
    expect(agent.locator("#timeline mark.mark-read").first).to_have_attribute(
        "title", re.compile("it is fixed")
    )
    agent.locator("#case-title").click()
    agent.keyboard.press("o")
    expect(agent.locator("#outcome-menu")).to_contain_text("Kim Doe says it is fixed")
    assert serious(agent) == []
    assert complaints == []
