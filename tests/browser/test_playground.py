"""From the simulated networks to the inbox and back, in a real Chromium: two programs, as visitors start them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from tests.servers.earful import PASSWORD, SOURCE, EarfulServer
from tests.servers.process import free_port, wait_until

from .conftest import STATIC, playwright
from .looks import serious

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EarfulServer, str]]:
    """A desk, and the address of a playground."""
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=20_000)
    desk = EarfulServer(tmp_path_factory.mktemp("play") / "data", EARFUL_ALLOW_PRIVATE_ADDRESSES="true")
    desk.prepare()
    desk.start()
    port = free_port()
    path = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
    program = subprocess.Popen(
        [sys.executable, "-m", "earful.cli", "playground", "--port", str(port), "--desk", desk.url],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx2.get(address, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    wait_until(answers, "the playground", 60)
    yield desk, address
    program.terminate()
    program.wait(20)
    desk.stop()


def test_a_complaint_goes_to_the_inbox_and_its_answer_comes_back(
    both: tuple[EarfulServer, str], chromium: "playwright.Browser"
) -> None:
    desk, address = both
    complaints: list[str] = []

    def page_of(scheme: str = "light", width: int = 1440) -> "playwright.Page":
        page = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    play = page_of()
    play.goto(f"{address}/?network=telegram")
    values = dict(
        zip(
            play.locator(".facts dt").all_inner_texts(),
            play.locator(".facts dd").all_inner_texts(),
            strict=True,
        )
    )
    agent = page_of()
    agent.goto(f"{desk.url}/sign-in")
    agent.get_by_label("E-mail").fill("kim@acme.example")
    agent.get_by_label("Password").fill(PASSWORD)
    agent.get_by_role("button", name="Sign in").click()
    agent.wait_for_url("**/inbox")
    agent.goto(f"{desk.url}/channels/new?network=telegram")
    agent.get_by_label("Name", exact=True).fill("bot")
    agent.get_by_text("More settings").click()
    agent.locator("#field-receive").select_option(values["receive"])
    agent.locator("#field-api").fill(values["api"])
    agent.get_by_label("Bot token").fill(values["token"])
    agent.get_by_role("button", name="Connect").click()
    expect(agent.get_by_role("heading", name="Did everything arrive?")).to_be_visible()
    assert serious(agent) == []

    play.locator('select[name="duplicate"]').select_option("1")
    play.get_by_role("button", name="Turn the knobs").click()
    play.get_by_label("Who speaks").fill("nora")
    play.get_by_label("What they say").fill("My grinder hums and does not grind")
    play.get_by_role("button", name="Say it").click()
    agent.goto(f"{desk.url}/inbox?view=all")
    agent.locator("#rows .row-link", has_text="grinder hums").click()
    expect(agent.locator("#timeline .theirs")).to_have_count(1)
    agent.locator("#reply-text").fill("Please send us a picture of the ring. We help you today.")
    agent.locator("#reply-text").press("Control+Enter")
    expect(play.locator(".by-us")).to_contain_text("picture of the ring")
    expect(agent.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    assert play.locator(".by-us").count() == 1
    assert serious(play) == []
    phone = page_of("dark", 390)
    phone.goto(address)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious(phone) == []
    assert complaints == []
