"""Every page in every light and width: no error, no policy violation, no sideways scroll, accessible."""

from collections.abc import Iterator

import pytest

from .conftest import AXE, playwright
from .looks import fits_and_is_accessible, serious

expect = playwright.expect  # waits by looking from outside: the policy lets nothing evaluate inside
pytestmark = pytest.mark.browser

PAGES = {
    "inbox": "/inbox",
    "case": "/inbox/case/1042",
    "plain case": "/inbox/case/1037",
    "empty view": "/inbox?view=snoozed",
    "no hit": "/inbox?q=zzz&order=newest",
    "channels": "/channels",
    "no channels": "/channels?empty=1",
    "new channel": "/channels/new",
    "channel form": "/channels/new?network=email",
    "users": "/settings/users",
    "tokens": "/settings/tokens",
    "health": "/settings/health",
    "sign-in": "/sign-in?wrong=1",
    "welcome": "/welcome",
    "welcome channel": "/welcome?step=channel",
    "error": "/no-such-page",
}


class Watched:
    """A page that remembers everything it complained about."""

    def __init__(self, page: "playwright.Page", base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> "playwright.Page":
        self.page.goto(self.base + path)
        if self.page.locator("#link-state").count():
            self.page.wait_for_selector('#link-state[data-state="live"]', state="attached")
        return self.page


@pytest.fixture
def watched(chromium: "playwright.Browser", preview: str) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.request.delete(f"{preview}/preview/said")
    yield Watched(context.new_page(), preview)
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_page_is_clean_and_accessible(watched: Watched, path: str) -> None:
    page = watched.go(path)
    fits_and_is_accessible(page)
    # the browser itself reports the 404 of the error page; that one is the point
    assert [c for c in watched.complaints if "404" not in c or "no-such" not in path] == []


def test_axe_is_there_to_be_asked() -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci`")


def focused(page: "playwright.Page") -> str:
    return str(
        page.evaluate("document.activeElement.closest('.row')?.dataset.number ?? document.activeElement.id")
    )


def test_keys_move_open_and_search(watched: Watched) -> None:
    page = watched.go("/inbox")
    page.keyboard.press("j")
    assert focused(page) == "1041"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == "1042"
    page.keyboard.press("Enter")
    page.wait_for_selector('#case-area[data-number="1042"]')
    assert page.url.endswith("/inbox/case/1042")
    assert "1042" in page.title()
    assert page.locator('.row[data-number="1042"] [aria-current]').count() == 1
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("jk?")
    assert page.locator("#search").input_value() == "jk?"
    page.keyboard.press("Escape")
    page.go_back()
    page.wait_for_selector("#case-area:not([data-number])", state="attached")
    assert page.url.endswith("/inbox")
    assert watched.complaints == []


def test_sheet_and_palette(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    page.keyboard.press("?")
    assert page.locator("#keys-sheet").is_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("clos")
    assert "Close with an outcome" in page.locator('.palette [aria-selected="true"]').inner_text()
    assert serious(page) == []
    page.keyboard.press("Enter")
    assert page.locator("#close-dialog").is_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#close-dialog", state="hidden")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/channels")
    assert watched.complaints == []


def test_why_reasons_and_panes(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    page.keyboard.press("p")
    page.wait_for_selector("#why:popover-open")
    assert "+34" in page.locator("#why").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("C")
    assert page.locator("html").get_attribute("data-reasons") == "on"
    page.keyboard.press("]")
    assert not page.locator("#context").is_visible()
    page.keyboard.press("[")
    assert not page.locator("#list-pane").is_visible()
    page.reload()
    assert not page.locator("#context").is_visible()


def test_assign_is_shown_at_once_and_can_be_undone(watched: Watched) -> None:
    page = watched.go("/inbox/case/1041")
    page.keyboard.press("a")
    page.wait_for_selector("#assign-menu:popover-open")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast")
    assert "Omar" in page.locator(".assign-button").inner_text()
    assert page.locator("#row-c1041 .row-owner").count() == 1
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert watched.complaints == []


def test_composer_says_who_sees_it_and_keeps_drafts(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    assert "about 12,000 people" in page.locator('[data-band="public"]').inner_text()
    page.keyboard.press("r")
    page.locator("#reply-text").fill("Call me: +49 30 5550 1234")
    page.wait_for_selector("[data-warning] button")
    page.locator("[data-warning] button").click()
    assert page.locator('[data-band="direct"]').is_visible()
    assert not page.locator('[data-band="public"]').is_visible()
    assert page.get_by_text("Send privately").is_visible()
    expect(page.locator("[data-draft-state]")).to_have_text("Draft saved")
    page.keyboard.press("Escape")
    page.locator("#reply-text").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-text")).to_have_value("")
    said = page.request.get(f"{watched.base}/preview/said").json()
    assert said["posted"][-1][0] == "c1042/reply"
    assert said["posted"][-1][1]["audience"] == "direct"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("for colleagues")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-text")).to_have_value("")
    said = page.request.get(f"{watched.base}/preview/said").json()
    assert said["posted"][-1][0] == "c1042/notes"
    assert watched.complaints == []


def test_a_note_never_turns_into_a_reply(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    reply = page.locator("#reply-text").input_value()
    page.keyboard.press("n")
    page.keyboard.type("he is a difficult one")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    assert page.locator("#reply-text").input_value() == reply
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.locator("#reply-text").input_value() == "he is a difficult one"
    drafts = page.request.get(f"{watched.base}/preview/said").json()["drafts"]
    assert not any("difficult" in d["text"] for d in drafts)


def test_another_message_can_be_answered_without_losing_words(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    page.locator("#reply-text").fill("half a thought")
    page.locator("#m-m1 [data-reply-to]").click()
    expect(page.locator('[name="in_reply_to"]')).to_have_value("m1")
    expect(page.locator("#reply-text")).to_have_value("half a thought")
    assert "on E-mail" in page.locator('[data-band="direct"]').inner_text()
    assert page.locator('[data-band="public"]').count() == 0


def test_text_stays_when_sending_fails(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    page.locator("#reply-text").fill("fail")
    page.locator("button.send").first.click()
    page.wait_for_selector(".toast.bad")
    assert "Your text is kept" in page.locator(".toast.bad").inner_text()
    assert page.locator("#reply-text").input_value() == "fail"


def test_new_cases_wait_behind_a_bar(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    page.locator("#list-scroll").hover()
    emit = f"{watched.base}/preview/emit"
    page.request.post(emit, data={"new": True})
    page.wait_for_selector("#new-bar:not([hidden])")
    assert page.locator("#new-bar").inner_text() == "1 new"
    assert page.locator("#row-c2000").count() == 0
    page.locator("#new-bar").click()
    page.wait_for_selector("#row-c2000")
    assert not page.locator("#new-bar").is_visible()
    page.mouse.move(900, 400)
    page.request.post(emit, data={"new": True})
    page.wait_for_selector("#row-c2001")
    assert page.locator(".row").first.get_attribute("data-case") == "c2001"
    assert watched.complaints == []


def test_collision_is_shown_before_it_happens(watched: Watched) -> None:
    page = watched.go("/inbox/case/1042")
    users = [
        {"id": "u3", "name": "Lena Fischer", "state": "writing"},
        {"id": "u1", "name": "Kim", "state": "reading"},
    ]
    data = {"event": "presence", "data": {"case_id": "c1042", "users": users}}
    page.request.post(f"{watched.base}/preview/emit", data=data)
    expect(page.locator("[data-presence]")).to_have_text("Lena Fischer is writing")
    assert page.locator("#present > *").count() == 1
    message = {"event": "case", "data": {"case_id": "c1042", "seq": 43, "reason": "message"}}
    page.request.post(f"{watched.base}/preview/emit", data=message)
    page.wait_for_selector("[data-warning]:not([hidden])")
    page.locator("button.send").first.click()
    assert page.request.get(f"{watched.base}/preview/said").json()["posted"] == []


COUNTS = [
    ("codepoints", "a👨‍👩‍👧é", 7),
    ("graphemes", "a👨‍👩‍👧é", 3),
    ("utf8", "é€", 5),
    ("mastodon", "see https://example.com/a/very/long/path/that/goes/on, thanks", 35),
    ("mastodon", "@ana@social.example hi", 7),
    ("x", "hello", 5),
    ("x", "日本", 4),
    ("x", "👨‍👩‍👧", 2),
    ("x", "go https://example.com now", 30),
    ("sms", "costs 5 € [now]", 18),
    ("sms", "ねこ 👋", 5),
]


def test_counters_count_as_the_networks_do(watched: Watched) -> None:
    page = watched.go("/inbox")
    module = page.locator('link[rel="modulepreload"][href$="count.js"]').get_attribute("href")
    for counter, text, length in COUNTS:
        counted = page.evaluate(
            "([m, t, c]) => import(m).then((x) => x.count(t, c))", [module, text, counter]
        )
        assert counted == length, (counter, text)
