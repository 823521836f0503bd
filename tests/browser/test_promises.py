"""Promises in a real Chromium: a policy made by keys, its deadline in the list, undo; accessible in all looks."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import WIDE_AND_NARROW, Look, fits_and_is_accessible
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("promises"), chromium) as made:
        yield made


def test_a_calendar_and_a_policy_make_a_deadline_and_are_undone(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/calendars/new")
    page.get_by_label("Name").fill("Always")
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        page.get_by_label(day, exact=True).fill("00:00-24:00")
    expect(page.locator("#days .day-hours").first).to_contain_text("00:00-24:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Always")).to_be_visible()
    page.goto(f"{station.server.url}/settings/sla/new")
    page.get_by_label("Name").fill("Everybody")
    page.get_by_label("Counted by").select_option("Always")
    page.get_by_role("button", name="Show the deadlines").click()
    expect(page.locator("#what-if-dues")).to_contain_text("First answer 4h")
    page.get_by_label("Name").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Policy saved")
    station.say("My parcel never came, help please")
    page.goto(f"{station.server.url}/inbox?order=deadline")
    expect(page.locator("#rows .row .due-calm")).to_contain_text("due in")
    page.locator("#rows .row-link").click()
    expect(page.locator("#case-head")).to_contain_text("First answer due in")
    page.goto(f"{station.server.url}/settings/sla")
    page.get_by_role("button", name="Remove Everybody").click()
    expect(page.locator(".toast")).to_contain_text("Policy removed")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Everybody")).to_be_visible()
    page.context.close()
    assert station.complaints == []


@pytest.mark.parametrize(
    ("part", "look"), [("sla/new", WIDE_AND_NARROW[1]), ("calendars/always", WIDE_AND_NARROW[0])]
)
def test_the_page_is_clean_and_accessible(station: Station, part: str, look: Look) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/{part}")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    fits_and_is_accessible(page, (look,))
    page.context.close()
    assert station.complaints == []
