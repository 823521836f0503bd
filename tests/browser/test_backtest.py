"""A backtest in a real Chromium: begun from the editor, read beside what is in force; accessible in all looks."""

from collections.abc import Iterator

import pytest

from .conftest import playwright
from .looks import WIDE_AND_NARROW, fits_and_is_accessible
from .test_rating import Station, standing

expect = playwright.expect
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("backtest"), chromium) as made:
        yield made


def test_a_draft_is_tried_on_the_past_beside_what_is_in_force(station: Station) -> None:
    page = station.page()
    station.open(page, "The toaster smokes")
    page.goto(f"{station.server.url}/settings/rules/new")
    page.get_by_label("Name").fill("Toasters")
    page.locator("[id='c.0.field']").select_option("message.text")
    expect(page.locator("[id='c.0.op']")).to_have_value("contains")
    page.locator("[id='c.0.value']").fill("toaster")
    page.get_by_label("Tag", exact=True).fill("smoke")
    expect(page.locator("#rule-check .book-problems")).to_have_count(0)
    page.get_by_role("button", name="Backtest").press("Enter")
    acts = page.locator(".backtest-table tr", has_text="Times it acts")
    expect(acts).to_contain_text("+1")
    acts.locator("summary").press("Enter")
    expect(acts.get_by_role("link")).to_contain_text("toaster")
    page.reload()
    expect(page.locator(".backtest-table").first).to_be_visible()
    fits_and_is_accessible(page, WIDE_AND_NARROW)
    page.context.close()
    assert station.complaints == []
