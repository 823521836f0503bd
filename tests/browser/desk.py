"""A whole desk in use: Earful as a process, Mastodon, a mailbox and a web chat beside it, agents in Chromium."""

import itertools
import time
import uuid
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from sqlalchemy import Select, select

from earful.model.message import Network
from earful.store.store import Store
from earful.store.tables import channel_cursors, channels
from earful.store.tx import Row
from tests.servers.earful import PASSWORD, EarfulServer, signed
from tests.servers.mail import PASSWORD as MAIL_PASSWORD
from tests.servers.mail import MailServers
from tests.servers.mastodon import MastodonServer, Person
from tests.servers.process import wait_until

from .conftest import playwright

expect = playwright.expect
SECONDS = 20_000
CHAT = "shop-chat"
_numbers = itertools.count(1)


class Screen:
    """One page of one agent that remembers everything it complained about."""

    def __init__(self, page: "playwright.Page", base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.forgiven: tuple[str, ...] = ()
        """Words of complaints that the test itself causes, such as cutting the connection."""
        page.set_default_timeout(SECONDS)
        page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> "playwright.Page":
        self.page.goto(path if path.startswith("http") else self.base + path)
        if self.page.locator("#link-state").count():
            self.live()
        return self.page

    def live(self) -> None:
        self.page.wait_for_selector('#link-state[data-state="live"]', state="attached")

    def row(self, words: str) -> "playwright.Locator":
        return self.page.locator("#rows .row", has_text=words)

    def open(self, words: str) -> None:
        """Open the case whose row shows these words, once it has come."""
        self.row(words).locator(".row-link").click()
        expect(self.page.locator("#timeline")).to_contain_text(words)

    def unforgiven(self) -> list[str]:
        return [one for one in self.complaints if not any(words in one for words in self.forgiven)]


class Desk:
    """Everything of one story; the desk is shared by a module, its customers are new in every test."""

    def __init__(
        self,
        folder: Path,
        chromium: "playwright.Browser",
        mastodon: MastodonServer,
        mail: MailServers,
    ) -> None:
        self.server = EarfulServer(folder, EARFUL_ALLOW_PRIVATE_ADDRESSES="true", EARFUL_LOG_FORMAT="json")
        self.chromium = chromium
        self.mastodon = mastodon
        self.mail = mail
        self.brand = mastodon.person("kettleco")
        self.support = f"help{next(_numbers)}@brand.test"
        self.screens: list[Screen] = []
        self.sessions: dict[str, Any] = {}
        self.secret = ""

    def screen(self, who: str = "", *, width: int = 1440, scheme: str = "light") -> Screen:
        """A fresh browser of somebody, signed in if `who` has signed in before."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            storage_state=self.sessions.get(who),
        )
        screen = Screen(context.new_page(), self.server.url)
        self.screens.append(screen)
        return screen

    def close_screens(self) -> list[str]:
        """Close every browser; returns what the pages complained about."""
        found = [complaint for screen in self.screens for complaint in screen.unforgiven()]
        for screen in self.screens:
            screen.page.context.close()
        self.screens.clear()
        return found

    def sign_in(self, who: str, email: str, password: str = PASSWORD) -> Screen:
        screen = self.screen()
        page = screen.go("/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/inbox")
        self.sessions[who] = page.context.storage_state()
        return screen

    def rows(self, query: Select[Any]) -> list[Row]:
        store = Store(f"sqlite:///{self.server.folder / 'earful.sqlite3'}")
        try:
            return store.read_now(lambda tx: tx.rows(query))
        finally:
            store.close()

    def wait_for_rows(self, query: Select[Any], right: Callable[[list[Row]], bool], what: str) -> None:
        store = Store(f"sqlite:///{self.server.folder / 'earful.sqlite3'}")
        try:
            wait_until(lambda: right(store.read_now(lambda tx: tx.rows(query))), what, 60)
        finally:
            store.close()

    def wait_until_listening(self) -> None:
        """Both connectors know from where on they read: nothing that comes now can be missed."""
        query = select(channel_cursors.c.channel_id).join(
            channels, channels.c.id == channel_cursors.c.channel_id
        )
        self.wait_for_rows(
            query, lambda rows: len({row["channel_id"] for row in rows}) >= 2, "both connectors"
        )

    def customer(self) -> Person:
        return self.mastodon.person("ana")

    def post(self, who: Person, words: str, **more: Any) -> str:
        return str(who.post(f"@{self.brand.name} {words}", **more)["id"])

    def write_mail(self, sender: str, subject: str, words: str, **headers: str) -> str:
        """A customer writes a mail; returns its Message-ID."""
        mail = EmailMessage()
        message_id = f"<{uuid.uuid4().hex}@example.test>"
        mail["From"], mail["To"] = f"Ben <{sender}>", self.support
        mail["Subject"], mail["Message-ID"] = subject, message_id
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(words)
        self.mail.deliver(mail, sender=sender, to=self.support)
        return message_id

    def received_mail(self, user: str, count: int = 1) -> EmailMessage:
        raw = self.mail.wait_for_mail(user, count)[-1]
        found = message_from_bytes(raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def chat(self, words: str, *, by: str = "", kind: str = "chat", **more: Any) -> str:
        """A customer says something in the shop's chat, handed in by a signed webhook."""
        name = by or f"guest{next(_numbers)}"
        native_id = uuid.uuid4().hex
        now = time.time_ns() // 1_000_000
        said = {
            "native_id": native_id,
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "author": {"native_id": name, "handle": name, "name": name.title()},
            "text": words,
            "kind": kind,
        } | more
        body = msgspec.json.encode(said)
        headers = signed(self.secret, body, at_ms=now)
        answer = httpx2.post(
            f"{self.server.url}/hooks/{CHAT}", content=body, headers=headers, trust_env=False
        )
        assert answer.status_code == 202, answer.text
        return native_id


def connect_mastodon(page: "playwright.Page", desk: Desk) -> None:
    """Fill in the form of a Mastodon account."""
    page.get_by_role("link", name="Mastodon").click()
    page.get_by_label("Name", exact=True).fill("kettle-social")
    page.get_by_label("Server", exact=True).fill(desk.mastodon.url)
    page.get_by_text("More settings").click()
    page.get_by_label("Look again every (seconds)").fill("2")
    page.get_by_label("Access token").fill(desk.brand.token)
    page.get_by_role("button", name="Connect").click()


def connect_mail(page: "playwright.Page", desk: Desk) -> None:
    """Fill in the form of a mailbox."""
    fields = {
        "name": "support-mail",
        "address": desk.support,
        "imap_host": "127.0.0.1",
        "imap_port": str(desk.mail.imap_port),
        "smtp_host": "127.0.0.1",
        "smtp_port": str(desk.mail.smtp_port),
        "password": MAIL_PASSWORD,
    }
    page.get_by_text("More settings").click()
    for name, value in fields.items():
        page.locator(f"#field-{name}").fill(value)
    page.locator("#field-imap_security").select_option("plain")
    page.locator("#field-smtp_security").select_option("plain")
    page.get_by_role("button", name="Connect").click()


def connect_chat(page: "playwright.Page", desk: Desk) -> None:
    """A channel for webhooks, and its secret as the page shows it once."""
    page.locator("#field-name").fill(CHAT)
    page.locator("#field-of").select_option(Network.CHAT.value)
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="New webhook secret").click()
    desk.secret = page.locator(".secret code").inner_text()
