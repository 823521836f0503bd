"""Automation rules in a real Chromium: made, tried, at work on a message, taken back; accessible in all looks."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import WIDE_AND_NARROW, Look, fits_and_is_accessible
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("rules"), chromium) as made:
        yield made


def test_a_rule_is_made_acts_on_the_next_message_and_is_taken_back(station: Station) -> None:
    station.say("The toaster smokes")
    page = station.page()
    page.goto(f"{station.server.url}/inbox")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.goto(f"{station.server.url}/settings/rules/new")
    page.get_by_label("Name").fill("Toasters")
    field = page.locator("[id='c.0.field']")
    field.select_option("message.text")
    op = page.locator("[id='c.0.op']")
    expect(op).to_have_value("contains")
    page.locator("[id='c.0.value']").fill("toaster")
    expect(page.locator("#rule-check")).to_contain_text("It would have acted on 1 of the last 50 cases")
    page.get_by_role("button", name="Add an act").press("Enter")
    second = page.locator("[name='a.1.act']")
    second.select_option("priority")
    priority = page.get_by_label("Priority, 0 to 100")
    priority.fill("97")
    expect(page.locator("#rule-check")).to_contain_text("write the tag in small letters")
    page.get_by_label("Tag", exact=True).fill("smoke")
    expect(page.locator("#rule-check .book-problems")).to_have_count(0)
    page.get_by_label("Name").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Rule saved")
    expect(page.locator(".view-card")).to_contain_text("Raise the priority to at least 97")
    station.open(page, "My toaster burns too")
    expect(page.locator("#timeline")).to_contain_text("because of the rule Toasters v1")
    page.goto(f"{station.server.url}/settings/rules")
    expect(page.locator(".view-card")).to_contain_text("1 case in seven days · 2 acts")
    page.get_by_role("button", name="Delete Toasters").click()
    expect(page.locator(".toast")).to_contain_text("Rule deleted")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator(".view-card")).to_contain_text("Toasters")
    page.context.close()
    assert station.complaints == []


@pytest.mark.parametrize(
    ("part", "look"), [("rules", WIDE_AND_NARROW[0]), ("rules/toasters", WIDE_AND_NARROW[1])]
)
def test_the_page_is_clean_and_accessible(station: Station, part: str, look: Look) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/{part}")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    fits_and_is_accessible(page, (look,))
    page.context.close()
    assert station.complaints == []
