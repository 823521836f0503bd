"""The visitors of a web chat: each a browser that speaks the desk's own public protocol, as the widget does."""

import secrets
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import httpx2
import msgspec
from msgspec import Struct

from earful.desk.chat.service import thread_of
from earful.model.message import Network
from earful.playground.networks.knobs import Fault
from earful.playground.networks.simulator import Pushed, Simulator, Wiring
from earful.playground.networks.world import Account, Happened, Said, SentFile

if TYPE_CHECKING:
    from tests.conformance.networks.town import Town

PAGE = "https://shop.example.com"


class Browser(Struct, kw_only=True):
    """One visitor's: the key that it made for itself, and how far its page is told."""

    of: Account
    key: str
    address: str
    place: int = 0
    shown: set[str] = msgspec.field(default_factory=set)

    @property
    def headers(self) -> dict[str, str]:
        """With every request."""
        return {"authorization": f"Bearer {self.key}", "x-forwarded-for": self.address}


class Visitors(Simulator):
    """There is no network between them and the desk: what can befall one's requests befalls nothing here."""

    network: ClassVar[Network] = Network.CHAT
    pushes: ClassVar[bool] = True
    keeps_unknown: ClassVar[bool] = False
    has_past: ClassVar[bool] = False
    echoes: ClassVar[bool] = False
    has_public: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    faults: ClassVar[frozenset[Fault]] = frozenset()
    revokes: ClassVar[bool] = False
    has_permissions: ClassVar[bool] = False

    def __init__(self, town: "Town") -> None:
        at = town.settings
        super().__init__(f"http://{at.host}:{at.port}/chat/brand-{self.network.value}", town.now)
        self._town = town
        self._browsers: dict[str, Browser] = {}
        self._ours: dict[str, str] = {}
        self._http = httpx2.Client(trust_env=False, timeout=20)

    def wiring(self) -> Wiring:
        """A chat on the pages of a shop."""
        return Wiring(settings={"allowed_origins": [PAGE]}, secrets={})

    def leave(self) -> None:
        """Close all pages."""
        self._http.close()

    def browser(self, of: Account) -> Browser:
        """A visitor's browser; a new one opens the page first."""
        if of.id not in self._browsers:
            found = Browser(
                of=of,
                key=secrets.token_urlsafe(32),
                address=f"2001:db8::{int(of.id) >> 16:x}:{int(of.id) & 0xFFFF:x}",
            )
            self._browsers[of.id] = found
            self.opened(found)
        return self._browsers[of.id]

    def opened(self, browser: Browser) -> dict[str, Any]:
        """What a page is told that opens in a browser."""
        told: dict[str, Any] = self._ask(browser, "POST", "/session", json={}).json()
        return told

    def native_id(self, said: Said) -> str:
        """The visitor's thread, and the id that their browser gave it, or was told of an answer."""
        key = self._browsers[said.to].key
        name = self._ours[said.id] if said.ours else _name(said)
        return f"{thread_of(self._town.channel_ids[self.network], key)}.{name}"

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """What a page sends, again and again under one id until it is taken; files went up before."""
        said = happened.said
        if said.ours:
            return []
        browser = self.browser(said.by)
        files = [self._upload(browser, one) for one in said.files]
        about = {"name": said.by.name, "page": f"{PAGE}/kettles", "website": "", "link": ""}
        return [self._sent(browser, {"id": _name(said), "text": said.text, "files": files} | about)]

    def strange(self) -> list[Pushed]:
        """No page of ours sends this."""
        return [self._sent(self.browser(self.world.customer("stranger")), {"thought": ["…"]})]

    def look(self) -> None:
        """All visitors look at their pages. What stands there of ours, the brand has said to them."""
        for browser in self._browsers.values():
            told = self._ask(browser, "GET", f"/messages?after={browser.place}")
            if told.status_code == httpx2.codes.UNAUTHORIZED:
                continue  # A stranger who said nothing that was taken.
            found = told.json()
            browser.place = found["place"]
            fresh = [line for line in found["lines"] if line["ours"] and line["id"] not in browser.shown]
            for line in fresh:
                files = [self.loaded(browser, one) for one in line["files"]]
                to = browser.of.id
                said = self.world.say(self.world.brand, line["text"], private=True, to=to, files=files)
                self._ours[said.id] = line["id"]
            browser.shown |= {line["id"] for line in fresh}
            if fresh:
                seen = {"ids": [line["id"] for line in fresh], "state": "read"}
                self._ask(browser, "POST", "/receipts", json=seen)

    def loaded(self, browser: Browser, file: dict[str, Any]) -> SentFile:
        """A file of an answer, as a visitor saves it."""
        answer = self._ask(browser, "GET", f"/files/{file['id']}")
        return SentFile(name=file["name"], mime=file["mime"], content=answer.content, alt=file.get("alt", ""))

    def _upload(self, browser: Browser, file: SentFile) -> str:
        name = {"x-file-name": file.name}
        return str(self._ask(browser, "POST", "/files", content=file.content, headers=name).json()["id"])

    def _ask(self, browser: Browser, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = browser.headers | more.pop("headers", {})
        return self._http.request(method, f"{self.base_url}{path}", headers=headers, **more)

    def _sent(self, browser: Browser, body: dict[str, Any]) -> Pushed:
        return Pushed(
            url=f"{self.base_url}/messages", body=msgspec.json.encode(body), headers=browser.headers
        )


def _name(said: Said) -> str:
    return str(uuid.UUID(int=int(said.id), version=4))
