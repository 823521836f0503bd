"""A call written down in a real Chromium: by key, on a narrow screen, into its case, and taken back."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import serious
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("calls"), chromium) as made:
        yield made


def test_a_call_is_written_down_by_key_and_taken_back(station: Station) -> None:
    page = station.page(width=390, scheme="dark")
    page.goto(f"{station.server.url}/inbox")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    page.keyboard.press("L")
    expect(page.get_by_role("heading", name="Log a call")).to_be_visible()
    page.get_by_role("button", name="Log the call").click()
    expect(page.get_by_role("alert")).to_contain_text("Say who it was")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious(page) == []
    page.get_by_label("Number", exact=True).fill("+1 415 555 0123")
    page.get_by_label("What they said").fill("The lid of my kettle is cracked.")
    page.get_by_label("What we said or promised").fill("A new one is on its way.")
    page.get_by_role("button", name="Log the call").click()
    expect(page.get_by_role("status").filter(has_text="It is in the inbox")).to_be_visible()
    written = page.url
    page.goto(f"{station.server.url}/inbox?view=all")
    page.get_by_role("link", name="+14155550123").first.click()
    expect(page.locator("#timeline")).to_contain_text("A new one is on its way.")
    page.goto(written)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    page.context.close()
    # A browser notes every form that is sent back; nothing else may be wrong.
    assert [one for one in station.complaints if "422" not in one] == []
