"""Two whole stories in a real browser, with Mastodon and mail servers beside it: one that ends well, and its twin."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.process import wait_until

from .conftest import playwright
from .desk import Desk, Screen

# The desk after its first visit, as the first module of this kind makes it.
from .test_desk import desk, ready, send, started  # noqa: F401

expect = playwright.expect
pytestmark = [pytest.mark.browser, pytest.mark.real]
PLAYBOOK = """
id = "parcel"
name = "Parcel"
order = 1
default = "lost"

[when]
all = [{ field = "message.text", op = "contains", value = "parcel" }]

[[paths]]
id = "lost"
name = "Find it and tell everybody"
severity = [0, 1, 2, 3, 4]

[[paths.steps]]
id = "acknowledge"
kind = "acknowledge"
title = "Own up in public"
minutes = 25
text = "That is far too long, and I am sorry. I am on it."

[[paths.steps]]
id = "private"
kind = "private"
title = "Get the order in private"
minutes = 60

[[paths.steps]]
id = "arrive"
kind = "wait"
title = "The customer comes"
minutes = 2880
clock = "always"
ends = ["handoff_arrived", "time"]

[[paths.steps]]
id = "answer"
kind = "answer"
title = "Say what happens"
minutes = 120

[[paths.steps]]
id = "confirmed"
kind = "wait"
title = "The customer says that it is there"
minutes = 2880
clock = "always"
ends = ["customer_confirmed", "time"]

[[paths.steps]]
id = "publish"
kind = "publish"
title = "Say in public what helped"
minutes = 480
"""


@pytest.fixture(scope="module")
def told(ready: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:  # noqa: F811
    """The desk with a playbook and a promise for everybody."""
    file: Path = tmp_path_factory.mktemp("playbook") / "parcel.toml"
    file.write_text(PLAYBOOK)
    command = [
        sys.executable,
        "-m",
        "earful.cli",
        "playbooks",
        "import",
        str(file),
        "--data",
        str(ready.server.folder),
    ]
    subprocess.run(command, check=True)
    screen = ready.screen("kim")
    page = screen.go("/settings/sla/new")
    page.get_by_label("Name").fill("Everybody")
    page.get_by_label("Name").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Policy saved")
    assert ready.close_screens() == []
    return ready


def step(screen: Screen) -> "playwright.Locator":
    """The playbook in the case's header."""
    return screen.page.locator(".stepper")


def claim(screen: Screen, words: str) -> None:
    """Answer and say that it is fixed."""
    page = screen.page
    page.locator("#reply-text").fill(words)
    page.locator('[popovertarget="send-menu"]').click()
    page.get_by_role("button", name="Send and claim it fixed").click()


def test_a_complaint_is_owned_moved_fixed_confirmed_and_its_solution_published(
    told: Desk,
    desk: Desk,  # noqa: F811
) -> None:
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    asked = desk.post(ana, "my parcel is three weeks late and nobody answers, I want my money back")
    screen.open("parcel is three weeks late")
    expect(page.locator("#case-head")).to_contain_text("First answer due in")
    expect(step(screen)).to_contain_text("Own up in public")

    page.locator("#case-title").click()
    page.keyboard.press("y")
    expect(page.locator("#reply-text")).to_have_value(re.compile("I am on it"))
    page.locator("#reply-text").press("Control+Enter")
    expect(page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    wait_until(lambda: any("I am on it" in one["content"] for one in ana.mentions()), "the answer", 30)
    expect(page.locator("#case-head")).not_to_contain_text("First answer due in")
    expect(step(screen)).to_contain_text("Get the order in private")

    page.locator("#case-title").click()
    page.keyboard.press("h")
    dialog = page.get_by_role("dialog", name="Hand off to a private place")
    dialog.get_by_text("E-mail", exact=True).click()
    dialog.get_by_role("button", name="Put it into my reply").click()
    expect(page.locator("#reply-text")).to_have_value(re.compile(desk.support))
    code = re.search(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}\b", page.locator("#reply-text").input_value())
    assert code is not None
    page.locator("#reply-text").press("Control+Enter")
    expect(step(screen)).to_contain_text("The customer comes")

    address = "ana.story@example.test"
    desk.write_mail(address, f"Our parcel {code.group()}", "The order is A-20417. Where is it?")
    expect(page.locator("#timeline")).to_contain_text("A-20417")
    expect(page.locator("#timeline")).to_contain_text("saw the customer arrive by E-mail")
    expect(step(screen)).to_contain_text("Say what happens")

    page.locator("#timeline li.say", has_text="A-20417").get_by_text("Reply to this").click()
    expect(page.locator(".band.private")).to_be_visible()
    claim(screen, "The carrier had the wrong house. It comes tomorrow before noon.")
    expect(page.locator(".outcome-button")).to_contain_text("Claimed fixed")
    answer = desk.received_mail(address)
    assert "wrong house" in answer.get_content()

    desk.write_mail(
        address,
        "Re: Our parcel",
        "It is here and it works now, thank you!",
        In_Reply_To=str(answer["Message-ID"]),
    )
    expect(page.locator(".outcome-button")).to_contain_text("Confirmed")
    expect(step(screen)).to_contain_text("Say in public what helped")

    page.locator("#timeline li.say", has_text="three weeks late").get_by_text("Reply to this").click()
    expect(page.locator(".band.public")).to_be_visible()
    send(screen, "Found: the carrier had mixed up two houses. If yours is late as well, write to us.")
    wait_until(
        lambda: any("mixed up two houses" in one["content"] for one in ana.mentions()), "the solution", 30
    )
    public = [one for one in ana.mentions() if "mixed up two houses" in one["content"]]
    assert [(one["in_reply_to_id"], one["visibility"]) for one in public] == [(asked, "public")]
    page.locator("#case-title").click()
    page.keyboard.press("d")
    expect(step(screen)).to_contain_text("Done")
    expect(page.locator(".outcome-button")).to_contain_text("Confirmed")

    # What was counted opens into its rows.
    page = screen.go("/settings/handoffs")
    expect(page.locator("main")).to_contain_text("E-mail")


def test_a_brush_off_is_named_and_comes_back_angry(told: Desk, desk: Desk) -> None:  # noqa: F811
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    desk.post(ana, "your kettle app shows error 42 and will not pair, please help")
    screen.open("shows error 42")
    send(screen, "Please call our hotline.")
    expect(page.locator(".outcome-button")).to_contain_text("Brushed off")
    claim(screen, "We have passed this on to our hotline.")
    expect(page.locator("#timeline .ours .state.sent")).to_have_count(2)

    first = next(one for one in ana.mentions() if "hotline" in one["content"])
    ana.post(
        f"@{desk.brand.name} I called three times. It is still broken and I am furious, never again!",
        reply_to=first["id"],
    )
    expect(page.locator("#timeline")).to_contain_text("never again!")
    expect(page.locator(".outcome-button")).to_contain_text("Came back")
    expect(page.locator(".outcome-why")).to_be_visible()
