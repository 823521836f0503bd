"""Take the pictures of docs/screenshots from the demo, in Debian's Chromium.

`python scripts/screenshots.py [FOLDER]`
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SHOTS = {
    "inbox-light": {"viewport": {"width": 1440, "height": 900}},
    "inbox-dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "inbox-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "case-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


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
    first = browser.new_context()
    page = first.new_page()
    page.goto(link)
    state = first.storage_state()
    for name, how in SHOTS.items():
        context = browser.new_context(storage_state=state, **how)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(link.partition("/sign-in/")[0] + "/inbox")
        page.wait_for_selector(".row-link")
        if name != "inbox-phone":
            page.locator(".row-link").nth(3).click()
            page.wait_for_selector("#composer")
        page.wait_for_timeout(600)
        page.screenshot(path=out / f"{name}.png")
        context.close()


if __name__ == "__main__":
    main()
