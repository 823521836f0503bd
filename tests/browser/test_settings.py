"""The pages of triage in a real Chromium: sliders by keys, what-if, undo, trying a message; accessible in all looks."""

from collections.abc import Iterator

import pytest

from tests.servers.earful import EarfulServer

from .conftest import STATIC, playwright
from .looks import fits_and_is_accessible
from .test_rating import CHANNEL, Station

expect = playwright.expect
pytestmark = pytest.mark.browser
TEXTS = (
    "This is awful, I am so angry at you", "My parcel never came, help please", "Do you ship to Malta?",
    "The new kettle is on fire, call me now!", "What a lovely toaster", "I was charged twice for one kettle",
)  # fmt: skip


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=20_000)
    server = EarfulServer(tmp_path_factory.mktemp("settings") / "data")
    made = server.prepare(channel=CHANNEL)
    server.start()
    station = Station(server, made, chromium)
    station.sign_in()
    for text in TEXTS:
        station.say(text)
    page = station.page()
    page.goto(f"{server.url}/inbox")
    expect(page.locator("#rows .row")).to_have_count(len(TEXTS))
    page.context.close()
    yield station
    server.stop()


def test_a_slider_moved_by_keys_shows_another_order_and_saves(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/triage")
    expect(page.locator(".what-if-sum")).to_contain_text("The same order for all 6 cases")
    slider = page.get_by_role("slider", name="Wants help")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#w-help")).to_have_value("0")
    page.locator("#w-negative").fill("5")
    expect(page.get_by_role("slider", name="Displeased")).to_have_value("5")
    expect(page.locator("#weights-problem")).to_contain_text("All together 100 of 100")
    page.locator("#w-reach").fill("20")
    expect(page.locator("#weights-problem")).to_contain_text("smallest step of severity")
    page.locator("#w-reach").fill("6")
    for level in range(4, 0, -1):
        page.locator(f"#w-severity_{level}").fill(str(8 * level))
    page.locator("#w-answer").fill("25")
    expect(page.locator(".what-if-sum")).to_contain_text("Of 6 cases")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Priority saved")
    expect(page.locator(".notice.weighing")).to_have_count(0)
    expect(page.locator("#w-help")).to_have_value("0")
    assert page.url.endswith("/settings/triage/priority")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator(".toast").last).to_contain_text("Undone")
    expect(page.locator("#w-help")).to_have_value("5")
    page.context.close()
    assert station.complaints == []


def test_a_message_is_tried_and_a_saved_profile_undone(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/triage/brand")
    page.get_by_label("Names").fill("Kettleco")
    page.get_by_label("Words that fool").fill("drum")
    page.get_by_label("What somebody might write").fill("a drum by Kettleco")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#tried")).to_contain_text("Not about us")
    expect(page.get_by_label("Names")).to_have_value("Kettleco")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Brand saved")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.get_by_label("Names")).to_have_value("")
    page.context.close()
    assert station.complaints == []


def test_a_topic_is_archived_and_undone(station: Station) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/triage/topics")
    page.get_by_label("New topic").fill("Gift cards")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="Gift cards")).to_be_visible()
    page.get_by_role("button", name="Archive Gift cards").click()
    expect(page.locator(".toast")).to_contain_text("Topic archived")
    page.keyboard.press("z")
    expect(page.get_by_role("rowheader", name="Gift cards")).to_be_visible()
    page.context.close()
    assert station.complaints == []


@pytest.mark.parametrize("part", ["priority", "brand", "topics"])
def test_the_page_is_clean_and_accessible(station: Station, part: str) -> None:
    page = station.page()
    page.goto(f"{station.server.url}/settings/triage/{part}")
    page.wait_for_selector('#link-state[data-state="live"]', state="attached")
    fits_and_is_accessible(page)
    page.context.close()
    assert station.complaints == []
