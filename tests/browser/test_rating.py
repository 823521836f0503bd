"""Correcting a rating in a real Chromium, by keys alone, on a real Earful."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from tests.servers.earful import PASSWORD, EarfulServer, Prepared, signed

from .conftest import STATIC, playwright
from .looks import serious

expect = playwright.expect
pytestmark = pytest.mark.browser
CHANNEL = "shop"


class Station:
    """A running Earful, an agent's browser state, and customers who write by webhook."""

    def __init__(self, server: EarfulServer, made: Prepared, chromium: "playwright.Browser") -> None:
        self.server, self.made, self.chromium = server, made, chromium
        self.state: object = None
        self.complaints: list[str] = []

    def page(self, *, width: int = 1440, scheme: str = "light") -> "playwright.Page":
        context = self.chromium.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            storage_state=self.state,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in(self) -> None:
        page = self.page()
        page.goto(f"{self.server.url}/sign-in")
        page.get_by_label("E-mail").fill("kim@acme.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox")
        self.state = page.context.storage_state()
        page.context.close()

    def say(self, text: str, by: str = "") -> None:
        name = by or f"guest-{uuid.uuid4().hex[:6]}"
        said = {
            "native_id": uuid.uuid4().hex,
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "author": {"native_id": name, "handle": name, "name": name.title()},
            "text": text,
            "kind": "mention",
        }
        body = msgspec.json.encode(said)
        headers = signed(self.made.secret, body, at_ms=time.time_ns() // 1_000_000)
        answer = httpx2.post(
            f"{self.server.url}/hooks/{CHANNEL}", content=body, headers=headers, trust_env=False
        )
        assert answer.status_code == 202, answer.text

    def open(self, page: "playwright.Page", text: str) -> None:
        """Open the case of what somebody says."""
        self.say(text)
        page.goto(f"{self.server.url}/inbox")
        page.wait_for_selector('#link-state[data-state="live"]', state="attached")
        row = page.locator("#rows .row", has_text=text)
        expect(row).to_be_visible()
        row.locator(".row-link").click()
        expect(page.locator("#timeline")).to_contain_text(text)


@contextlib.contextmanager
def standing(folder: Path, chromium: "playwright.Browser") -> Iterator[Station]:
    """A station over a fresh desk, with the agent signed in."""
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=20_000)
    server = EarfulServer(folder / "data")
    made = server.prepare(channel=CHANNEL)
    server.start()
    station = Station(server, made, chromium)
    station.sign_in()
    yield station
    server.stop()


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, chromium: "playwright.Browser") -> Iterator[Station]:
    with standing(tmp_path_factory.mktemp("rating"), chromium) as made:
        yield made


def checked(page: "playwright.Page", field: str) -> "playwright.Locator":
    return page.locator(f'#rating [data-field="{field}"] input:checked')


def test_keys_alone_correct_a_rating_and_take_it_back(station: Station) -> None:
    page = station.page()
    station.open(page, "Your new kettle is broken, I want my money back")
    before = page.locator("#why-card .sum b").inner_text()
    opener = page.evaluate("document.activeElement.className")
    page.keyboard.press("c")
    expect(page.locator("#rating")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-reasons", "on")
    assert page.locator(".being-rated mark.mark-reason").count() > 0
    inline = "marks => marks.every(one => getComputedStyle(one).display === 'inline')"
    assert page.locator(".being-rated mark").evaluate_all(inline)
    points = page.locator("#rating .contribution-points").all_inner_texts()
    assert str(sum(int(one) for one in points)) == page.locator("#rating .sum b").inner_text() == before
    page.keyboard.press("s")
    page.keyboard.press("4")
    expect(checked(page, "severity")).to_have_value("4")
    expect(page.locator('#rating [data-field="severity"] .corrected')).to_have_text("by Kim Doe")
    expect(page.locator(".toast").last).to_contain_text("Severity: Safety or legal")
    # the case and its row follow by themselves
    expect(page.locator(".case-facts .severity-4")).to_be_visible()
    expect(page.locator("#rows .row:has([aria-current]) .severity-4")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "rate-severity-4"
    page.keyboard.press("z")
    expect(page.locator(".toast").last).to_contain_text("Undone")
    expect(page.locator("#rating .corrected")).to_have_count(0)
    expect(page.locator("#rating .sum b")).to_have_text(before)
    page.keyboard.press("Escape")
    expect(page.locator("#rating")).to_be_hidden()
    assert page.locator("html").get_attribute("data-reasons") is None
    assert page.evaluate("document.activeElement.className") == opener
    page.context.close()
    assert station.complaints == []


def test_arrow_keys_save_only_where_they_rest(station: Station) -> None:
    page = station.page()
    station.open(page, "Is there a shop of yours in Malta?")
    posted: list[str] = []
    page.on("request", lambda one: posted.append(one.post_data or "") if one.method == "POST" else None)
    page.keyboard.press("c")
    page.keyboard.press("u")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('#rating [data-field="urgency"] .corrected')).to_be_visible()
    expect(checked(page, "urgency")).to_have_value("now")
    assert [one for one in posted if "field=" in one] == ["field=urgency&value=now"]
    page.keyboard.press("b")
    page.keyboard.press("1")
    page.keyboard.press("3")
    expect(page.locator('#rating [data-field="tried_before"] .corrected')).to_be_visible()
    expect(checked(page, "tried_before")).to_have_count(2)
    page.keyboard.press("g")
    page.keyboard.press("Control+a")
    page.keyboard.type("pt-BR")
    page.keyboard.press("Enter")
    expect(page.locator('#rating [data-field="language"] .corrected')).to_be_visible()
    page.context.close()
    assert station.complaints == []


def test_a_refused_value_is_told_and_what_stands_is_shown(station: Station) -> None:
    page = station.page()
    station.open(page, "Where can I find the manual of the toaster?")
    page.keyboard.press("c")
    expect(page.locator("#rating")).to_be_visible()
    page.evaluate("document.dispatchEvent(new CustomEvent('earful:case'))")  # the same case, drawn again
    page.keyboard.press("g")
    page.keyboard.type("not a tag")
    page.keyboard.press("Enter")
    expect(page.locator(".toast.bad")).to_contain_text("Nothing was changed")
    expect(page.locator("#rate-language")).not_to_have_value("not a tag")
    station.complaints.clear()
    page.context.close()


def test_keys_before_the_panel_is_there_are_meant_for_it(station: Station) -> None:
    page = station.page()
    station.open(page, "Does the toaster come in red?")
    held: list[playwright.Route] = []

    def hold(route: playwright.Route) -> None:
        held.append(route)

    page.route("**/messages/*/rating", hold)
    with page.expect_request("**/messages/*/rating"):
        page.keyboard.press("c")
    for key in ("u", "ArrowRight", "ArrowRight", "g"):
        page.keyboard.press(key)
    page.keyboard.type("pt-BR")
    page.keyboard.press("Enter")
    for one in held:
        one.continue_()
    page.unroute("**/messages/*/rating")
    expect(page.locator('#rating [data-field="language"] .corrected')).to_be_visible()
    expect(page.locator("#rate-language")).to_have_value("pt-BR")
    expect(checked(page, "urgency")).to_have_value("now")
    expect(page.locator("#rating .corrected")).to_have_count(2)
    page.context.close()
    assert station.complaints == []


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
)
def test_the_panel_is_accessible_and_leaves_the_message_in_view(
    station: Station, scheme: str, width: int
) -> None:
    page = station.page(width=width, scheme=scheme)
    text = f"The lid of kettle {scheme} {width} does not close any more"
    station.open(page, text)
    page.locator("#timeline [data-rate]").click()
    expect(page.get_by_role("dialog", name="Rating")).to_be_visible()
    expect(page.get_by_role("radiogroup", name="Kind")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    message, panel = (
        page.locator(".being-rated .bubble").bounding_box(),
        page.locator("#rating").bounding_box(),
    )
    assert message is not None
    assert panel is not None
    assert (
        message["y"] + message["height"] <= panel["y"] or message["x"] + message["width"] <= panel["x"] + 20
    )
    assert serious(page) == []
    page.context.close()
    assert station.complaints == []
