"""The web chat in a real browser: a customer on a page of another origin, an agent in the inbox."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from earful.config import load
from earful.desk.channels import service as channels
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.store.secrets import Vault
from earful.store.store import Store
from tests.desk.media.test_media import PICTURE
from tests.servers.earful import NOW, PASSWORD, EarfulServer

from .conftest import STATIC, playwright
from .looks import serious

expect = playwright.expect
pytestmark = pytest.mark.browser
CHAT = "shop-chat"


class Shop:
    """A page of the company's site, on an origin of its own."""

    def __init__(self, desk: str) -> None:
        html = (
            '<!doctype html><html lang="en"><title>Shop</title><h1>Kettles</h1>'
            f'<script src="{desk}/chat/{CHAT}/widget.js" async></script></html>'
        ).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/" else 404)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(html if self.path == "/" else b"")

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        # Another site than the desk's 127.0.0.1, as a shop is.
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EarfulServer, Shop]]:
    if not (STATIC / "vendor" / "icons.svg").is_file():
        pytest.skip("no vendor files: run `npm ci` and `python -m earful.web.build`")
    expect.set_options(timeout=20_000)
    folder: Path = tmp_path_factory.mktemp("chat") / "data"
    desk = EarfulServer(folder)
    desk.prepare()
    shop = Shop(desk.url)
    store = Store(load({}, {"data": str(folder)}).database_url)
    settings: dict[str, object] = {"allowed_origins": [shop.url], "title": "Ask Acme"}
    store.write_now(
        lambda tx: channels.create(
            tx, Vault.open(folder), EARFUL, network=Network.CHAT, name=CHAT, settings=settings, now=NOW
        )
    )
    store.close()
    desk.start()
    yield desk, shop
    desk.stop()
    shop.server.shutdown()
    shop.server.server_close()


def open_chat(page: "playwright.Page", name: str | re.Pattern[str] = "Ask Acme") -> "playwright.Frame":
    """Open the widget by keyboard alone."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Ask Acme")).to_be_visible()
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    expect(frame.locator("#text")).to_be_focused()
    return frame


def test_a_customer_and_an_agent_talk_and_a_reload_keeps_it(
    place: tuple[EarfulServer, Shop], chromium: "playwright.Browser"
) -> None:
    desk, shop = place
    complaints: list[str] = []
    customer = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark").new_page()
    agent = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    for page in (customer, agent):
        page.on("pageerror", lambda error: complaints.append(str(error)))
    customer.goto(shop.url)
    frame = open_chat(customer)
    customer.keyboard.type("My kettle leaks")
    customer.keyboard.press("Enter")
    expect(frame.locator("#log li.mine")).to_contain_text("Sent")
    expect(frame.locator("#text")).to_have_value("")
    expect(frame.locator("#state")).to_contain_text("The answer will stand here")
    frame.locator("#file").set_input_files(
        files=[{"name": "leak.png", "mimeType": "image/png", "buffer": PICTURE}]
    )
    expect(frame.locator("#files li")).to_have_text(re.compile("leak.png"))
    expect(frame.locator("#state")).to_have_text("")
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("#log li.mine img")).to_have_js_property("naturalWidth", 1)
    assert serious(frame) == []
    assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    small = frame.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.offsetWidth && b.offsetHeight < 32).length"
    )
    assert small == 0

    agent.goto(f"{desk.url}/sign-in")
    agent.get_by_label("E-mail").fill("kim@acme.example")
    agent.get_by_label("Password").fill(PASSWORD)
    agent.get_by_role("button", name="Sign in").click()
    agent.wait_for_url("**/inbox")
    agent.locator("#rows .row-link").first.click()
    expect(agent.locator("#timeline")).to_contain_text("My kettle leaks")
    expect(agent.locator("#timeline .attachments img")).to_have_js_property("naturalWidth", 1)
    expect(agent.locator("#context")).to_contain_text("Web chat")
    agent.locator("#reply-text").fill("A new one is on its way")
    # By keyboard alone: the button, the file, what it shows, and back to the words.
    with agent.expect_file_chooser() as chooser:
        agent.get_by_label("Add files").focus()
        agent.keyboard.press("Enter")
    chooser.value.set_files([{"name": "lid.png", "mimeType": "image/png", "buffer": PICTURE}])
    expect(agent.locator(".composer-file")).to_have_count(1)
    expect(agent.locator("#reply-text")).to_be_focused()
    expect(agent.locator("#reply-text")).to_have_value("A new one is on its way")
    agent.get_by_label("Description of lid.png").fill("The new lid")
    assert serious(agent) == []
    agent.get_by_label("Remove lid.png").press("Enter")
    expect(agent.locator(".composer-file")).to_have_count(0)
    agent.get_by_role("button", name="Undo").press("Enter")
    expect(agent.get_by_label("Description of lid.png")).to_have_value("The new lid")
    agent.locator("#reply-text").focus()
    agent.keyboard.press("Control+Enter")
    expect(frame.locator("#log li.ours")).to_contain_text("A new one is on its way ^KD")
    expect(frame.locator("#log li.ours")).to_contain_text("Kim Doe")
    expect(frame.get_by_alt_text("The new lid")).to_have_js_property("naturalWidth", 1)
    expect(agent.locator(".composer-file")).to_have_count(0)
    expect(agent.locator("#timeline li.ours img")).to_have_attribute("alt", "The new lid")
    expect(agent.locator("#timeline li.ours .state")).to_contain_text("Read")

    customer.keyboard.press("Escape")
    expect(customer.get_by_role("dialog")).to_be_hidden()
    customer.reload()
    frame = open_chat(customer)
    expect(frame.locator("#log")).to_contain_text("My kettle leaks")
    expect(frame.locator("#log")).to_contain_text("A new one is on its way")
    expect(frame.locator("#log li")).to_have_count(3)
    assert complaints == []


def test_what_is_written_without_a_connection_arrives_once(
    place: tuple[EarfulServer, Shop], chromium: "playwright.Browser"
) -> None:
    _, shop = place
    customer = chromium.new_context(viewport={"width": 1200, "height": 800}).new_page()
    customer.goto(shop.url)
    frame = open_chat(customer)
    customer.keyboard.type("One")
    customer.keyboard.press("Enter")
    expect(frame.locator("#log li.mine")).to_contain_text("Sent")
    customer.context.set_offline(True)
    customer.keyboard.type("Two")
    customer.keyboard.press("Enter")
    expect(frame.locator("#state")).to_contain_text("No connection")
    expect(frame.locator("#log li.mine").last).to_contain_text("Sending")
    customer.context.set_offline(False)
    expect(frame.locator("#log li.mine").last).to_contain_text("Sent")
    customer.reload()
    frame = open_chat(customer)
    expect(frame.locator("#log li.mine .say")).to_have_text(["One", "Two"])
