"""Choosing many cases and taking the next one in a real Chromium: by keys, through live updates, accessible."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import WIDE_AND_NARROW, fits_and_is_accessible
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("bulk"), chromium) as made:
        yield made


def test_cases_are_chosen_changed_and_put_back_by_keys(station: Station) -> None:
    for text in ("My kettle is broken", "Where is my parcel?", "I was charged twice"):
        station.say(text)
    page = station.page()
    page.goto(f"{station.server.url}/inbox?order=oldest")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    expect(page.locator("#rows .row")).to_have_count(3)
    page.locator("body").click(position={"x": 1000, "y": 400})
    for key in ("j", "x", "J"):
        page.keyboard.press(key)
    expect(page.locator("#bulk-count")).to_have_text("2 chosen")
    chosen = page.locator("#rows .row.chosen")
    expect(chosen).to_have_count(2)
    # A customer writes in a chosen case, and a new case comes: what was chosen stays chosen.
    station.say("I still wait for my parcel", by="new-guest")
    expect(page.locator("#new-bar")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator("#rows .row")).to_have_count(4)
    expect(chosen).to_have_count(2)
    expect(chosen.first.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name="Tags").press("Enter")
    page.get_by_label("Tag to add").fill("parcel")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-status")).to_contain_text("2 changed")
    expect(page.locator("#rows .chip.tag")).to_have_count(2)
    expect(page.locator("#bulk-bar")).to_be_hidden()
    page.locator("body").click(position={"x": 1000, "y": 400})
    page.keyboard.press("z")
    expect(page.locator("#rows .chip.tag")).to_have_count(0)
    page.keyboard.press("X")
    expect(page.locator("#bulk-count")).to_have_text("The whole list is chosen")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk-bar")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url("**/inbox/case/*")
    expect(page.locator(".assign-button")).to_contain_text("You")
    page.context.close()
    assert station.complaints == []


def test_the_pages_are_clean_and_accessible(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/inbox")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    page.locator(".select-button").click()
    page.locator("[data-pick]").first.check()
    expect(page.locator("#bulk-bar")).to_be_visible()
    fits_and_is_accessible(page, WIDE_AND_NARROW)
    for path in (
        "/settings/teams",
        "/settings/teams/team/new",
        "/settings/teams/route/new",
        "/settings/away",
    ):
        page.goto(f"{station.server.url}{path}")
        page.wait_for_selector('#link-state[data-state="live"]', state="attached")
        fits_and_is_accessible(page, WIDE_AND_NARROW)
    page.context.close()
    assert station.complaints == []
