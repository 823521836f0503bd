"""A simulated feed of comments (Atom, RFC 4287) behind a log-in: whoever knows the ETag is told when nothing is new."""

import base64
import hashlib
import re
from typing import ClassVar
from xml.sax.saxutils import escape

from msgspec import structs

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import rfc3339
from earful.playground.networks.markup import paragraphs, without_tags
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring
from earful.playground.networks.world import Said

USER, PASSWORD = "reader", "playground-password"
PLACE = "comments.atom"
ENTRIES = 100
"""What is older has left the document."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedSimulator(Simulator):
    """Everything is public, nobody can answer, and what is taken back only leaves the document."""

    network: ClassVar[Network] = Network.FEED
    has_private: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    customers_answer: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    has_permissions: ClassVar[bool] = False

    def wiring(self) -> Wiring:
        """With a name, a password and quick looks."""
        settings = {"url": f"{self.base_url}/{PLACE}", "poll_seconds": 5}
        return Wiring(settings=settings, secrets={"username": USER, "password": PASSWORD})

    def native_id(self, said: Said) -> str:
        """An address that is good for ever (RFC 4151)."""
        return f"tag:brewline.example,2026:{said.id}"

    def handle(self, asked: Asked, path: str) -> Answer:
        """The document, or that it is unchanged."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {login}":
            raise self._refused()
        if asked.method != "GET" or path.strip("/") != PLACE:
            raise Refusal(404, {"error": "not found"})
        if "application/atom+xml" not in asked.headers.get("accept", ""):
            self.violated(asked, PLACE, "the Accept header has no application/atom+xml")
        body = self._document()
        if asked.headers.get("if-none-match") == _etag(body):
            return Answer(status=304)
        return Answer(body=body, media_type="application/atom+xml")

    def answer(self, asked: Asked, path: str) -> Told:
        """As all; a document has its ETag."""
        told = super().answer(asked, path)
        return (
            structs.replace(told, headers={**told.headers, "etag": _etag(told.body)}) if told.body else told
        )

    def unauthorised(self) -> Told:
        """The password was changed."""
        return self._refused().answer

    def is_send(self, asked: Asked, path: str) -> bool:
        """Nothing is sent. What is read stands for it, so that the knobs have something to turn."""
        return True

    def _refused(self) -> Refusal:
        return Refusal(401, {"error": "log in"}, {"www-authenticate": 'Basic realm="Brewline"'})

    def _document(self) -> bytes:
        there = [one for one in self.world.said.values() if not (one.ours or one.deleted)]
        newest = max((one.edited_at or one.at for one in there), default=self.clock())
        entries = "".join(self._entry(one) for one in reversed(there[-ENTRIES:]))
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:thr="http://purl.org/syndication/thread/1.0">'
            f"<title>Comments on Brewline</title><id>tag:brewline.example,2026:comments</id>"
            f'<updated>{rfc3339(newest)}</updated><link rel="self" href="{self.base_url}/{PLACE}"/>{entries}</feed>'
        ).encode()

    def _entry(self, said: Said) -> str:
        above = self.world.said.get(said.parent)
        answered = f'<thr:in-reply-to ref="{self.native_id(above)}"/>' if above else ""
        content = _xml(paragraphs(without_tags(said.text)))
        return (
            f"<entry><id>{self.native_id(said)}</id><title/>"
            f'<link rel="alternate" href="{self.base_url}/comments/{said.id}"/>'
            f"<author><name>{_xml(said.by.name)}</name></author><published>{rfc3339(said.at)}</published>"
            f"<updated>{rfc3339(said.edited_at or said.at)}</updated>{answered}"
            f'<content type="html">{content}</content></entry>'
        )


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("", text))
