"""Naming a colleague, the bell, and keys of one's own in a real Chromium: by keys, live, accessible."""

from collections.abc import Iterator

import pytest

from earful.desk.users import service as users
from earful.model.desk import Role
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.store import Store

from .conftest import playwright
from .looks import serious
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser
LOU = "lou@acme.example"
SECRET = "correct horse battery"
PAGES = ("/notices", "/settings/notices", "/settings/keys", "/settings/mail")


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("notices"), chromium) as made:
        store = Store(f"sqlite:///{made.server.folder / 'earful.sqlite3'}")
        store.write_now(
            lambda tx: users.create_user(
                tx, EARFUL, email=LOU, name="Lou Berg", role=Role.AGENT, password=SECRET, now=Instant(1)
            )
        )
        store.close()
        yield made


def test_a_colleague_is_named_by_keys_and_the_bell_leads_to_the_note(
    station: Station, chromium: "playwright.Browser"
) -> None:
    lou = chromium.new_context().new_page()
    lou.goto(f"{station.server.url}/sign-in")
    lou.get_by_label("E-mail").fill(LOU)
    lou.get_by_label("Password").fill(SECRET)
    lou.get_by_role("button", name="Sign in").click()
    lou.wait_for_selector('#link-state[data-state="live"]', state="attached")
    expect(lou.locator("#bell-count")).to_be_hidden()
    page = station.page()
    station.open(page, "My kettle hums")
    page.keyboard.press("n")
    page.keyboard.type("Ask @lo")
    option = page.get_by_role("option", name="Lou Berg")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#reply-text")).to_have_value("Ask @Lou Berg ")
    page.keyboard.type("about hums")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note .mark-mention")).to_have_text("@Lou Berg")
    expect(lou.locator("#bell-count")).to_have_text("1")
    lou.locator("#bell").click()
    lou.get_by_role("link", name="You were named in a note").click()
    lou.wait_for_url("**/inbox/case/*#n-*")
    expect(lou.locator(".note")).to_be_in_viewport()
    expect(lou.locator("#bell-count")).to_be_hidden()
    lou.context.close()
    page.context.close()
    assert station.complaints == []


def test_a_key_is_recorded_and_works_and_letters_can_be_off(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/keys")
    row = page.locator("#key-go-playbooks")
    row.get_by_text("Change").click()
    row.get_by_role("button", name="Record").click()
    page.keyboard.press("g")
    page.keyboard.press("y")
    expect(row.get_by_role("textbox")).to_have_value("g y")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".chip")).to_have_text("yours")
    page.locator("body").click(position={"x": 5, "y": 600})
    page.keyboard.press("g")
    page.keyboard.press("y")
    page.wait_for_url("**/playbooks")
    page.goto(f"{station.server.url}/settings/keys")
    page.get_by_label("Single letters are commands").uncheck()
    page.locator("form", has=page.get_by_label("Single letters")).get_by_role("button", name="Save").click()
    expect(page.get_by_label("Single letters are commands")).not_to_be_checked()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("keyboard")
    expect(page.get_by_role("option").first).to_contain_text("Keyboard")
    page.context.close()
    assert station.complaints == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_fit_and_are_accessible(station: Station, scheme: str, width: int) -> None:
    page = station.page(width=width, scheme=scheme)
    for path in PAGES:
        page.goto(f"{station.server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert serious(page) == [], path
    if width < 900:
        page.get_by_role("button", name="Settings:").click()
        expect(page.get_by_role("link", name="Mail server")).to_have_attribute("aria-current", "page")
    page.context.close()
