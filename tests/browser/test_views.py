"""Views in a real Chromium: written by keys, counted live, deleted and brought back; accessible in all looks."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import WIDE_AND_NARROW, fits_and_is_accessible
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("views"), chromium) as made:
        yield made


def test_a_view_is_written_opened_counted_and_deleted(station: Station) -> None:
    station.say("My new kettle is broken")
    station.say("What a lovely toaster")
    page = station.page()
    page.goto(f"{station.server.url}/inbox?q=kettle")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.locator("body").click(position={"x": 1000, "y": 400})
    page.keyboard.press("g")
    page.keyboard.press("v")
    page.get_by_role("link", name="Save this list as a view").press("Enter")
    expect(page.locator("#matches")).to_contain_text("Status is open and message contains “kettle”")
    page.get_by_role("button", name="Add a test").press("Enter")
    fresh = page.locator("[id='c.2.field']")
    expect(fresh).to_be_focused()
    fresh.select_option("case.tags")
    op = page.locator("[id='c.2.op']")
    expect(op).to_have_value("has")
    op.select_option("not:has")
    expect(page.locator("#matches")).to_contain_text("Not complete yet")
    page.locator("[id='c.2.value']").fill("vip")
    expect(page.locator("#matches")).to_contain_text("and not tagged vip")
    expect(page.locator("#matches")).to_contain_text("1 case matches now")
    page.get_by_label("Name", exact=True).fill("Kettles")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?view=*")
    shown = page.locator("#views > a[aria-current]")
    expect(shown).to_contain_text("Kettles")
    expect(shown).to_contain_text("1")
    expect(page.locator("#rows .row")).to_have_count(1)
    station.say("Where is my kettle?")
    expect(shown.locator(".count")).to_have_text("2")
    page.goto(f"{station.server.url}/settings/views")
    page.get_by_role("button", name="Delete Kettles").click()
    expect(page.locator(".toast")).to_contain_text("View deleted")
    expect(page.locator(".view-card")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(".view-card")).to_contain_text("Kettles")
    expect(page.locator(".view-card .count")).to_have_text("2")
    page.context.close()
    assert station.complaints == []


def test_the_pages_are_clean_and_accessible(station: Station) -> None:
    page = station.page()
    for path in ("/settings/views", "/settings/views/new?view=mine&q=late"):
        page.goto(f"{station.server.url}{path}")
        page.wait_for_selector('#link-state[data-state="live"]', state="attached")
        fits_and_is_accessible(page, WIDE_AND_NARROW)
    page.context.close()
    assert station.complaints == []
