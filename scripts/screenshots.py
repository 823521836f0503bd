"""Take the pictures of docs/screenshots from the demo, in Debian's Chromium.

`python scripts/screenshots.py [FOLDER]`
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SECONDS = 60_000


def inbox(page: Page, base: str) -> None:
    """The list, with no case open."""
    page.goto(f"{base}/inbox")
    expect(page.locator(".row-link").first).to_be_visible()


def case(page: Page, base: str) -> None:
    """A case that has a story: our answer and the customer's."""
    inbox(page, base)
    page.locator(".row-link").nth(3).click()
    expect(page.locator("#composer")).to_be_visible()


def playbook(page: Page, base: str) -> None:
    """The editor at the steps of a path."""
    page.goto(f"{base}/playbooks/late-delivery")
    page.locator(".book-step-line").nth(2).scroll_into_view_if_needed()


def backtest(page: Page, base: str) -> None:
    """A draft that promises less time than what is in force."""
    page.goto(f"{base}/playbooks/late-delivery")
    page.locator("input[name$='deadline'], input[name$='minutes']").first.fill("15")
    page.get_by_role("button", name="Backtest").click()
    expect(page.locator(".backtest-table").first).to_be_visible(timeout=SECONDS)


def channels(page: Page, base: str) -> None:
    """Every channel and how it does."""
    page.goto(f"{base}/channels")
    expect(page.get_by_text("Working").first).to_be_visible()


def channel(page: Page, base: str) -> None:
    """One channel: did everything arrive?"""
    channels(page, base)
    page.locator("li.channel", has_text="playground.reddit").get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Compare all that is there").click()
    expect(page.locator("#ledger")).to_contain_text("looked at")
    expect(page.locator("#ledger")).to_contain_text("Done", ignore_case=True, timeout=SECONDS)


def playground(page: Page, base: str) -> None:
    """Simulated networks, with one complaint of a customer."""
    channels(page, base)
    page.goto(f"{page.get_by_role('link', name='Playground').get_attribute('href')}/?network=reddit")
    page.get_by_label("What they say").fill("The lid of my kettle came off. Who do I write to?")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".play-said").first).to_be_visible()


class Shot(NamedTuple):
    """One picture."""

    name: str
    show: Callable[[Page, str], None]
    scheme: str = "light"
    phone: bool = False


SHOTS = (
    Shot("inbox-light", case),
    Shot("inbox-dark", case, "dark"),
    Shot("inbox-phone", inbox, phone=True),
    Shot("case-phone", case, phone=True),
    Shot("playbook", playbook),
    Shot("backtest", backtest),
    Shot("channels", channels),
    Shot("playground", playground),
    Shot("channel", channel),
)


def main() -> None:
    """Start the demo, take the pictures, stop it."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "earful.cli", "up", "--data", data, "--port", str(port), "--demo"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
        desk = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        try:
            link = _link(desk)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                _take(browser, link, out)
                browser.close()
        finally:
            desk.terminate()
            desk.wait(timeout=30)


def _link(desk: "subprocess.Popen[str]") -> str:
    for line in desk.stderr or ():
        found = re.search(r"http://\S+/sign-in/\S+", line)
        if found:
            return found.group()
    raise SystemExit("the demo did not start")


def _take(browser: Browser, link: str, out: Path) -> None:
    base = link.partition("/sign-in/")[0]
    first = browser.new_context()
    page = first.new_page()
    page.goto(link)
    state = first.storage_state()
    for shot in SHOTS:
        context = browser.new_context(
            storage_state=state,
            color_scheme=shot.scheme,  # type: ignore[arg-type]
            viewport={"width": 390, "height": 844} if shot.phone else {"width": 1440, "height": 900},
            device_scale_factor=2 if shot.phone else 1,
        )
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        shot.show(page, base)
        page.wait_for_timeout(600)
        page.screenshot(path=out / f"{shot.name}.png")
        context.close()


if __name__ == "__main__":
    main()
