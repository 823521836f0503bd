"""The real desk in a real Chromium: from the first start to an answer that arrives on the other side."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from earful.store.tables import outbox
from tests.servers.earful import PASSWORD
from tests.servers.mail import MailServers
from tests.servers.mastodon import MastodonServer

from .conftest import STATIC, playwright
from .desk import SECONDS, Desk, Screen, connect_chat, connect_mail, connect_mastodon
from .looks import fits_and_is_accessible, serious

expect = playwright.expect
pytestmark = [pytest.mark.browser, pytest.mark.real]
ADMIN = "kim@acme.example"
COLLEAGUE = "lena@acme.example"


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory,
    chromium: "playwright.Browser",
    mastodon_server: MastodonServer,
    mail_servers: MailServers,
) -> Iterator[Desk]:
    """A desk at its very first start: nobody has been here yet."""
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=SECONDS)
    desk = Desk(tmp_path_factory.mktemp("desk") / "data", chromium, mastodon_server, mail_servers)
    desk.server.start()
    yield desk
    desk.close_screens()
    desk.server.stop()


@pytest.fixture(scope="module")
def ready(started: Desk) -> Desk:
    """The desk after its first visit: an admin, a colleague, three channels, all made through the forms."""
    desk = started
    screen = desk.screen()
    page = screen.go(desk.server.link())
    assert page.url.startswith(f"{desk.server.url}/welcome?code=")
    assert serious(page) == []
    page.get_by_label("Your name").fill("Kim Doe")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/welcome")
    desk.sessions["kim"] = page.context.storage_state()
    assert serious(page) == []
    connect_mastodon(page, desk)
    page.wait_for_url("**/inbox")
    connect_mail(screen.go("/channels/new?network=email"), desk)
    page.wait_for_url(re.compile(r"/channels/[0-9a-f-]{36}$"))
    connect_chat(screen.go("/channels/new?network=api"), desk)
    assert desk.secret.startswith("whsec_")
    screen.go("/settings/users").get_by_role("button", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Lena Fischer")
    page.get_by_label("E-mail").fill(COLLEAGUE)
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("rowheader", name="Lena Fischer")).to_be_visible()
    desk.sign_in("lena", COLLEAGUE)
    desk.wait_until_listening()
    assert desk.close_screens() == []
    return desk


@pytest.fixture
def desk(ready: Desk) -> Iterator[Desk]:
    """The desk; afterwards no page may have complained of anything."""
    yield ready
    assert ready.close_screens() == []


def send(screen: Screen, words: str) -> None:
    """Write in the composer and press Ctrl+Enter."""
    screen.page.locator("#reply-text").fill(words)
    screen.page.locator("#reply-text").press("Control+Enter")
    expect(screen.page.locator("#reply-text")).to_have_value("")


def test_a_post_is_answered_and_the_customer_sees_the_answer(desk: Desk) -> None:
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    asked = desk.post(ana, "my new kettle will not switch on")
    expect(screen.row("kettle will not switch on")).to_be_visible()
    screen.open("kettle will not switch on")
    expect(page.locator('[data-band="public"]')).to_contain_text("Public reply")
    send(screen, "Sorry! Please try the reset button under the base.")
    expect(page.locator("#timeline .ours")).to_contain_text("reset button")
    expect(page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    answers = [one for one in ana.mentions() if "reset button" in one["content"]]
    assert [(one["in_reply_to_id"], one["visibility"]) for one in answers] == [(asked, "public")]
    assert "^KD" in answers[0]["content"]
    ana.post(f"@{desk.brand.name} that was it, thank you!", reply_to=answers[0]["id"])
    expect(page.locator("#timeline .theirs")).to_have_count(2)
    expect(page.locator("#timeline")).to_contain_text("that was it, thank you!")


def test_a_mail_is_answered_in_its_thread_and_goes_on_in_the_same_case(desk: Desk) -> None:
    screen, ben = desk.screen("kim"), "ben.thread@example.test"
    page = screen.go("/inbox")
    asked = desk.write_mail(ben, "Invoice 2210", "You charged me twice for one toaster.")
    screen.open("charged me twice")
    expect(page.locator('[data-band="direct"]')).to_contain_text("Nobody else sees it")
    send(screen, "We have sent the second payment back.")
    expect(page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    answer = desk.received_mail(ben)
    assert answer["Subject"] == "Re: Invoice 2210"
    assert answer["In-Reply-To"] == asked
    assert asked in answer["References"]
    text = answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "second payment back" in text
    assert "Kim Doe" in text
    desk.write_mail(
        ben,
        "Re: Invoice 2210",
        "Got it, thanks.",
        In_Reply_To=answer["Message-ID"],
        References=f"{asked} {answer['Message-ID']}",
    )
    expect(page.locator("#timeline")).to_contain_text("Got it, thanks.")
    expect(page.locator("#timeline .theirs")).to_have_count(2)


def test_what_was_said_in_private_is_answered_in_private(desk: Desk) -> None:
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    asked = desk.post(ana, "my address is 5 Harbour Lane", visibility="direct")
    screen.open("5 Harbour Lane")
    choices = page.locator('input[name="audience"]')
    assert {choices.nth(i).get_attribute("value") for i in range(choices.count())} == {"direct", "internal"}
    send(screen, "Thank you, the parcel is on its way there.")
    expect(page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    answer = next(one for one in ana.mentions() if "on its way there" in one["content"])
    assert (answer["visibility"], answer["in_reply_to_id"]) == ("direct", asked)


def test_sending_can_be_undone_and_the_words_come_back(desk: Desk) -> None:
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    desk.post(ana, "do you sell spare lids")
    screen.open("spare lids")
    send(screen, "No, never again.")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    expect(page.locator("#reply-text")).to_have_value(re.compile("No, never again."))
    states = desk.rows(select(outbox.c.state, outbox.c.due_at).where(outbox.c.text.like("No, never again.%")))
    assert [(row["state"], row["due_at"]) for row in states] == [("cancelled", None)]
    # What is sent afterwards arrives, and it is all that arrives: nothing of the first is on its way.
    send(screen, "Yes, in every colour.")
    expect(page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    assert ["every colour" in one["content"] for one in ana.mentions()] == [True]


def test_triage_by_keyboard_alone(desk: Desk) -> None:
    first = desk.chat("The handle of the pan came off", by="keys1")
    assert first
    desk.chat("Where is the manual of the mixer", by="keys2")
    screen = desk.screen("kim")
    page = screen.go("/inbox?network=chat")
    for words in ("handle of the pan", "manual of the mixer"):
        expect(screen.row(words)).to_be_visible()
    press = page.keyboard.press

    def focused() -> str:
        return str(page.evaluate("document.activeElement.closest('.row')?.textContent ?? ''"))

    press("j")
    top = focused()
    assert top
    press("j")
    assert focused() != top
    press("k")
    assert focused() == top
    press("Enter")
    page.wait_for_selector("#case-area[data-number]")
    number = page.locator("#case-area").get_attribute("data-number")
    press("a")
    page.wait_for_selector("#assign-menu:popover-open")
    press("Enter")
    expect(page.locator(".assign-button")).to_contain_text("You")
    press("t")
    page.wait_for_selector("#tag-menu:popover-open")
    page.keyboard.type("spare parts")
    press("Enter")
    expect(page.locator(".case-facts .tag")).to_have_text("spare-parts")
    press("n")
    page.keyboard.type("Ask the workshop first.")
    press("Control+Enter")
    expect(page.locator("#timeline .note")).to_contain_text("Ask the workshop first.")
    press("Escape")
    press("?")
    expect(page.locator("#keys-sheet")).to_be_visible()
    press("Escape")
    press("Control+k")
    page.keyboard.type("clos")
    expect(page.locator('.palette [aria-selected="true"]')).to_contain_text("Close with an outcome")
    press("Escape")
    expect(page.locator("dialog.palette")).to_be_hidden()
    # A key that falls into the moment in which news redraws the header is lost, as it is for people.
    expect(page.locator("#timeline .note")).to_have_count(1)
    press("e")
    if not page.locator("#close-dialog").is_visible():
        page.wait_for_timeout(500)
        press("e")
    expect(page.locator("#close-dialog")).to_be_visible()
    page.keyboard.press("ArrowDown")
    press("Enter")
    expect(page.locator(".case-facts .status-closed")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Closed")
    press("z")
    expect(page.locator(".case-facts .status-open")).to_be_visible()
    press("/")
    page.keyboard.type("manual mixer")
    press("Enter")
    page.wait_for_url("**q=manual*")
    expect(screen.row("manual of the mixer")).to_be_visible()
    expect(page.locator("#rows .row")).to_have_count(1)
    press("g")
    press("k")
    page.wait_for_url("**/channels")
    assert number


def test_a_menu_of_the_header_stays_while_news_comes(desk: Desk) -> None:
    desk.chat("The whisk of the mixer is bent", by="menu1", thread="menu")
    screen = desk.screen("kim")
    page = screen.go("/inbox?network=chat")
    screen.open("whisk of the mixer")
    page.keyboard.press("t")
    page.wait_for_selector("#tag-menu:popover-open")
    page.keyboard.type("whi")
    desk.chat("And the bowl is scratched", by="menu1", thread="menu")
    expect(page.locator("#timeline")).to_contain_text("bowl is scratched")
    page.keyboard.type("sk")
    expect(page.locator("#tag-add")).to_have_value("whisk")
    page.keyboard.press("Enter")
    expect(page.locator(".case-facts .tag")).to_have_text("whisk")


def test_search_finds_words_of_any_message_of_a_case(desk: Desk) -> None:
    desk.chat("My order is called quixotic-4711, in the colour saffron", by="seeker")
    screen = desk.screen("kim")
    page = screen.go("/inbox")
    expect(screen.row("quixotic-4711")).to_be_visible()
    page.locator("#search").fill('"saffron" quixo')
    page.locator("#search").press("Enter")
    expect(page.locator("#rows .row")).to_have_count(1)
    page.locator("#search").fill("' OR 1=1 --")
    page.locator("#search").press("Enter")
    page.wait_for_url("**q=*OR*")
    expect(page.locator("#rows .row")).to_have_count(0)


def test_two_colleagues_in_one_case_see_each_other(desk: Desk) -> None:
    desk.post(desk.customer(), "is the blue toaster back")
    kim, lena = desk.screen("kim"), desk.screen("lena")
    for screen in (kim, lena):
        screen.go("/inbox")
        screen.open("blue toaster")
    expect(lena.page.locator("#present [title*='Kim Doe']")).to_be_visible()
    kim.page.locator("#reply-text").press_sequentially("Let me ")
    expect(lena.page.locator("[data-presence]")).to_have_text("Kim Doe is writing")


def test_a_message_that_came_while_writing_is_shown_before_sending(desk: Desk) -> None:
    kim, ana = desk.screen("kim"), desk.customer()
    kim.go("/inbox")
    asked = desk.post(ana, "is the red grill in stock")
    kim.open("red grill")
    kim.page.locator("#reply-text").fill("Yes, ten of them")
    desk.post(ana, "never mind, I bought one elsewhere", reply_to=asked)
    expect(kim.page.locator("[data-warning]")).to_contain_text("A new message arrived")
    kim.page.locator("#reply-text").press("Control+Enter")
    expect(kim.page.locator("#reply-text")).to_have_value("Yes, ten of them")
    assert desk.rows(select(outbox.c.id).where(outbox.c.text.like("Yes, ten of them%"))) == []


def test_whoever_has_not_seen_the_colleagues_answer_is_stopped(desk: Desk) -> None:
    kim, lena, ana = desk.screen("kim"), desk.screen("lena"), desk.customer()
    lena.go("/inbox")
    desk.post(ana, "can I return a used filter")
    lena.open("used filter")
    kim.forgiven = ("409", "net::ERR_FAILED", "ERR_FAILED")
    # Kim's page hears nothing from here on, as behind a broken connection.
    kim.page.route(re.compile(r"/live\?"), lambda route: route.abort())
    kim.page.goto(lena.page.url)
    send(lena, "Yes, within 30 days.")
    expect(lena.page.locator("#timeline .ours .state.sent")).to_contain_text("Sent")
    kim.page.locator("#reply-text").fill("No, never.")
    kim.page.locator("#reply-text").press("Control+Enter")
    expect(kim.page.locator(".toast.bad")).to_contain_text("Somebody changed this case meanwhile")
    expect(kim.page.locator("#reply-text")).to_have_value("No, never.")
    assert (
        len([one for one in ana.mentions() if "filter" in one["content"] or "30 days" in one["content"]]) == 1
    )


def test_live_updates_go_on_after_the_server_was_killed_and_started_again(desk: Desk) -> None:
    screen = desk.screen("kim")
    screen.forgiven = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
    page = screen.go("/inbox?network=chat")
    desk.chat("Said before the power went", by="before")
    expect(screen.row("Said before the power went")).to_be_visible()
    page.evaluate("document.body.dataset.same = 'yes'")
    desk.server.kill()
    expect(page.locator("#link-state")).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    desk.server.start()
    desk.chat("Said after the power came back", by="after")
    expect(screen.row("Said after the power came back")).to_be_visible(timeout=40_000)
    assert page.locator("body").get_attribute("data-same") == "yes"
    screen.live()
    desk.wait_until_listening()


def test_a_draft_survives_a_reload_and_another_browser(desk: Desk) -> None:
    screen, ana = desk.screen("kim"), desk.customer()
    page = screen.go("/inbox")
    desk.post(ana, "which descaler should I use")
    screen.open("which descaler")
    page.locator("#reply-text").fill("Use plain vinegar, one part to")
    expect(page.locator("[data-draft-state]")).to_have_text("Draft saved")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value("Use plain vinegar, one part to")
    other = desk.screen("kim")
    other.go(page.url.removeprefix(desk.server.url))
    expect(other.page.locator("#reply-text")).to_have_value("Use plain vinegar, one part to")


def test_what_a_customer_writes_is_text_and_never_runs(desk: Desk) -> None:
    screen = desk.screen("kim")
    page = screen.go("/inbox?network=chat")
    nasty = (
        "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> hello there"
    )
    desk.chat(nasty, by="<b>eve</b>", html=nasty + '<a href="javascript:alert(1)">x</a>')
    screen.open("hello there")
    expect(page.locator("#timeline")).to_contain_text("hello there")
    assert "owned" not in page.title()
    assert page.locator("#timeline script, #timeline [onerror], #timeline [href^='javascript']").count() == 0


def brightness(page: "playwright.Page") -> float:
    """Of the page's ground, 0 to 255, whatever colour space the style names it in."""
    return float(
        page.evaluate(
            """() => {
                const pen = document.createElement("canvas").getContext("2d");
                pen.fillStyle = getComputedStyle(document.body).backgroundColor;
                pen.fillRect(0, 0, 1, 1);
                const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
                return (r + g + b) / 3;
            }"""
        )
    )


PAGES = [
    "/inbox",
    "case",
    "/channels",
    "/channels/new?network=email",
    "/settings/users",
    "/settings/tokens",
    "/settings/health",
]


def test_pages_of_the_real_desk_are_accessible_and_fit(desk: Desk) -> None:
    desk.chat("A long word that has to fit: " + "kettle" * 40, by="wide")
    screen = desk.screen("kim")
    page = screen.go("/inbox?order=newest")
    page.wait_for_selector("#rows .row-link")
    case = str(page.locator("#rows .row-link").first.get_attribute("href"))
    for path in PAGES:
        screen.go(case if path == "case" else path)
        fits_and_is_accessible(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert (brightness(page) < 128) == (scheme == "dark")
    fits_and_is_accessible(desk.screen().go("/sign-in"))


def test_nothing_was_lost_on_the_way(ready: Desk) -> None:
    found = ready.server.command("doctor")
    assert found.returncode == 0, found.stdout
